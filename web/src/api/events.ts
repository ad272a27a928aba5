import type { Host } from './types';

/** A recorded or live happening, as the event stream tells it. */
export interface HostEvent {
  /** Null for those that are told and not kept. */
  id: string | null;
  kind: 'ban' | 'unban' | 'found' | 'jail' | 'host' | 'notice' | 'lease' | 'job';
  at: string;
  host: string;
  jail: string | null;
  address: string | null;
  banned_at: string | null;
  ban_seconds: number | null;
  expires_at: string | null;
  ban_count: number | null;
  failures: number | null;
  restored: boolean;
  origin: 'fail2ban' | 'manual' | null;
  actor: string | null;
  reason: string | null;
  end_reason: string | null;
  state: string | null;
  detail: string | null;
  /** How many happenings this one stands for. */
  count: number;
}

/** Counters of a host and its jails, as of a moment. */
export interface Counters {
  host: string;
  as_of: string;
  state: Host['state'];
  totals: Host['totals'];
  jails: {
    name: string;
    state: 'running' | 'idle' | 'stopped';
    currently_banned: number;
    total_banned: number;
    currently_failed: number;
    total_failed: number;
  }[];
}

/** What came since the last look, in order; of the counters only the newest. */
export interface Batch {
  events: HostEvent[];
  counters: Counters | undefined;
}

const kinds = ['ban', 'unban', 'found', 'jail', 'host', 'notice', 'lease', 'job'] as const;
export const eventKinds: readonly HostEvent['kind'][] = kinds;

/** Reads one message; undefined for what this page does not understand. */
export function readMessage(data: unknown): Record<string, unknown> | undefined {
  if (typeof data !== 'string') return undefined;
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
