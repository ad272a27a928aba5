import { t } from '@lingui/core/macro';
import { lengthOf } from '@/api/ends';
import type { Ban } from '@/api/types';
import { endInWords, endsInWords, originInWords } from '@/api/words';
import { useCountdown, useNow } from '@/lib/clock';
import { duration, expiry, fullTime, number, shortTime } from '@/lib/time';
import type { Column } from '@/ui/grid/row';
import { AddressLink, JailLink } from '@/ui/links';
import { OwnEnd } from '@/ui/own-end';

/** How a ban that ended since the list was asked for ended; undefined for the others. */
export type Ended = (ban: Ban) => string | undefined;

function Since({ at }: { at: string }) {
  const now = useNow();
  return (
    <time dateTime={at} title={fullTime(at)}>
      {shortTime(at, now)}
    </time>
  );
}

/** When it ends or how it ended; a bar shows how much of the time is left. Without a head above it, it says what it tells. */
function Until({ ban, ended, headless }: { ban: Ban; ended: string | undefined; headless?: boolean }) {
  const now = useCountdown(ended === undefined && ban.ended_at === null ? ban.expires_at : null);
  if (ended !== undefined) return endInWords(ended);
  if (ban.ended_at !== null) {
    return <span title={fullTime(ban.ended_at)}>{`${endInWords(ban.end_reason)}, ${shortTime(ban.ended_at, now)}`}</span>;
  }
  const left = share(ban, now);
  return (
    <span className="flex items-center gap-2" title={ban.expires_at === null ? undefined : fullTime(ban.expires_at)}>
      {left !== undefined && !ban.own_end && (
        <span className="h-1 w-10 shrink-0 overflow-hidden rounded-full bg-line max-md:hidden" aria-hidden>
          <span className="block h-full bg-series-1" style={{ width: `${100 * left}%` }} />
        </span>
      )}
      {headless ? endsInWords(ban, now) : expiry(ban.expires_at, ban.ban_seconds, now)}
      {ban.own_end && <OwnEnd />}
    </span>
  );
}

function share(ban: Ban, now: number): number | undefined {
  const length = lengthOf(ban);
  if (ban.expires_at === null || length <= 0) return undefined;
  return Math.min(1, Math.max(0, (Date.parse(ban.expires_at) - now) / 1000 / length));
}

/** The columns of the list of bans. */
export function banColumns(ended: Ended): Column<Ban>[] {
  return [
    {
      id: 'address',
      header: t`Address`,
      width: 'minmax(236px, 1.2fr)',
      cell: ({ address }, tabIndex) => <AddressLink address={address} tabIndex={tabIndex} />,
    },
    {
      id: 'jail',
      header: t`Jail`,
      width: 'minmax(124px, 0.8fr)',
      cell: ({ jail }, tabIndex) => <JailLink jail={jail} tabIndex={tabIndex} />,
    },
    {
      id: 'failures',
      header: t({ message: 'Failures', context: 'narrow column' }),
      width: '68px',
      align: 'end',
      cell: ({ failures }) => (failures === null ? <span className="text-muted">–</span> : number(failures)),
    },
    { id: 'banned', header: t`Banned`, width: '92px', cell: ({ banned_at }) => <Since at={banned_at} /> },
    {
      id: 'lasts',
      header: t`Lasts`,
      width: '76px',
      cell: (ban) => duration(lengthOf(ban)),
    },
    { id: 'ends', header: t`Ends`, width: 'minmax(168px, 1fr)', cell: (ban) => <Until ban={ban} ended={ended(ban)} /> },
    {
      id: 'why',
      header: t`By`,
      width: 'minmax(70px, 1fr)',
      cell: (ban) => (
        <span className={ban.origin === 'fail2ban' ? 'text-muted' : ''} title={originInWords(ban)}>
          {originInWords(ban)}
        </span>
      ),
    },
  ];
}

/** On phones a ban is a card of two lines. */
export function banCard(ended: Ended): Column<Ban>[] {
  return [
    {
      id: 'card',
      header: t`Bans`,
      width: 'minmax(0, 1fr)',
      cell: (ban, tabIndex) => (
        <div className="flex flex-col gap-0.5">
          <div className="flex items-center justify-between gap-2">
            <AddressLink address={ban.address} tabIndex={tabIndex} max={24} />
            <JailLink jail={ban.jail} tabIndex={tabIndex} />
          </div>
          <div className="flex justify-between gap-2 text-xs text-muted">
            <span>
              {t({ message: 'banned', context: 'before a time' })} <Since at={ban.banned_at} />
            </span>
            <Until ban={ban} ended={ended(ban)} headless />
          </div>
        </div>
      ),
    },
  ];
}
