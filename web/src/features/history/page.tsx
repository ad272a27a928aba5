import { t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { RefreshCw } from 'lucide-react';
import { useMemo, useRef, useState } from 'react';
import { exportBans } from '@/api/bans';
import { geoQuery, historyCountQuery } from '@/api/queries';
import type { Ban } from '@/api/types';
import { serverNow } from '@/lib/clock';
import { useHotkeys } from '@/lib/hotkeys';
import { usePhone } from '@/lib/media';
import { visible } from '@/lib/plain';
import { number } from '@/lib/time';
import { Button, IconButton } from '@/ui/button';
import { Credits } from '@/ui/credits';
import { ExportMenu } from '@/ui/export-menu';
import { DataGrid, type GridHandle } from '@/ui/grid/grid';
import { ListEnd } from '@/ui/list-end';
import { PageTitle } from '@/ui/page';
import { Bars, Empty, Failure } from '@/ui/states';
import { historyCard, historyColumns } from './columns';
import { BanDetail } from './detail';
import { HistoryFilters } from './filters';
import { Gaps } from './gaps';
import { Histogram } from './histogram';
import { LeftOut } from './left-out';
import { useHistory } from './list';
import { SavedFilters } from './saved-filters';
import { TraitMenu } from './trait-menu';
import { everything, type HistoryView, isNarrowed, toFilter } from './view';
import { filterInWords } from './words';

const idOf = (ban: Ban) => ban.id;
const nameOf = (ban: Ban) => `${visible(ban.address)} (${visible(ban.jail)})`;

interface HistoryPageProps {
  view: HistoryView;
  onView: (next: HistoryView, replace?: boolean) => void;
}

/** Every ban that there ever was, as far as the archive goes back. */
export function HistoryPage({ view, onView }: HistoryPageProps) {
  // The opened ban is no part of the filter: a range must not begin anew with it.
  const { state, jail, q, country, asn, origin, host, range, from, to, text, not } = view;
  const filter = useMemo(
    () => toFilter({ state, jail, q, country, asn, origin, host, range, from, to, text, not }, serverNow()),
    [state, jail, q, country, asn, origin, host, range, from, to, text, not],
  );
  const { query, rows, pages, more, again } = useHistory(filter);
  const count = useQuery(historyCountQuery(filter)).data;
  const grid = useRef<GridHandle>(null);
  const field = useRef<HTMLInputElement>(null);
  const phone = usePhone();
  const [menu, setMenu] = useState<{ ban: Ban; anchor: HTMLElement }>();
  const columns = useMemo(() => (phone ? historyCard() : historyColumns()), [phone]);
  const hosts = new Set(rows.map(({ host }) => host)).size;
  useHotkeys({ '/': () => field.current?.focus(), j: () => grid.current?.focus() });
  return (
    <div data-fit className="flex min-h-0 flex-1 flex-col">
      <PageTitle title={t`History`} count={count && `${number(Math.max(count.count, rows.length))}${count.capped ? '+' : ''}`}>
        <IconButton label={t`Ask again`} onClick={again}>
          <RefreshCw aria-hidden />
        </IconButton>
        <SavedFilters view={view} onView={onView} />
        <ExportMenu name="bans" load={(format) => exportBans(filter, format)} />
      </PageTitle>
      <HistoryFilters view={view} onView={onView} field={field} />
      <LeftOut view={view} onView={onView} />
      <Histogram view={view} filter={filter} onView={onView} />
      <Gaps filter={filter} />
      <p role="status" className="sr-only">
        {query.data !== undefined && t`${number(rows.length)} loaded`}
      </p>
      <div className="relative mx-6 mb-3 flex min-h-0 flex-1 flex-col rounded-lg border border-line bg-surface max-md:mx-0 max-md:rounded-none max-md:border-x-0">
        {rows.length === 0 ? (
          <Instead query={query} pages={pages} view={view} onMore={more} onClear={() => onView(everything)} />
        ) : (
          <DataGrid
            ref={grid}
            label={t`History`}
            className="flex-1"
            columns={columns}
            rows={rows}
            keyOf={idOf}
            nameOf={nameOf}
            rowHeight={phone ? 56 : 34}
            headless={phone}
            total={query.hasNextPage ? -1 : rows.length}
            onOpen={({ id }) => onView({ ...view, ban: id })}
            onMenu={(ban, anchor) => setMenu({ ban, anchor })}
            onNearEnd={more}
            footer={<ListEnd query={query} loaded={rows.length} count={count} all={!query.hasNextPage} onMore={more} />}
          />
        )}
      </div>
      {rows.some(({ country, asn }) => country !== null || asn !== null) && <PlaceCredits />}
      <TraitMenu at={menu} several={hosts > 1} view={view} onView={onView} onClose={() => setMenu(undefined)} />
      {view.ban !== '' && <BanDetail id={view.ban} onClose={() => onView({ ...view, ban: '' })} />}
    </div>
  );
}

/** Whose data says where the addresses are: their licences want it here, with the links. */
function PlaceCredits() {
  const { data } = useQuery(geoQuery);
  return (
    <div className="px-6 pb-3 max-md:px-4 max-md:pb-1">
      <Credits low credits={(data?.databases ?? []).flatMap((d) => d.credits)} />
    </div>
  );
}

interface InsteadProps {
  query: { isError: boolean; error: unknown; data: unknown; hasNextPage: boolean; refetch: () => unknown };
  pages: number;
  view: HistoryView;
  onMore: () => void;
  onClear: () => void;
}

/** What stands in place of rows: loading, searching on, failed, or why there are none. */
function Instead({ query, pages, view, onMore, onClear }: InsteadProps) {
  // A search that broke off goes on from there, and not from its beginning.
  const retry = query.data === undefined ? () => void query.refetch() : onMore;
  if (query.isError) return <Failure inset error={query.error} retry={retry} />;
  if (query.data === undefined) return <Bars lines={9} className="p-5" />;
  const clear = <Button onClick={onClear}>{t`Clear filter`}</Button>;
  if (query.hasNextPage) {
    return (
      <Empty hint={t`${number(pages * perPage)} bans looked through, nothing yet.`} action={clear}>
        {t`Searching the log lines…`}
      </Empty>
    );
  }
  const filter = filterInWords(view);
  if (isNarrowed(view)) return <Empty action={clear}>{t`No ${filter}.`}</Empty>;
  return <Empty hint={t`Every ban is kept here, also after it has ended.`}>{t`No bans recorded yet.`}</Empty>;
}

/** How many bans the server looks through for a page without a find. */
const perPage = 5000;
