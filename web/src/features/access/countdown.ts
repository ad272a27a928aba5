import { useCallback, useEffect, useState } from 'react';
import { problemOf } from '@/lib/problem';
import { number } from '@/lib/time';

/** Seconds until one may try again, counted down; starts with an answer that says how long. */
export function useCountdown(): { left: number; startFrom: (error: unknown) => void } {
  const [until, setUntil] = useState(0);
  const [left, setLeft] = useState(0);
  useEffect(() => {
    if (until === 0) return;
    const count = () => {
      const rest = Math.max(0, Math.ceil((until - performance.now()) / 1000));
      setLeft(rest);
      if (rest === 0) setUntil(0);
    };
    count();
    const timer = setInterval(count, 250);
    return () => clearInterval(timer);
  }, [until]);
  const startFrom = useCallback((error: unknown) => {
    const { retryAfter } = problemOf(error);
    if (retryAfter > 0) setUntil(performance.now() + retryAfter * 1000);
  }, []);
  return { left, startFrom };
}

/** Seconds as on a clock: 0:09, 12:30. */
export function clockOf(seconds: number): string {
  const rest = number(seconds % 60, { minimumIntegerDigits: 2 });
  return `${number(Math.floor(seconds / 60))}:${rest}`;
}
