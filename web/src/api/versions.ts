import { infiniteQueryOptions, type QueryClient, queryOptions } from '@tanstack/react-query';
import { api, take } from './client';
import { configQuery, type Terms } from './config';
import { hostQuery } from './queries';
import type { ConfigChange, ConfigVersion } from './types';

const host = 'local';
const onHost = { params: { path: { host } } } as const;

/** The versions of fail2ban's configuration, newest first; for administrators. */
export const versionsQuery = infiniteQueryOptions({
  queryKey: ['config-versions'],
  queryFn: ({ signal, pageParam }) =>
    take(
      api.GET('/api/v1/hosts/{host}/config/versions', {
        params: { path: { host }, query: { limit: 50, cursor: pageParam || undefined } },
        signal,
      }),
    ),
  initialPageParam: '',
  getNextPageParam: (page) => page.next ?? undefined,
});

/** One version with what it changed. */
export const versionQuery = (version: string) =>
  queryOptions({
    queryKey: ['config-version', version],
    queryFn: ({ signal }) =>
      take(api.GET('/api/v1/hosts/{host}/config/versions/{version}', { params: { path: { host, version } }, signal })),
  });

/** What was changed by hand since the newest version. */
export const driftQuery = queryOptions({
  queryKey: ['config-drift'],
  queryFn: ({ signal }) => take(api.GET('/api/v1/hosts/{host}/config/drift', { ...onHost, signal })),
  refetchInterval: 60_000,
});

/** Brings a version back, or only says what that would do; throws a Problem. */
export function restoreVersion(version: string, etag: string, terms: Terms | undefined, signal?: AbortSignal): Promise<ConfigChange> {
  const at = { params: { path: { host, version } } };
  return take(api.POST('/api/v1/hosts/{host}/config/versions/{version}/restore', { ...at, body: bodyOf(etag, terms), signal }));
}

/** Puts back what was changed by hand, or only says what that would do; throws a Problem. */
export function revertDrift(etag: string, terms: Terms | undefined, signal?: AbortSignal): Promise<ConfigChange> {
  return take(api.POST('/api/v1/hosts/{host}/config/drift/revert', { ...onHost, body: bodyOf(etag, terms), signal }));
}

function bodyOf(etag: string, terms: Terms | undefined) {
  if (terms === undefined) return { etag, dry_run: true };
  return { etag, reason: terms.reason, confirm_seconds: terms.confirmSeconds };
}

/** Takes over what was changed by hand as a version; throws a Problem. */
export function adoptDrift(etag: string, reason: string): Promise<ConfigVersion> {
  return take(api.POST('/api/v1/hosts/{host}/config/drift/adopt', { ...onHost, body: { etag, reason } }));
}

/** What a change of versions makes old. */
export async function renewVersions(client: QueryClient): Promise<void> {
  void client.invalidateQueries({ queryKey: configQuery.queryKey });
  void client.invalidateQueries({ queryKey: hostQuery.queryKey });
  void client.invalidateQueries({ queryKey: driftQuery.queryKey });
  await client.invalidateQueries({ queryKey: versionsQuery.queryKey });
}
