import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { serverNow } from '../lib/clock';
import { problemOf } from '../lib/problem';
import { api, take } from './client';

/** The ranges that end now. */
export const spans = { '24h': 1, '7d': 7, '30d': 30, '365d': 365 } as const;
export type Range = keyof typeof spans;

/** What statistics are about; '' = not narrowed. A range that ends now, or two moments. */
export interface StatsFilter {
  range: '' | Range;
  since: string;
  until: string;
  jail: string;
  country: string;
  origin: '' | 'fail2ban' | 'manual';
  asn: string;
  host: string;
}

/** What statistics are split by. */
export type StatsProperty = 'jail' | 'country' | 'network' | 'origin' | 'host';

const day = 86_400_000;
const again = { refetchInterval: 15_000, placeholderData: keepPreviousData } as const;

/** The moment at which a range that ends now begins. */
export function rangeBegins(range: Range, now: number): string {
  return new Date(now - spans[range] * day).toISOString();
}

function scope({ range, since, until, jail, country, origin, asn, host }: StatsFilter) {
  return {
    jail: jail || undefined,
    country: country || undefined,
    origin: origin || undefined,
    asn: asn === '' ? undefined : Number(asn),
    host: host || undefined,
    since: range === '' ? since || undefined : rangeBegins(range, serverNow()),
    until: range === '' ? until || undefined : undefined,
  };
}

export const statsQuery = (filter: StatsFilter) =>
  queryOptions({
    queryKey: ['stats', 'overview', filter],
    queryFn: ({ signal }) => take(api.GET('/api/v1/stats/overview', { params: { query: scope(filter) }, signal })),
    ...again,
  });

/** How many jails a chart tells apart. */
export const chartParts = 5;

export const trendQuery = (filter: StatsFilter) =>
  queryOptions({
    queryKey: ['stats', 'trend', filter],
    queryFn: ({ signal }) => {
      // Of a network the jails are not counted.
      const by = filter.asn === '' ? ({ by: 'jail', limit: chartParts } as const) : {};
      return take(api.GET('/api/v1/stats/trend', { params: { query: { ...scope(filter), ...by } }, signal }));
    },
    ...again,
  });

export const splitQuery = (property: StatsProperty, filter: StatsFilter) =>
  queryOptions({
    queryKey: ['stats', 'by', property, filter],
    queryFn: ({ signal }) =>
      take(api.GET('/api/v1/stats/by/{property}', { params: { path: { property }, query: { ...scope(filter), limit: 8 } }, signal })),
    ...again,
  });

/** How an address came back; null = it was never banned, as far as BanGUI knows. Kept beside what is known about it. */
export const timelineQuery = (ip: string) =>
  queryOptions({
    queryKey: ['address', ip, 'timeline'],
    queryFn: async ({ signal }) => {
      try {
        return await take(api.GET('/api/v1/addresses/{ip}/timeline', { params: { path: { ip } }, signal }));
      } catch (error) {
        if (problemOf(error).status === 404) return null;
        throw error;
      }
    },
  });
