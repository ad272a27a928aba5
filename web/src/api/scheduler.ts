import { useQuery } from '@tanstack/react-query';
import { useNow } from '../lib/clock';
import { leaseQuery } from './queries';
import type { Lease } from './types';

/** What is known about who does the background jobs, and how old that is. */
export interface Scheduler {
  /** 'unknown' = it can't be said now; 'asking' = nothing has come yet. */
  state: Lease['state'] | 'unknown' | 'asking';
  /** The newest answer, however old. */
  lease: Lease | undefined;
  /** Since that answer, in seconds. */
  ageSeconds: number;
  error: unknown;
}

// The page asks each 10 s, and at once when it hears of a change.
const staleAfterSeconds = 30;

/** The rule behind useScheduler: nobody is said to lead for longer than the answer vouched for it. */
export function judgeScheduler(lease: Lease | undefined, error: unknown, ageSeconds: number): Scheduler {
  if (lease === undefined) return { state: error === null ? 'asking' : 'unknown', lease, ageSeconds: 0, error };
  const vouched = vouchedSeconds(lease);
  const old = error !== null || ageSeconds > staleAfterSeconds || ageSeconds > vouched;
  return { state: old ? 'unknown' : lease.state, lease, ageSeconds, error };
}

function vouchedSeconds({ state, trust_left_seconds, beat_age_seconds, ttl_seconds }: Lease): number {
  if (state === 'leader') return trust_left_seconds;
  return state === 'standby' && beat_age_seconds !== null ? ttl_seconds - beat_age_seconds : staleAfterSeconds;
}

/** Follows who does the background jobs. */
export function useScheduler(pace: 'second' | 'slow' = 'slow'): Scheduler {
  const { data, isError, error, dataUpdatedAt } = useQuery(leaseQuery);
  useNow(pace);
  return judgeScheduler(data, isError ? error : null, Math.max(0, Date.now() - dataUpdatedAt) / 1000);
}

/** For how long nobody has led, in seconds; undefined where it isn't known. */
export function nobodyFor({ lease, ageSeconds }: Scheduler, now: number): number | undefined {
  if (lease === undefined) return undefined;
  if (lease.beat_age_seconds !== null) return lease.beat_age_seconds + ageSeconds;
  const [last] = lease.recent;
  if (last === undefined) return undefined;
  // It was written by the database's clock, which may not be the console's.
  return Math.max(0, (now - Date.parse(last.at)) / 1000 - (lease.clock_skew_seconds ?? 0));
}
