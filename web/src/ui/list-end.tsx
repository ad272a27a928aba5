import { t } from '@lingui/core/macro';
import { number } from '../lib/time';
import { Button } from './button';
import { Failure } from './states';

interface ListEndProps {
  query: { isError: boolean; error: unknown; isFetchingNextPage: boolean };
  loaded: number;
  count: { count: number; capped: boolean } | undefined;
  all: boolean;
  onMore: () => void;
}

/** The end of what is loaded: all, more to come, or stuck. */
export function ListEnd({ query, loaded, count, all, onMore }: ListEndProps) {
  const total = count === undefined ? '…' : `${number(Math.max(count.count, loaded))}${count.capped ? '+' : ''}`;
  if (query.isError) return <Failure inset error={query.error} retry={onMore} />;
  return (
    <div className="flex h-11 items-center justify-center gap-3 text-xs text-muted">
      {all ? (
        t`End of the list`
      ) : query.isFetchingNextPage ? (
        t`Loading more: ${number(loaded)} of ${total}`
      ) : (
        <Button size="small" look="quiet" onClick={onMore}>
          {t`Load more (${number(loaded)} of ${total})`}
        </Button>
      )}
    </div>
  );
}
