import { useNow } from '../lib/clock';
import { fullTime, relativeTime, shortTime } from '../lib/time';

/** A moment: how long ago, or as a time of day; in full where the pointer rests on it. */
export function When({ at, as = 'age' }: { at: string; as?: 'age' | 'clock' }) {
  const now = useNow();
  return (
    <time dateTime={at} title={fullTime(at)} className="whitespace-nowrap">
      {as === 'clock' ? shortTime(at, now) : relativeTime(at, now)}
    </time>
  );
}
