import { plural, t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { timelineQuery } from '@/api/stats';
import type { Timeline } from '@/api/types';
import { number } from '@/lib/time';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { JailLink } from '@/ui/links';
import { Bars, Failure } from '@/ui/states';
import { When } from '@/ui/when';
import { Hours } from './hours';
import { Past } from './past';
import { patternInWords } from './words';

const shownBans = 8;

/** When and why an address was banned, over all that BanGUI remembers; nothing for one that never was. */
export function TimelineCard({ address }: { address: string }) {
  const query = useQuery(timelineQuery(address));
  const { data } = query;
  if (data === null) return null;
  return (
    <Card title={t`Timeline`} flush aside={data !== undefined && <ToHistory address={data.address} />}>
      {data !== undefined ? (
        <Told timeline={data} />
      ) : query.isError ? (
        <Failure inset error={query.error} retry={() => void query.refetch()} />
      ) : (
        <Bars lines={5} className="p-4" />
      )}
    </Card>
  );
}

function ToHistory({ address }: { address: string }) {
  return (
    <Link to="/history" search={{ q: address }} className="pr-2 text-sm text-accent underline">
      {t`All of it in the history`}
    </Link>
  );
}

function Told({ timeline }: { timeline: Timeline }) {
  const [all, setAll] = useState(false);
  const bans = timeline.bans ?? [];
  const gone = timeline.bans_ever - bans.length;
  return (
    <>
      <Summary timeline={timeline} />
      <ol className="flex flex-col border-t border-line py-2">
        {(all ? bans : bans.slice(0, shownBans)).map((ban, index) => (
          <Past key={ban.id} ban={ban} open={index === 0} />
        ))}
      </ol>
      {!all && bans.length > shownBans && (
        <div className="px-4 pb-3">
          <Button size="small" onClick={() => setAll(true)}>
            {plural(bans.length - shownBans, { one: 'Show # more ban', other: 'Show # more bans' })}
          </Button>
        </div>
      )}
      {gone > 0 && (
        <p className="border-t border-line px-4 py-2 text-sm text-muted">
          {plural(gone, {
            one: '# older ban is not shown here: it is in the history, or was removed for its age.',
            other: '# older bans are not shown here: they are in the history, or were removed for their age.',
          })}
        </p>
      )}
    </>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex flex-col gap-0.5">
      <dt className="text-xs text-muted">{name}</dt>
      <dd className="text-sm font-medium">{children}</dd>
    </div>
  );
}

/** First, last, how often, and whether there is a pattern in it. */
function Summary({ timeline }: { timeline: Timeline }) {
  const jails = timeline.jails ?? [];
  const failures = jails.reduce((sum, jail) => sum + jail.failures, 0);
  const pattern = patternInWords(timeline.pattern);
  return (
    <div className="flex flex-col gap-4 p-4">
      <dl className="flex flex-wrap gap-x-8 gap-y-3">
        <Fact name={t`First banned`}>
          <When at={timeline.first_seen} as="clock" />
        </Fact>
        <Fact name={t`Last banned`}>
          <When at={timeline.last_seen} as="clock" />
        </Fact>
        <Fact name={t`Bans`}>{number(timeline.bans_ever)}</Fact>
        {failures > 0 && <Fact name={t`Failures`}>{number(failures)}</Fact>}
      </dl>
      <ul className="flex flex-wrap items-center gap-x-5 gap-y-1.5 text-sm">
        {jails.map(({ host, jail, bans, failures: failed, active }) => (
          <li key={`${host} ${jail}`} className="flex items-center gap-2">
            <JailLink jail={jail} />
            <span>{plural(bans, { one: '# ban', other: '# bans' })}</span>
            {failed > 0 && <span className="text-muted">{plural(failed, { one: '# failure', other: '# failures' })}</span>}
            {active && <span className="text-accent-text">{t`banned now`}</span>}
          </li>
        ))}
      </ul>
      {pattern !== '' && (
        <div className="flex flex-wrap items-end gap-x-6 gap-y-2">
          <p className="max-w-xl text-sm">{pattern}</p>
          <Hours bans={timeline.pattern.hours ?? []} />
        </div>
      )}
    </div>
  );
}
