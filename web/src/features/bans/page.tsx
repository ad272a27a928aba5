import { plural, t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Ban as BanIcon, RefreshCw } from 'lucide-react';
import { useCallback, useMemo, useRef, useState } from 'react';
import { useMay } from '@/api/access';
import { banCountQuery } from '@/api/queries';
import type { Ban } from '@/api/types';
import { useHotkeys } from '@/lib/hotkeys';
import { usePhone } from '@/lib/media';
import { visible } from '@/lib/plain';
import { ask } from '@/lib/requests';
import { number } from '@/lib/time';
import { Button } from '@/ui/button';
import { classes } from '@/ui/classes';
import { copyText } from '@/ui/copy';
import { DataGrid, type GridHandle } from '@/ui/grid/grid';
import { nothing, type Selection } from '@/ui/grid/selection';
import { ListEnd } from '@/ui/list-end';
import { PageTitle } from '@/ui/page';
import { tell } from '@/ui/toast';
import { BanMenu, type BanMenuAt } from './ban-menu';
import { BulkBar } from './bulk-bar';
import { banCard, banColumns } from './columns';
import { BanFilters, type BanView, toFilter } from './filters';
import { useBanList } from './list';
import { ListInstead } from './list-states';

const idOf = (ban: Ban) => ban.id;
const nameOf = (ban: Ban) => `${visible(ban.address)} (${visible(ban.jail)})`;

interface BansPageProps {
  view: BanView;
  onView: (next: BanView, replace?: boolean) => void;
}

/** The list of bans: any number of rows, found by address, jail and state. */
export function BansPage({ view, onView }: BansPageProps) {
  const { state, jail, q } = view;
  const filter = useMemo(() => toFilter({ state, jail, q }), [state, jail, q]);
  const grid = useRef<GridHandle>(null);
  const field = useRef<HTMLInputElement>(null);
  const [selection, setSelection] = useState<Selection>(nothing);
  const [menu, setMenu] = useState<BanMenuAt>();
  const active = useRef<Ban>(undefined);
  const phone = usePhone();
  const mayBan = useMay('ban');
  const navigate = useNavigate();
  const count = useQuery(banCountQuery(filter)).data;
  const { query, rows, fresh, outdated, over, refresh } = useBanList(filter, grid, selection.keys.size > 0);
  const chosen = useMemo(() => rows.filter((ban) => selection.keys.has(ban.id)), [rows, selection.keys]);
  const columns = useMemo(() => (phone ? banCard : banColumns)((ban) => over.get(ban.id)), [phone, over]);
  const { hasNextPage, isFetching, fetchNextPage } = query;
  const more = useCallback(() => {
    if (hasNextPage && !isFetching) void fetchNextPage();
  }, [hasNextPage, isFetching, fetchNextPage]);
  const open = (ban: Ban) => void navigate({ to: '/address/$', params: { _splat: ban.address } });
  const unban = (bans: Ban[]) => {
    const standing = bans.filter((ban) => ban.ended_at === null && !over.has(ban.id));
    if (standing.length > 0) ask('unban', { bans: standing });
    setSelection(nothing);
  };
  const atHand = () => (chosen.length > 0 ? chosen : active.current ? [active.current] : []);
  const copy = async (bans: Ban[]) => {
    const done = await copyText(bans.map((ban) => ban.address).join('\n'));
    if (done) tell({ title: plural(bans.length, { one: '# address copied', other: '# addresses copied' }) });
  };
  useHotkeys({
    '/': () => field.current?.focus(),
    u: () => unban(atHand()),
    c: () => void copy(atHand()),
    j: () => grid.current?.focus(),
    // biome-ignore lint/correctness/noComponentHookFactories: Escape is a key, no component
    Escape: () => setSelection(nothing),
  });
  const top = () => {
    grid.current?.toTop();
    void refresh();
  };
  const loadedAll = !query.hasNextPage;
  return (
    <div data-fit className="flex min-h-0 flex-1 flex-col">
      <PageTitle title={t`Bans`} count={count === undefined ? undefined : `${number(count.count)}${count.capped ? '+' : ''}`}>
        {mayBan && (
          <Button look="primary" onClick={() => ask('ban', { addresses: [], jail: jail || undefined })}>
            <BanIcon aria-hidden />
            {t`Ban an address`}
          </Button>
        )}
      </PageTitle>
      <BanFilters view={view} onView={onView} field={field} />
      <div className="relative mx-6 mb-6 flex min-h-0 flex-1 flex-col rounded-lg border border-line bg-surface max-md:mx-0 max-md:mb-0 max-md:rounded-none max-md:border-x-0">
        {(fresh > 0 || outdated) && rows.length > 0 && (
          <div
            className={classes(
              'absolute -top-10 right-0 z-10 max-md:top-auto max-md:right-auto max-md:left-1/2 max-md:-translate-x-1/2',
              // Over the bar of what is chosen, not on its buttons.
              chosen.length > 0 ? 'max-md:bottom-18' : 'max-md:bottom-3',
            )}
          >
            <Button look="primary" size="small" onClick={top} className="rounded-full shadow-float">
              <RefreshCw aria-hidden />
              {fresh > 0 ? plural(fresh, { one: '# new', other: '# new' }) : t`The list may be out of date`}
            </Button>
          </div>
        )}
        <p role="status" className="sr-only">
          {count !== undefined && t`${number(rows.length)} of ${number(count.count)} loaded`}
        </p>
        {rows.length === 0 ? (
          <ListInstead query={query} view={view} onClear={() => onView({ state, jail: '', q: '' })} />
        ) : (
          <DataGrid
            ref={grid}
            label={t`Bans`}
            className="flex-1"
            columns={columns}
            rows={rows}
            keyOf={idOf}
            nameOf={nameOf}
            rowHeight={phone ? 56 : 34}
            headless={phone}
            total={count === undefined || count.capped ? -1 : Math.max(count.count, rows.length)}
            selection={selection}
            onSelect={setSelection}
            onOpen={open}
            onMenu={(ban, anchor) => setMenu({ ban, anchor })}
            over={(ban) => over.has(ban.id)}
            onNearEnd={more}
            onActive={(ban) => {
              active.current = ban;
            }}
            footer={<ListEnd query={query} loaded={rows.length} count={count} all={loadedAll} onMore={more} />}
          />
        )}
        <BulkBar
          chosen={chosen}
          onUnban={mayBan ? () => unban(chosen) : undefined}
          onCopy={() => void copy(chosen)}
          onClear={() => setSelection(nothing)}
        />
      </div>
      <BanMenu at={menu} onClose={() => setMenu(undefined)} onUnban={(ban) => unban([ban])} />
    </div>
  );
}
