import { t } from '@lingui/core/macro';
import { Button } from '@/ui/button';
import { Bars, Empty, Failure } from '@/ui/states';
import { type BanView, filterInWords } from './filters';

interface Asked {
  isError: boolean;
  error: unknown;
  data: unknown;
  hasNextPage: boolean;
  refetch: () => unknown;
}

/** What stands in place of rows: loading, failed, or why there are none. */
export function ListInstead({ query, view, onClear }: { query: Asked; view: BanView; onClear: () => void }) {
  if (query.isError) return <Failure inset error={query.error} retry={() => void query.refetch()} />;
  if (query.data === undefined || query.hasNextPage) return <Bars lines={9} className="p-5" />;
  const filter = filterInWords(view);
  if (view.jail !== '' || view.q !== '') {
    return <Empty action={<Button onClick={onClear}>{t`Clear filter`}</Button>}>{t`No ${filter}.`}</Empty>;
  }
  if (view.state === 'active') {
    return <Empty hint={t`Bans appear here within a second, without a reload.`}>{t`Nobody is banned now.`}</Empty>;
  }
  return <Empty>{t`No ${filter} recorded yet.`}</Empty>;
}
