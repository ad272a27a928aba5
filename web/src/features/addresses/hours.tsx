import { t } from '@lingui/core/macro';

/** At which hours of the day the bans began, as a strip; in UTC, as they are counted. */
export function Hours({ bans }: { bans: readonly number[] }) {
  const most = Math.max(1, ...bans);
  const busy = bans.indexOf(Math.max(...bans));
  const label = t`Bans by hour of the day (UTC), most at ${busy} o'clock`;
  return (
    <figure className="flex flex-col gap-1">
      <div role="img" aria-label={label} className="flex h-8 items-end gap-px">
        {bans.map((count, hour) => (
          <span
            // biome-ignore lint/suspicious/noArrayIndexKey: an hour is its place
            key={hour}
            title={`${hour}:00 UTC: ${count}`}
            className={count === 0 ? 'w-2 bg-line' : 'w-2 rounded-t-sm bg-series-1'}
            style={{ height: count === 0 ? 2 : `${Math.max(12, (100 * count) / most)}%` }}
          />
        ))}
      </div>
      <figcaption className="flex justify-between text-xs text-muted">
        <span>0</span>
        <span>{t`hour (UTC)`}</span>
        <span>23</span>
      </figcaption>
    </figure>
  );
}
