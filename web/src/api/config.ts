import { queryOptions } from '@tanstack/react-query';
import { api, take } from './client';
import type { ConfigChange, ConfigEdit } from './types';

const host = 'local';
const onHost = { params: { path: { host } } } as const;

/** fail2ban's configuration as its files say it; for administrators. */
export const configQuery = queryOptions({
  queryKey: ['config'],
  queryFn: ({ signal }) => take(api.GET('/api/v1/hosts/{host}/config', { ...onHost, signal })),
  staleTime: 10_000,
});

/** One jail, active or not: every option that counts, and where it comes from. */
export const configJailQuery = (jail: string) =>
  queryOptions({
    queryKey: ['config-jail', jail],
    queryFn: ({ signal }) => take(api.GET('/api/v1/hosts/{host}/config/jails/{jail}', { params: { path: { host, jail } }, signal })),
    staleTime: 10_000,
  });

/** The filters and actions on disk that a jail can name. */
export const choicesQuery = queryOptions({
  queryKey: ['config-choices'],
  queryFn: ({ signal }) => take(api.GET('/api/v1/hosts/{host}/config/choices', { ...onHost, signal })),
  staleTime: 60_000,
});

/** What is at the paths of a jail's logs now. */
export const logsQuery = (paths: string[]) =>
  queryOptions({
    queryKey: ['config-logs', paths],
    queryFn: async ({ signal }) => {
      const params = { path: { host }, query: { paths: paths.join('\n') } };
      return (await take(api.GET('/api/v1/hosts/{host}/config/logs', { params, signal }))).items ?? [];
    },
    enabled: paths.length > 0,
    staleTime: 5000,
  });

/** What a change is made with, beside what it changes. */
export interface Terms {
  reason: string;
  /** The change is taken back unless it is confirmed in that time; 0 = it holds. */
  confirmSeconds: number;
}

/** Says what edits would do, and has the server try them on a copy; throws a Problem. */
export function tryEdits(etag: string, edits: ConfigEdit[], signal?: AbortSignal): Promise<ConfigChange> {
  const body = { etag, edits, dry_run: true };
  return take(api.POST('/api/v1/hosts/{host}/config/changes', { ...onHost, body, signal }));
}

/** Applies edits: all of them, or nothing; throws a Problem. */
export function applyEdits(etag: string, edits: ConfigEdit[], { reason, confirmSeconds }: Terms): Promise<ConfigChange> {
  const body = { etag, edits, reason, confirm_seconds: confirmSeconds };
  return take(api.POST('/api/v1/hosts/{host}/config/changes', { ...onHost, body }));
}

/** Ends a change that waits: it holds, or it is taken back; throws a Problem. */
export async function endChange(id: string, keep: boolean): Promise<void> {
  const at = { params: { path: { host, change: id } } };
  if (keep) await take(api.POST('/api/v1/hosts/{host}/config/changes/{change}/confirm', at));
  else await take(api.DELETE('/api/v1/hosts/{host}/config/changes/{change}', at));
}
