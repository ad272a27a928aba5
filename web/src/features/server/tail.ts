import { useCallback, useEffect, useRef, useState } from 'react';
import { type LogFilter, serverLog } from '@/api/server';
import type { ServerLog, ServerLogLine } from '@/api/types';

const followMs = 2000;
/** So many messages are kept; the oldest go first. */
export const maxKept = 2000;

/** A message with a name for lists. */
export interface Line extends ServerLogLine {
  key: number;
}

/** What of the log is in sight. */
export interface Tail {
  at: string;
  lines: Line[];
  /** Where what is older begins; null = there is nothing older, or it was let go. */
  older: string | null;
  newer: string | undefined;
  /** The file with which the log begins, where nothing older is to be had; null in the journal. early: there is more before it. */
  endsIn: string | null;
  early: boolean;
  /** Messages were let go from the start, because there were too many. */
  dropped: boolean;
  /** Messages are missing: the log was rotated or cut while it was followed. */
  missed: boolean;
}

let lastKey = 0;

function named(items: readonly ServerLogLine[]): Line[] {
  return items.map((item) => {
    lastKey += 1;
    return { ...item, key: lastKey };
  });
}

export function begun(page: ServerLog): Tail {
  const { at, older, ends_in: endsIn, ends_early: early } = page;
  return { at, lines: named(page.items), older, newer: page.newer ?? undefined, endsIn, early, dropped: false, missed: false };
}

/** The tail with what came behind it. */
export function withNewer(tail: Tail, page: ServerLog): Tail {
  const lines = [...tail.lines, ...named(page.items)];
  const dropped = lines.length > maxKept;
  return {
    ...tail,
    lines: lines.slice(-maxKept),
    older: dropped ? null : tail.older,
    dropped: tail.dropped || dropped,
    newer: page.newer ?? tail.newer,
    missed: tail.missed || page.missed,
  };
}

/** The tail with what is before it; what would be too much is not asked for. */
export function withOlder(tail: Tail, page: ServerLog): Tail {
  return {
    ...tail,
    lines: [...named(page.items), ...tail.lines],
    older: page.older,
    endsIn: page.ends_in,
    early: page.ends_early,
    missed: tail.missed || page.missed,
  };
}

export function mayGrow(tail: Tail): boolean {
  return tail.older !== null && tail.lines.length < maxKept;
}

/** Follows the log while it is followed and the page is in sight. */
export function useTail(filter: LogFilter, following: boolean) {
  const { level, text, jail } = filter;
  const [tail, setTail] = useState<Tail>();
  const [error, setError] = useState<unknown>();
  const [turn, setTurn] = useState(0);
  const now = useRef<Tail>(undefined);
  now.current = tail;
  const again = useCallback(() => setTurn((n) => n + 1), []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a turn asks again
  useEffect(() => {
    const stop = new AbortController();
    setError(undefined);
    serverLog({ level, text, jail }, {}, stop.signal).then(
      (page) => !stop.signal.aborted && setTail(begun(page)),
      (cause: unknown) => {
        if (stop.signal.aborted) return;
        setTail(undefined);
        setError(cause);
      },
    );
    return () => stop.abort();
  }, [level, text, jail, turn]);

  const began = tail !== undefined;
  useEffect(() => {
    if (!following || !began) return;
    const stop = new AbortController();
    let asking = false;
    const look = async () => {
      const after = now.current?.newer;
      if (asking || document.hidden || after === undefined) return;
      asking = true;
      try {
        const page = await serverLog({ level, text, jail }, { after }, stop.signal);
        setTail((old) => (old?.newer === after ? withNewer(old, page) : old));
        setError(undefined);
      } catch (cause) {
        if (!stop.signal.aborted) setError(cause);
      } finally {
        asking = false;
      }
    };
    const timer = setInterval(() => void look(), followMs);
    return () => {
      clearInterval(timer);
      stop.abort();
    };
  }, [level, text, jail, following, began]);

  const older = useCallback(async () => {
    const from = now.current;
    if (from === undefined || from.older === null) return;
    try {
      const page = await serverLog({ level, text, jail }, { before: from.older }, AbortSignal.timeout(15_000));
      setTail((old) => (old?.older === from.older ? withOlder(old, page) : old));
    } catch (cause) {
      setError(cause);
    }
  }, [level, text, jail]);
  return { tail, error, again, older };
}
