import { useSyncExternalStore } from 'react';

/**
 * The server's clock as this page knows it: ages and remaining times must not
 * depend on whether the reader's own clock is right.
 */
let offsetMs = 0;

/** Takes the Date header of an answer (whole seconds) that was asked for at sentAt. */
export function learnServerTime(dateHeader: string | null, sentAt: number, receivedAt: number): void {
  const server = dateHeader === null ? Number.NaN : Date.parse(dateHeader);
  if (Number.isNaN(server) || receivedAt - sentAt > 2000) return;
  const estimate = server + 500 - (sentAt + receivedAt) / 2;
  // Within its own precision of a second the header can't correct anything.
  if (Math.abs(estimate - offsetMs) > 1500) offsetMs = estimate;
}

/** Now by the server's clock, in milliseconds since 1970. */
export function serverNow(): number {
  return Date.now() + offsetMs;
}

function ticker(everyMs: number) {
  const listeners = new Set<() => void>();
  let timer: ReturnType<typeof setInterval> | undefined;
  let now = serverNow();
  return {
    now: () => now,
    subscribe(listener: () => void) {
      listeners.add(listener);
      now = serverNow();
      timer ??= setInterval(() => {
        now = serverNow();
        for (const each of listeners) each();
      }, everyMs);
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        clearInterval(timer);
        timer = undefined;
      };
    },
  };
}

const seconds = ticker(1000);
const tens = ticker(10_000);

/** The server's time for what ends then: each second in the last minutes before it. */
export function useCountdown(ends: string | null): number {
  const now = useNow();
  const near = ends !== null && Math.abs(Date.parse(ends) - now) < 120_000;
  return Math.max(now, useNow(near ? 'second' : 'slow'));
}

/** The server's time, again each second ('second') or each ten ('slow'). */
export function useNow(pace: 'second' | 'slow' = 'slow'): number {
  const source = pace === 'second' ? seconds : tens;
  return useSyncExternalStore(source.subscribe, source.now);
}
