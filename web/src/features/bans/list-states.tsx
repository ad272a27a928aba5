import { t } from '@lingui/core/macro';
import { number } from '@/lib/time';
import { Button } from '@/ui/button';
import { Bars, Empty, Failure } from '@/ui/states';
import { type BanView, filterInWords } from './filters';

interface Asked {
  isError: boolean;
  error: unknown;
  isFetching: boolean;
  isFetchingNextPage: boolean;
  data: unknown;
  refetch: () => unknown;
}

/** What stands in place of rows: loading, failed, or why there are none. */
export function ListInstead({ query, view, onClear }: { query: Asked; view: BanView; onClear: () => void }) {
  if (query.isError) return <Failure inset error={query.error} retry={() => void query.refetch()} />;
  if (query.data === undefined) return <Bars lines={9} className="p-5" />;
  const filter = filterInWords(view);
  if (view.jail !== '' || view.q !== '') {
    return <Empty action={<Button onClick={onClear}>{t`Clear filter`}</Button>}>{t`No ${filter}.`}</Empty>;
  }
  if (view.state === 'active') {
    return <Empty hint={t`Bans appear here within a second, without a reload.`}>{t`Nobody is banned now.`}</Empty>;
  }
  return <Empty>{t`No ${filter} recorded yet.`}</Empty>;
}

interface ListEndProps {
  query: Asked;
  loaded: number;
  count: { count: number; capped: boolean } | undefined;
  all: boolean;
  onMore: () => void;
}

/** The end of what is loaded: all, more to come, or stuck. */
export function ListEnd({ query, loaded, count, all, onMore }: ListEndProps) {
  const total = count === undefined ? '' : `${number(Math.max(count.count, loaded))}${count.capped ? '+' : ''}`;
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
