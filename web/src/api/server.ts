import { queryOptions } from '@tanstack/react-query';
import { api, take } from './client';
import type { Terms } from './config';
import type { ConfigChange, ServerChange, ServerLog } from './types';

const host = 'local';
const onHost = { params: { path: { host } } } as const;

/** fail2ban's own options, live and configured, and whether it can be restarted from here. */
export const serverQuery = queryOptions({
  queryKey: ['server'],
  queryFn: ({ signal }) => take(api.GET('/api/v1/hosts/{host}/server', { ...onHost, signal })),
  staleTime: 10_000,
  refetchInterval: 10_000, // how many bans a restart lifts is of now
});

function patch(etag: string, body: ServerChange, signal?: AbortSignal): Promise<ConfigChange> {
  const params = { path: { host }, header: { 'If-Match': `"${etag}"` } };
  return take(api.PATCH('/api/v1/hosts/{host}/server', { params, body, signal }));
}

/** Says what a change would do, and has it tried on a copy; throws a Problem. */
export function tryServer(etag: string, change: ServerChange, signal?: AbortSignal): Promise<ConfigChange> {
  return patch(etag, { ...change, dry_run: true }, signal);
}

/** Changes options; they take effect at once; throws a Problem. */
export function changeServer(etag: string, change: ServerChange, { reason, confirmSeconds }: Terms): Promise<ConfigChange> {
  return patch(etag, { ...change, reason, confirm_seconds: confirmSeconds });
}

/** Makes fail2ban open its log anew; throws a Problem. */
export async function flushLogs(): Promise<void> {
  await take(api.POST('/api/v1/hosts/{host}/server/flush-logs', onHost));
}

/** Restarts fail2ban and waits until jails and bans are back; throws a Problem. */
export function restartServer(loseBans: boolean) {
  return take(api.POST('/api/v1/hosts/{host}/server/restart', { ...onHost, body: { lose_bans: loseBans } }));
}

/** Puts back what was there before a change that fail2ban fell over; throws a Problem. */
export async function putBackChange(change: string): Promise<void> {
  await take(api.POST('/api/v1/hosts/{host}/server/put-back', { ...onHost, body: { change } }));
}

/** fail2ban's levels, the most urgent first. */
export const logLevels = ['CRITICAL', 'ERROR', 'WARNING', 'NOTICE', 'INFO', 'DEBUG'] as const;

export type LogLevel = (typeof logLevels)[number];

/** What the log is narrowed to; '' = not narrowed. */
export interface LogFilter {
  level: '' | LogLevel;
  text: string;
  jail: string;
}

/** A part of fail2ban's log: what is before or after a place, else the newest; throws a Problem. */
export function serverLog(
  { level, text, jail }: LogFilter,
  place: { before?: string; after?: string },
  signal: AbortSignal,
): Promise<ServerLog> {
  const query = { level: level || undefined, text: text || undefined, jail: jail || undefined, limit: 200, ...place };
  return take(api.GET('/api/v1/hosts/{host}/server/log', { params: { path: { host }, query }, signal }));
}
