import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { serverNow } from '../lib/clock';
import { api, take } from './client';
import type { AuditEntry, Ban, Job } from './types';

/** The host that this console serves itself. */
const host = 'local';
const onHost = { params: { path: { host } } } as const;

/** What the list of bans is narrowed to; '' = not narrowed. */
export interface BanFilter {
  state: 'active' | 'ended' | 'all';
  jail: string;
  /** An address or prefix: exact, or all inside. */
  ip: string;
  /** Text found in the address. */
  q: string;
}

function banQuery({ state, jail, ip, q }: BanFilter) {
  return { state, jail: jail || undefined, ip: ip || undefined, q: q || undefined };
}

export const aboutQuery = queryOptions({
  queryKey: ['about'],
  queryFn: ({ signal }) => take(api.GET('/api/v1/about', { signal })),
  staleTime: 5 * 60_000,
});

/** The databases that say where an address is: they change when somebody replaces a file. */
export const geoQuery = queryOptions({
  queryKey: ['geo'],
  queryFn: ({ signal }) => take(api.GET('/api/v1/geo', { signal })),
  staleTime: 5 * 60_000,
});

/** The host's state; asked again each 10 s as a second opinion beside the event stream. */
export const hostQuery = queryOptions({
  queryKey: ['host'],
  queryFn: ({ signal }) => take(api.GET('/api/v1/hosts/{host}', { ...onHost, signal })),
  refetchInterval: 10_000,
  retry: false,
});

export const jailsQuery = queryOptions({
  queryKey: ['jails'],
  queryFn: async ({ signal }) => (await take(api.GET('/api/v1/hosts/{host}/jails', { ...onHost, signal }))).items ?? [],
});

export const jailQuery = (jail: string) =>
  queryOptions({
    queryKey: ['jail', jail],
    queryFn: ({ signal }) => take(api.GET('/api/v1/hosts/{host}/jails/{jail}', { params: { path: { host, jail } }, signal })),
  });

export const manualJailQuery = queryOptions({
  queryKey: ['manual-jail'],
  queryFn: ({ signal }) => take(api.GET('/api/v1/hosts/{host}/manual-jail', { ...onHost, signal })),
  staleTime: 30_000,
});

/** Pages of 500: fewer round trips while scrolling, and the most that the API gives. */
const pageSize = 500;

export const bansQuery = (filter: BanFilter) =>
  infiniteQueryOptions({
    queryKey: ['bans', filter],
    queryFn: ({ signal, pageParam }) =>
      take(
        api.GET('/api/v1/bans', {
          params: { query: { ...banQuery(filter), limit: pageSize, cursor: pageParam || undefined } },
          signal,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.next ?? undefined,
    // Comparing 100,000 rows with their former selves would cost more than drawing them.
    structuralSharing: false,
    placeholderData: keepPreviousData,
    refetchOnWindowFocus: false,
  });

export const banCountQuery = (filter: BanFilter) =>
  queryOptions({
    queryKey: ['ban-count', filter],
    queryFn: ({ signal }) => take(api.GET('/api/v1/bans/count', { params: { query: banQuery(filter) }, signal })),
    placeholderData: keepPreviousData,
  });

/** What the history is narrowed to; '' = not narrowed. Times are RFC 3339. */
export interface HistoryFilter extends BanFilter {
  /** Text found in a log line behind the ban. */
  text: string;
  country: string;
  asn: string;
  origin: '' | Ban['origin'];
  host: string;
  since: string;
  until: string;
  /** What is left out. */
  not: { jails: string[]; countries: string[]; asns: number[]; origin: '' | Ban['origin'] };
}

const some = <T>(list: T[]) => (list.length === 0 ? undefined : list);

/** The filter as the API takes it; an export asks for the same. */
export function historyParameters({ text, country, asn, origin, host, since, until, not, ...bans }: HistoryFilter) {
  return {
    ...banQuery(bans),
    text: text || undefined,
    country: country || undefined,
    asn: asn === '' ? undefined : Number(asn),
    origin: origin || undefined,
    host: host || undefined,
    since: since || undefined,
    until: until || undefined,
    not_jail: some(not.jails),
    not_country: some(not.countries),
    not_asn: some(not.asns),
    not_origin: not.origin || undefined,
  };
}

export const historyQuery = (filter: HistoryFilter) =>
  infiniteQueryOptions({
    queryKey: ['history', filter],
    queryFn: ({ signal, pageParam }) =>
      take(
        api.GET('/api/v1/bans', {
          params: { query: { ...historyParameters(filter), limit: pageSize, cursor: pageParam || undefined } },
          signal,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.next ?? undefined,
    structuralSharing: false,
    // All pages anew cost more than the past changes: the reader asks again. Who was away for longer begins anew.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 30_000,
  });

export const historyCountQuery = (filter: HistoryFilter) =>
  queryOptions({
    queryKey: ['history-count', filter],
    queryFn: ({ signal }) => take(api.GET('/api/v1/bans/count', { params: { query: historyParameters(filter) }, signal })),
  });

/** One ban with the log lines behind it. */
export const banQueryById = (id: string) =>
  queryOptions({
    queryKey: ['ban', id],
    queryFn: ({ signal }) => take(api.GET('/api/v1/bans/{id}', { params: { path: { id } }, signal })),
  });

/** Times whose bans may be missing, because nobody wrote them down. */
export const gapsQuery = queryOptions({
  queryKey: ['gaps'],
  queryFn: async ({ signal }) => (await take(api.GET('/api/v1/stats/gaps', { signal }))).items ?? [],
  staleTime: 60_000,
});

export const addressQuery = (ip: string) =>
  queryOptions({
    queryKey: ['address', ip],
    queryFn: ({ signal }) => take(api.GET('/api/v1/addresses/{ip}', { params: { path: { ip } }, signal })),
  });

/** Who does the background jobs, as the answering console sees it. */
export const leaseQuery = queryOptions({
  queryKey: ['lease'],
  queryFn: ({ signal }) => take(api.GET('/api/v1/lease', { signal })),
  refetchInterval: 10_000,
  // A tab that comes back must not show what was true when it was left.
  refetchOnWindowFocus: true,
  retry: false,
});

const quickMs = 60_000;
const justNow = (at: string | null | undefined) => at != null && serverNow() - Date.parse(at) < quickMs;

// Only the leading console tells of runs as they end; another one must be asked, so the page asks often for a minute.
const jobPace = (jobs: Job[]) =>
  jobs.some(({ asked_at, last }) => justNow(asked_at) || (last?.outcome === 'running' && justNow(last.started_at))) ? 1000 : 10_000;

export const jobsQuery = queryOptions({
  queryKey: ['jobs'],
  queryFn: async ({ signal }) => (await take(api.GET('/api/v1/jobs', { signal }))).items ?? [],
  refetchInterval: ({ state }) => jobPace(state.data ?? []),
});

export const jobQuery = (name: string) =>
  queryOptions({
    queryKey: ['job', name],
    queryFn: ({ signal }) => take(api.GET('/api/v1/jobs/{name}', { params: { path: { name } }, signal })),
    refetchInterval: ({ state }) => jobPace(state.data === undefined ? [] : [state.data]),
  });

export const usersQuery = queryOptions({
  queryKey: ['users'],
  queryFn: async ({ signal }) => (await take(api.GET('/api/v1/users', { signal }))).items ?? [],
});

export const userQuery = (id: string) =>
  queryOptions({
    queryKey: ['user', id],
    queryFn: ({ signal }) => take(api.GET('/api/v1/users/{id}', { params: { path: { id } }, signal })),
  });

/** Where one is signed in; another user's with his id, for administrators. */
export const sessionsQuery = (userId?: string) =>
  queryOptions({
    queryKey: ['sessions', userId ?? 'own'],
    queryFn: async ({ signal }) => {
      const list =
        userId === undefined
          ? await take(api.GET('/api/v1/auth/sessions', { signal }))
          : await take(api.GET('/api/v1/users/{id}/sessions', { params: { path: { id: userId } }, signal }));
      return list.items ?? [];
    },
    refetchInterval: 30_000,
  });

export const tokensQuery = queryOptions({
  queryKey: ['tokens'],
  queryFn: async ({ signal }) => (await take(api.GET('/api/v1/tokens', { signal }))).items ?? [],
});

/** What the audit log is narrowed to; '' = not narrowed. Times are RFC 3339. */
export interface AuditFilter {
  actor: string;
  action: string;
  outcome: '' | AuditEntry['outcome'];
  since: string;
  until: string;
}

/** The filter as the API takes it; an export asks for the same. */
export function auditParameters({ actor, action, outcome, since, until }: AuditFilter) {
  return {
    actor: actor || undefined,
    action: action || undefined,
    outcome: outcome || undefined,
    since: since || undefined,
    until: until || undefined,
  };
}

export const auditQuery = (filter: AuditFilter) =>
  infiniteQueryOptions({
    queryKey: ['audit', filter],
    queryFn: ({ signal, pageParam }) =>
      take(
        api.GET('/api/v1/audit', { params: { query: { ...auditParameters(filter), limit: 100, cursor: pageParam || undefined } }, signal }),
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
  });
