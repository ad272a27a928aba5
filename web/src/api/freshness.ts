import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useNow } from '../lib/clock';
import { type Problem, problemOf } from '../lib/problem';
import { useStore } from '../lib/store';
import { hostQuery } from './queries';
import { live } from './source';
import type { Host } from './types';

/** How much of what the page shows can be relied on. */
export interface Freshness {
  host: Host | undefined;
  /** Why the host could not be asked for at all. */
  error: unknown;
  /** Whether our own server answers. */
  console: 'ok' | 'lost';
  /** True where what is shown is from before now: see asOf. */
  stale: boolean;
  /** When fail2ban last answered; null = never, as far as this page knows. */
  asOf: string | null;
}

// The page asks each 10 s; a fail2ban that was not heard for longer is not "now".
const staleAfterMs = 20_000;

/** Follows how fresh the page is. Nothing may look fresher than this says. */
export function useFreshness(): Freshness {
  const { data, isError, error, refetch } = useQuery(hostQuery);
  const stream = useStore(live.state);
  useEffect(() => {
    if (stream === 'lost') void refetch(); // what is away is told at once, not at the next turn
  }, [stream, refetch]);
  const now = useNow();
  return judge(data, isError ? error : null, stream === 'lost', now);
}

/** Whether a problem is an answer of our server, and not of the network or a proxy. */
function fromUs({ status, code }: Problem): boolean {
  return status !== 0 && code !== 'unexpected_answer';
}

/** The rule behind useFreshness. */
export function judge(host: Host | undefined, error: unknown, streamLost: boolean, now: number): Freshness {
  const unheard = error !== null && !fromUs(problemOf(error));
  const lost = unheard || (streamLost && host === undefined);
  const asOf = host?.as_of ?? null;
  const old = asOf !== null && now - Date.parse(asOf) > staleAfterMs;
  const away = host?.state === 'unreachable';
  return { host, error, console: lost ? 'lost' : 'ok', stale: host !== undefined && (error !== null || lost || away || old), asOf };
}
