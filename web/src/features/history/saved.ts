import { historyParameters } from '@/api/queries';
import type { SavedFilter } from '@/api/types';
import { wallTime } from '@/lib/time';
import { everything, type HistoryView, toFilter } from './view';

type Filter = SavedFilter['filter'];

/** A view as it is saved: its period stays one before now, where it is. */
export function toSaved(view: HistoryView): Filter {
  const { range } = view;
  const days = range === '' ? {} : { from: '', to: '' };
  return { ...historyParameters(toFilter({ ...view, ...days, range: '' }, 0)), range: range || undefined };
}

/** The view of a saved filter. */
export function viewOf({ ip, q, asn, since, until, range, ...rest }: Filter): HistoryView {
  const { state, jail = '', country = '', origin = '', host = '', text = '' } = rest;
  const not = [
    ...(rest.not_jail ?? []).map((one) => `jail:${one}`),
    ...(rest.not_country ?? []).map((one) => `country:${one}`),
    ...(rest.not_asn ?? []).map((one) => `asn:${one}`),
    ...(rest.not_origin === undefined ? [] : [`origin:${rest.not_origin}`]),
  ];
  return {
    ...everything,
    state,
    jail,
    q: ip ?? q ?? '',
    country,
    asn: asn === undefined ? '' : String(asn),
    origin,
    host,
    text,
    range: range ?? '',
    from: since === undefined ? '' : beginning(since),
    to: until === undefined ? '' : ending(until),
    not,
  };
}

const midnight = 'T00:00';
const dayMs = 86_400_000;

/** As the day that begins then, where one does in the zone that the page shows. */
function beginning(iso: string): string {
  const wall = wallTime(Date.parse(iso));
  return wall.endsWith(midnight) ? wall.slice(0, -midnight.length) : wall;
}

/** As the day that ends then, where one does. */
function ending(iso: string): string {
  const wall = wallTime(Date.parse(iso));
  return wall.endsWith(midnight) ? new Date(Date.parse(`${wall}Z`) - dayMs).toISOString().slice(0, 10) : wall;
}

/** The saved filter that a view shows. */
export function shownOf(all: readonly SavedFilter[], view: HistoryView): SavedFilter | undefined {
  const shown = keyOf(view);
  return all.find(({ filter }) => keyOf(viewOf(filter)) === shown);
}

/** The same for views that let the same bans through. */
function keyOf(view: HistoryView): string {
  const all = Object.entries(toSaved({ ...view, not: [...view.not].sort() })).filter(([, value]) => value !== undefined);
  return JSON.stringify(all.sort(([a], [b]) => (a < b ? -1 : 1)));
}
