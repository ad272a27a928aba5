import { plural, t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { lengthOf } from '@/api/ends';
import { placeInWords } from '@/api/places';
import { banQueryById } from '@/api/queries';
import type { BanWithMatches } from '@/api/types';
import { originInWords } from '@/api/words';
import { useNow } from '@/lib/clock';
import { visible } from '@/lib/plain';
import { duration, fullTime, number } from '@/lib/time';
import { Dialog } from '@/ui/dialog';
import { Facts } from '@/ui/facts';
import { AddressLink, JailLink } from '@/ui/links';
import { LogLines } from '@/ui/log-lines';
import { Bars, Failure } from '@/ui/states';
import { endingInWords } from './words';

/** One ban with the log lines behind it. */
export function BanDetail({ id, onClose }: { id: string; onClose: () => void }) {
  const query = useQuery(banQueryById(id));
  const { data } = query;
  return (
    <Dialog open wide onClose={onClose} title={data === undefined ? t`Ban` : t`Ban of ${visible(data.address)}`}>
      {data !== undefined ? (
        <Known ban={data} />
      ) : query.isError ? (
        <Failure error={query.error} retry={() => void query.refetch()} />
      ) : (
        <Bars lines={7} />
      )}
    </Dialog>
  );
}

function Known({ ban }: { ban: BanWithMatches }) {
  const now = useNow();
  const { address, jail, banned_at, ended_at, failures, ban_count, matches } = ban;
  const facts: [string, ReactNode][] = [
    [t`Address`, <AddressLink key="address" address={address} max={60} />],
    [t`From`, placeInWords({ ...ban, city: null, special: null }) || t`not known`],
    [t`Jail`, <JailLink key="jail" jail={jail} />],
    [t`Banned`, fullTime(banned_at)],
    [t`Lasts`, duration(lengthOf(ban))],
    [t({ message: 'End', context: 'of a ban' }), endingInWords(ban, now)],
    [t`By`, originInWords(ban)],
  ];
  if (ended_at !== null) facts.push([t`Ended`, fullTime(ended_at)]);
  if (failures !== null) facts.push([t`Failures`, number(failures)]);
  if (ban_count !== null && ban_count > 1) facts.push([t`How often`, plural(ban_count, { one: '# time', other: '# times' })]);
  return (
    <div className="flex flex-col gap-5">
      <Facts facts={facts} />
      <section aria-label={t`Log lines that caused it`} className="flex flex-col gap-2">
        <h3 className="text-sm font-semibold">{t`Log lines that caused it`}</h3>
        {matches.length > 0 ? (
          <LogLines lines={matches} />
        ) : (
          <p className="text-sm text-muted">{t`No log line is known: it was banned by hand or by a script, or fail2ban kept none.`}</p>
        )}
      </section>
    </div>
  );
}
