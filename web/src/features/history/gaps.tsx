import { plural, t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { gapsQuery, type HistoryFilter } from '@/api/queries';
import { visible } from '@/lib/plain';
import { fullTime } from '@/lib/time';
import { gapsWithin } from './view';

const mostShown = 20;

/** Says of which times in the period bans may be missing; nothing where there are none. */
export function Gaps({ filter }: { filter: HistoryFilter }) {
  const gaps = gapsWithin(useQuery(gapsQuery).data ?? [], filter);
  const rest = gaps.length - mostShown;
  if (gaps.length === 0) return null;
  return (
    <details className="mx-6 mb-3 rounded-md bg-warn-soft px-4 py-2 text-sm text-warn max-md:mx-4">
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
