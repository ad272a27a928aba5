import { type InfiniteData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { type RefObject, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { HostEvent } from '@/api/events';
import { type BanFilter, bansQuery } from '@/api/queries';
import { live } from '@/api/source';
import type { Ban } from '@/api/types';
import { holds, parseTarget } from '@/lib/address';
import type { GridHandle } from '@/ui/grid/grid';

type Pages = InfiniteData<{ items: Ban[] | null; next: string | null }, string>;

/** Whether an event belongs to what a list is narrowed to. */
export function matches(filter: BanFilter, event: HostEvent): boolean {
  const wanted = filter.state === 'ended' ? event.kind === 'unban' : event.kind === 'ban';
  if (!wanted || event.address === null) return false;
  if (filter.jail !== '' && event.jail !== filter.jail) return false;
  if (filter.q !== '' && !event.address.includes(filter.q)) return false;
  if (filter.ip === '') return true;
  const network = parseTarget(filter.ip);
  const inner = parseTarget(event.address);
  return network !== undefined && inner !== undefined && holds(network, inner);
}

/** The rows of all loaded pages; a ban that stands on two pages is shown once. */
export function flatten(pages: { items: Ban[] | null }[]): Ban[] {
  const seen = new Set<string>();
  const rows: Ban[] = [];
  for (const page of pages) {
    for (const ban of page.items ?? []) {
      if (seen.has(ban.id)) continue;
      seen.add(ban.id);
      rows.push(ban);
    }
  }
  return rows;
}

const spot = (jail: string | null, address: string | null) => `${jail}\n${address}`;
// More loaded pages than that are not asked for again behind the reader's back.
const quietPages = 4;
// The server lets one client ask 200 times a minute.
const pauseMs = 700;

/** The bans that a filter lets through, kept true by the event stream without ever moving rows under the pointer. */
export function useBanList(filter: BanFilter, grid: RefObject<GridHandle | null>, choosing: boolean) {
  const client = useQueryClient();
  const options = useMemo(() => bansQuery(filter), [filter]);
  const query = useInfiniteQuery(options);
  const [fresh, setFresh] = useState(0);
  const [outdated, setOutdated] = useState(false);
  const [over, setOver] = useState<ReadonlyMap<string, string>>(new Map());
  const rows = useMemo(() => flatten(query.data?.pages ?? []), [query.data]);
  const bySpot = useMemo(() => newestBySpot(rows), [rows]);
  const { hasNextPage, isFetching, isError, fetchNextPage } = query;
  const pages = query.data?.pages.length ?? 0;
  // A page looks at some thousand bans and may find none.
  const onward = rows.length === 0 && hasNextPage && !isFetching && !isError;
  useEffect(() => {
    if (!onward) return;
    const timer = setTimeout(() => void fetchNextPage(), pages < quietPages ? 0 : pauseMs);
    return () => clearTimeout(timer);
  }, [onward, pages, fetchNextPage]);

  const refresh = useCallback(async () => {
    setFresh(0);
    setOutdated(false);
    client.setQueryData<Pages>(options.queryKey, (old) =>
      old === undefined ? old : { pages: old.pages.slice(0, 1), pageParams: old.pageParams.slice(0, 1) },
    );
    await client.invalidateQueries({ queryKey: options.queryKey });
    setOver(new Map());
  }, [client, options.queryKey]);

  const loaded = query.data?.pages.length ?? 0;
  const state = useRef({ filter, bySpot, choosing, rows, loaded, refresh, over });
  state.current = { filter, bySpot, choosing, rows, loaded, refresh, over };

  useEffect(() => {
    const calm = () => {
      const { choosing: held, loaded: pages } = state.current;
      return !held && pages <= quietPages && (grid.current === null || (grid.current.atTop() && !grid.current.busy()));
    };
    let waiting: ReturnType<typeof setTimeout> | undefined;
    // Where nobody is reading, the list keeps itself new, at most once a second.
    const soon = (ms: number) => {
      waiting ??= setTimeout(() => {
        waiting = undefined;
        if (calm()) void state.current.refresh();
      }, ms);
    };
    const stopEvents = live.subscribe(({ events }) => {
      const now = state.current;
      const ended = endedBy(events, now.filter, now.bySpot);
      const news = countNews(events, now.filter, now.bySpot, now.over);
      if (ended.size > 0) setOver((old) => new Map([...old, ...ended]));
      if (news > 0) setFresh((old) => old + news);
      if (news > 0) soon(700);
      else if (ended.size > 0) soon(5000);
    });
    const stopResets = live.onReconnect(() => (calm() ? void state.current.refresh() : setOutdated(true)));
    return () => {
      stopEvents();
      stopResets();
      clearTimeout(waiting);
    };
  }, [grid]);

  return { query, rows, fresh, outdated, over, refresh };
}

/** The newest row of each jail and address. */
export function newestBySpot(rows: readonly Ban[]): ReadonlyMap<string, Ban> {
  const map = new Map<string, Ban>();
  for (const row of rows) if (!map.has(spot(row.jail, row.address))) map.set(spot(row.jail, row.address), row);
  return map;
}

/** How many of the events the rows don't tell of yet. A stream begins with events that the list was asked for after. */
export function countNews(
  events: HostEvent[],
  filter: BanFilter,
  bySpot: ReadonlyMap<string, Ban>,
  over: ReadonlyMap<string, string>,
): number {
  const ends = new Map<string, number>();
  for (const e of events) if (e.kind === 'unban') ends.set(spot(e.jail, e.address), Date.parse(e.at));
  return events.filter((e) => {
    const place = spot(e.jail, e.address);
    const endsHere = filter.state === 'active' && (ends.get(place) ?? 0) > Date.parse(e.at);
    return matches(filter, e) && !endsHere && isNew(e, bySpot.get(place), over);
  }).length;
}

function isNew(event: HostEvent, row: Ban | undefined, over: ReadonlyMap<string, string>): boolean {
  if (row === undefined) return true;
  if (event.kind === 'unban') return row.ended_at === null || Date.parse(row.ended_at) < Date.parse(event.at);
  if (Date.parse(event.banned_at ?? event.at) <= Date.parse(row.banned_at)) return over.has(row.id) && event.restored;
  // fail2ban bans again after its restart what we show already.
  return over.has(row.id) || !event.restored;
}

// fail2ban rounds when a ban began.
const roundedMs = 1000;

function endedBy(events: HostEvent[], filter: BanFilter, bySpot: ReadonlyMap<string, Ban>): Map<string, string> {
  const ended = new Map<string, string>();
  if (filter.state === 'ended') return ended;
  for (const { kind, jail, address, at, end_reason } of events) {
    const row = kind === 'unban' ? bySpot.get(spot(jail, address)) : undefined;
    // The end of an earlier ban says nothing of this one.
    if (row !== undefined && Date.parse(at) >= Date.parse(row.banned_at) - roundedMs) ended.set(row.id, end_reason ?? 'unknown');
  }
  return ended;
}
