import { plural, t } from '@lingui/core/macro';
import { visible } from '../lib/plain';
import { fullTime } from '../lib/time';
import { classes } from './classes';

/** A time of which bans may be missing. */
export interface MissingTime {
  id: string;
  from: string;
  to: string;
  why: string;
}

const mostShown = 20;

/** Says of which times bans may be missing; nothing where there are none. */
export function GapNote({ gaps, className }: { gaps: readonly MissingTime[]; className?: string }) {
  const rest = gaps.length - mostShown;
  if (gaps.length === 0) return null;
  return (
    <details className={classes('rounded-md bg-warn-soft px-4 py-2 text-sm text-warn', className)}>
      <summary className="cursor-pointer">
        {plural(gaps.length, {
          one: 'Bans may be missing here: there is # gap in this period.',
          other: 'Bans may be missing here: there are # gaps in this period.',
        })}
      </summary>
      <ul className="flex max-h-40 flex-col gap-1 overflow-y-auto pt-2">
        {gaps.slice(0, mostShown).map(({ id, from, to, why }) => (
          <li key={id} className="wrap-anywhere">
            {t`${fullTime(from)} to ${fullTime(to)}: ${visible(why)}`}
          </li>
        ))}
        {rest > 0 && <li>{plural(rest, { one: 'and # more', other: 'and # more' })}</li>}
      </ul>
    </details>
  );
}
