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
  /** The id of one host; there may be several in one database. */
  host: string;
  /** The last hours or days, instead of from and to. */
  range: '' | '24h' | '7d' | '30d' | '365d';
  from: string;
  to: string;
  /** Text in the log lines. */
  text: string;
  /** What is left out: jail:sshd, country:NL, asn:64500, origin:manual. */
  not: readonly string[];
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
  host: '',
  range: '',
  from: '',
  to: '',
  text: '',
  not: [],
  ban: '',
};

const minute = 60_000;
const day = 24 * 60 * minute;
const spans = { '24h': day, '7d': 7 * day, '30d': 30 * day, '365d': 365 * day } as const;

/** The view as the API takes it. A range ends now; days are whole, in the zone that the page shows. */
export function toFilter(
  { state, jail, q, country, asn, origin, host, range, from, to, text, not }: Omit<HistoryView, 'ban'>,
  now: number,
): HistoryFilter {
  const target = parseTarget(q);
  const where = target === undefined ? { ip: '', q: q.trim() } : { ip: target.text, q: '' };
  // By whole minutes: who comes back to the page within one finds his list as it was.
  const start = range === '' ? dayBegins(from) : new Date(Math.floor((now - spans[range]) / minute) * minute).toISOString();
  const end = range === '' ? dayBegins(to, 1) : undefined;
  return { state, jail, ...where, country, asn, origin, host, text: text.trim(), since: start ?? '', until: end ?? '', not: leftOut(not) };
}

/** What bans can be chosen by, or left out by. */
export type Trait = 'jail' | 'country' | 'asn' | 'origin';

/** A trait and its value, as the page's address has what is left out. */
export function splitNot(text: string): [Trait, string] | undefined {
  const at = text.indexOf(':');
  const [trait, value] = [text.slice(0, at), text.slice(at + 1)];
  switch (trait) {
    case 'jail':
      return value === '' ? undefined : [trait, value];
    case 'country':
      return readCountry(value) ? [trait, readCountry(value) ?? ''] : undefined;
    case 'asn':
      return readAsn(value) ? [trait, readAsn(value) ?? ''] : undefined;
    case 'origin':
      return value === 'fail2ban' || value === 'manual' ? [trait, value] : undefined;
    default:
      return undefined;
  }
}

// More the server doesn't take.
const mostLeftOut = 20;

function leftOut(not: readonly string[]): HistoryFilter['not'] {
  const all = not.map(splitNot).filter((one) => one !== undefined);
  const of = (trait: Trait) => [...new Set(all.filter(([t]) => t === trait).map(([, value]) => value))].slice(0, mostLeftOut);
  const [origin = ''] = of('origin');
  return {
    jails: of('jail'),
    countries: of('country'),
    asns: of('asn').map(Number),
    origin: origin === 'manual' || origin === 'fail2ban' ? origin : '',
  };
}

/** The view of only those bans that have a value, or without them. */
export function withTrait(view: HistoryView, how: 'only' | 'without', trait: Trait, value: string): HistoryView {
  const name = `${trait}:${value}`;
  const others = view.not.filter((one) => one !== name);
  if (how === 'only') return { ...view, not: others, [trait]: value };
  const chosen = view[trait] === value ? { [trait]: '' } : {};
  return { ...view, ...chosen, not: [...others, name] };
}

/** Whether counters can say how the bans of a view went. */
export function isCounted({ state, jail, q, country, asn, origin, text, not }: HistoryView): boolean {
  const apart = [country !== '' && origin !== '', asn !== '' && jail + country + origin !== ''].some(Boolean);
  return state === 'all' && q === '' && text === '' && not.length === 0 && !apart;
}

/** Whether any ban is left out. */
export function isNarrowed(view: HistoryView): boolean {
  const free = ['state', 'ban', 'not'];
  return view.state !== 'all' || view.not.length > 0 || Object.entries(view).some(([name, value]) => !free.includes(name) && value !== '');
}

/** What of a view belongs into the page's address: all that is not as usual. */
export function toSearch({ not, ...view }: HistoryView): Partial<Omit<HistoryView, 'not'>> & { not?: string[] } {
  const others = Object.fromEntries(Object.entries(view).filter(([name, value]) => value !== everything[name as keyof HistoryView]));
  return not.length === 0 ? others : { ...others, not: [...not] };
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
