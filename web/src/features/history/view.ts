import type { HistoryFilter } from '@/api/queries';
import { parseTarget } from '@/lib/address';
import { dayBegins } from '@/lib/time';

/** What the page's address says about the list; days as 2026-11-24, '' = not narrowed. */
export interface HistoryView {
  state: HistoryFilter['state'];
  jail: string;
  /** An address, a network, or part of an address. */
  q: string;
  country: string;
  asn: string;
  origin: HistoryFilter['origin'];
  /** The last hours or days, instead of from and to. */
  range: '' | '24h' | '7d' | '30d' | '365d';
  from: string;
  to: string;
  /** Text in the log lines. */
  text: string;
  /** The ban that is open. */
  ban: string;
}

export const everything: HistoryView = {
  state: 'all',
  jail: '',
  q: '',
  country: '',
  asn: '',
  origin: '',
  range: '',
  from: '',
  to: '',
  text: '',
  ban: '',
};

const minute = 60_000;
const day = 24 * 60 * minute;
const spans = { '24h': day, '7d': 7 * day, '30d': 30 * day, '365d': 365 * day } as const;

/** The view as the API takes it. A range ends now; days are whole, in the zone that the page shows. */
export function toFilter(
  { state, jail, q, country, asn, origin, range, from, to, text }: Omit<HistoryView, 'ban'>,
  now: number,
): HistoryFilter {
  const target = parseTarget(q);
  const where = target === undefined ? { ip: '', q: q.trim() } : { ip: target.text, q: '' };
  // By whole minutes: who comes back to the page within one finds his list as it was.
  const start = range === '' ? dayBegins(from) : new Date(Math.floor((now - spans[range]) / minute) * minute).toISOString();
  const end = range === '' ? dayBegins(to, 1) : undefined;
  return { state, jail, ...where, country, asn, origin, text: text.trim(), since: start ?? '', until: end ?? '' };
}

/** Whether any ban is left out. */
export function isNarrowed(view: HistoryView): boolean {
  return view.state !== 'all' || Object.entries(view).some(([name, value]) => name !== 'state' && name !== 'ban' && value !== '');
}

/** What of a view belongs into the page's address: all that is not as usual. */
export function toSearch(view: HistoryView): Partial<HistoryView> {
  return Object.fromEntries(Object.entries(view).filter(([name, value]) => value !== everything[name as keyof HistoryView]));
}

/** A country's code as somebody typed it; undefined = it is none. */
export function readCountry(text: string): string | undefined {
  const code = text.trim();
  if (code === '') return '';
  if (/^[a-z]{2}$/i.test(code)) return code.toUpperCase();
  // What ranges are called that belong to no country.
  return /^[a-z][a-z-]{2,63}$/i.test(code) ? code.toLowerCase() : undefined;
}

const largestAsn = 2 ** 32 - 1;

/** The number in "AS15169" or "15169"; undefined = it is none. */
export function readAsn(text: string): string | undefined {
  if (text.trim() === '') return '';
  const [, digits = ''] = /^(?:as)?\s*(\d{1,10})$/i.exec(text.trim()) ?? [];
  return digits === '' || Number(digits) > largestAsn ? undefined : String(Number(digits));
}
