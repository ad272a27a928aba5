import type { StatsFilter, StatsProperty } from '@/api/stats';
import { dayBegins } from '@/lib/time';

/** What the page's address says: a range that ends now, or from and to as days or as day and time; what figures are narrowed to. */
export interface OverviewView {
  range: StatsFilter['range'];
  from: string;
  to: string;
  jail: string;
  country: string;
  origin: StatsFilter['origin'];
  asn: string;
  host: string;
}

export const usual: OverviewView = { range: '24h', from: '', to: '', jail: '', country: '', origin: '', asn: '', host: '' };

/** The parts of a view that narrow figures. */
export type Narrowing = 'jail' | 'country' | 'origin' | 'asn' | 'host';
const narrowings: readonly Narrowing[] = ['jail', 'country', 'origin', 'asn', 'host'];

/** What the counters don't hold together. */
const apart: Record<Narrowing, readonly Narrowing[]> = {
  jail: ['asn'],
  country: ['origin', 'asn'],
  origin: ['country', 'asn'],
  asn: ['jail', 'country', 'origin'],
  host: [],
};

/** The view as its address gives it: without a time it is the usual one, and of two things that are not counted together the first stays. */
export function readView(given: Partial<OverviewView>): OverviewView {
  const free = Boolean(given.from || given.to);
  const view: OverviewView = { ...usual, ...given, range: free ? '' : given.range || usual.range };
  for (const name of narrowings) {
    if (view[name] === '') continue;
    for (const other of apart[name]) Object.assign(view, { [other]: '' });
  }
  return view;
}

/** What of a view belongs into the page's address: all that is not as usual. */
export function toSearch(view: OverviewView): Partial<OverviewView> {
  return Object.fromEntries(
    Object.entries(view).filter(([name, value]) => value !== '' && value !== usual[name as keyof OverviewView]),
  ) as Partial<OverviewView>;
}

/** Narrows to a value, or no more where it is narrowed to it; what is not counted together with it goes. */
export function flip(view: OverviewView, name: Narrowing, value: string): OverviewView {
  if (view[name] === value) return { ...view, [name]: '' };
  const cleared = Object.fromEntries(apart[name].map((other) => [other, '']));
  return { ...view, ...cleared, [name]: value };
}

/** Whether a view shows less than all bans of its time. */
export function isNarrowed(view: OverviewView): boolean {
  return narrowings.some((name) => view[name] !== '');
}

export function isNarrowedBy(view: OverviewView): Narrowing[] {
  return narrowings.filter((name) => view[name] !== '');
}

/** The view as statistics are asked for. */
export function toFilter({ from, to, ...rest }: OverviewView): StatsFilter {
  return { ...rest, since: dayBegins(from) ?? '', until: dayBegins(to, 1) ?? '' };
}

/** Whether a property of the bans that a view shows is counted at all. */
export function isCounted(property: StatsProperty, { jail, country, origin, asn }: OverviewView): boolean {
  switch (property) {
    case 'network':
      return jail === '' && country === '' && origin === '';
    case 'country':
      return origin === '' && asn === '';
    case 'origin':
      return country === '' && asn === '';
    case 'jail':
      return asn === '';
    default:
      return true;
  }
}

/** The same bans as the history finds them. */
export function toHistory({ range, from, to, jail, country, origin, asn, host }: OverviewView): Record<string, string> {
  const all = { range, from, to, jail, country, origin, asn, host };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''));
}
