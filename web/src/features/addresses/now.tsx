import { t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { useMay } from '@/api/access';
import { lengthOf } from '@/api/ends';
import { jailsQuery } from '@/api/queries';
import type { Ban } from '@/api/types';
import { closesInWords } from '@/api/words';
import { useCountdown } from '@/lib/clock';
import { visible } from '@/lib/plain';
import { ask } from '@/lib/requests';
import { expiry, forHowLong, fullTime, number, shortTime } from '@/lib/time';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { AddressLink, JailLink } from '@/ui/links';
import { OwnEnd } from '@/ui/own-end';

/** The bans that hold now: its own, and those of networks that contain it. */
export function NowCard({ bans, coveredBy }: { bans: Ban[]; coveredBy: Ban[] }) {
  return (
    <Card title={t`Banned now`} flush>
      <ul className="divide-y divide-line">
        {bans.map((ban) => (
          <Line key={ban.id} ban={ban} />
        ))}
        {coveredBy.map((ban) => (
          <Line key={ban.id} ban={ban} network />
        ))}
      </ul>
    </Card>
  );
}

function Line({ ban, network }: { ban: Ban; network?: boolean }) {
  const now = useCountdown(ban.expires_at);
  const mayBan = useMay('ban');
  const jail = useQuery(jailsQuery).data?.find((j) => j.name === ban.jail);
  const by = ban.origin === 'manual' ? (ban.actor === null ? t`by hand` : t`by ${visible(ban.actor)}`) : t`by fail2ban`;
  return (
    <li className="flex flex-wrap items-center gap-x-6 gap-y-1 px-4 py-3 text-sm">
      <span className="flex md:min-w-32 items-center gap-2">
        <JailLink jail={ban.jail} />
        {network && <AddressLink address={ban.address} />}
      </span>
      <span title={fullTime(ban.banned_at)}>{t`since ${shortTime(ban.banned_at, now)}`}</span>
      <span title={ban.expires_at === null ? undefined : fullTime(ban.expires_at)}>
        {forHowLong(lengthOf(ban))}
        {ban.expires_at !== null && `, ${t`ends ${expiry(ban.expires_at, ban.ban_seconds, now)}`}`}
      </span>
      {ban.own_end && <OwnEnd />}
      {ban.failures !== null && <span className="text-muted">{t`after ${number(ban.failures)} failures`}</span>}
      <span className="text-muted">
        {by}
        {ban.reason !== null && `: ${visible(ban.reason)}`}
      </span>
      {jail !== undefined && <span className="text-muted">{t`closes ${closesInWords(jail.closes)}`}</span>}
      {mayBan && (
        <Button size="small" className="ml-auto" onClick={() => ask('unban', { bans: [ban] })}>
          {network ? t`Unban the network` : t`Unban`}
        </Button>
      )}
    </li>
  );
}
