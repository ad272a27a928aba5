import { t } from '@lingui/core/macro';
import type { StatsTrend } from '@/api/types';
import { number } from '@/lib/time';
import type { Part } from './trend';
import { barInWords } from './words';

const head = 'sticky top-0 bg-surface px-3 py-1.5 text-right text-xs font-medium whitespace-nowrap text-muted first:text-left';
const cell = 'px-3 py-1 text-right first:text-left whitespace-nowrap';

/** The chart as a table, newest on top: the same numbers for who can't see or use it. */
export function TrendTable({ trend, parts }: { trend: StatsTrend; parts: readonly Part[] }) {
  const rows = (trend.points ?? []).map((point, index) => ({ ...point, index })).toReversed();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls must be reachable by keys
    <section tabIndex={0} aria-label={t`Bans over time, as a table`} className="max-h-[292px] overflow-auto">
      <table className="w-full text-sm">
        <thead>
          <tr>
            <th className={head}>{t`Time`}</th>
            <th className={head}>{t`Bans`}</th>
            {parts.length > 1 &&
              parts.map(({ jail, name }) => (
                <th key={jail ?? ''} className={head}>
                  {name}
                </th>
              ))}
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {rows.map(({ at, bans, index }) => (
            <tr key={at}>
              <td className={cell}>{barInWords(Date.parse(at), trend.bucket)}</td>
              <td className={`${cell} font-medium`}>{number(bans)}</td>
              {parts.length > 1 &&
                parts.map((part) => (
                  <td key={part.jail ?? ''} className={cell}>
                    {number(part.bans[index] ?? 0)}
                  </td>
                ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
