import { t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ChevronDown } from 'lucide-react';
import { useMay } from '@/api/access';
import { jailQuery, jailsQuery } from '@/api/queries';
import type { Jail, JailDetail } from '@/api/types';
import { closesInWords } from '@/api/words';
import { visible } from '@/lib/plain';
import { problemOf } from '@/lib/problem';
import { number } from '@/lib/time';
import { Button } from '@/ui/button';
import { Menu } from '@/ui/menu';
import { PageTitle } from '@/ui/page';
import { Bars, Empty, Failure } from '@/ui/states';
import { JailState } from './columns';
import { ManualJailCard } from './manual-jail';
import { JailOptions } from './options';
import { useSteering } from './steer';

/** One jail: what it does now, what it waits for, what a ban in it closes. */
export function JailPage({ name }: { name: string }) {
  const detail = useQuery(jailQuery(name));
  // The list is live; the options are asked for once.
  const jail = useQuery(jailsQuery).data?.find((j) => j.name === name) ?? detail.data;
  const maySteer = useMay('steer');
  const { entries, dialog } = useSteering();
  const missing = detail.isError && problemOf(detail.error).code === 'jail_not_found' && jail === undefined;
  return (
    <>
      <PageTitle
        width="text"
        name={visible(name)}
        title={<span className="wrap-anywhere">{visible(name)}</span>}
        count={jail && <JailState state={jail.state} />}
      >
        {jail !== undefined && maySteer && (
          <Menu
            entries={entries(jail)}
            trigger={
              <Button>
                {t`Actions`}
                <ChevronDown aria-hidden />
              </Button>
            }
          />
        )}
      </PageTitle>
      <div className="flex max-w-[1200px] flex-col gap-4 px-6 pb-8 max-md:px-4">
        {missing ? (
          <Empty
            action={<Link to="/jails" className="text-accent underline">{t`All jails`}</Link>}
          >{t`fail2ban has no jail of that name now.`}</Empty>
        ) : (
          <>
            {jail !== undefined && <Counters jail={jail} />}
            {jail !== undefined && <p className="px-1 text-sm text-muted">{t`A ban here closes ${closesInWords(jail.closes)}.`}</p>}
            {detail.data !== undefined ? (
              <JailOptions jail={withLive(detail.data, jail)} />
            ) : detail.isError ? (
              <Failure error={detail.error} retry={() => void detail.refetch()} />
            ) : (
              <Bars lines={10} />
            )}
            {jail?.ours && <ManualJailCard />}
          </>
        )}
      </div>
      {dialog}
    </>
  );
}

function withLive(detail: JailDetail, jail: Jail | undefined): JailDetail {
  return jail === undefined ? detail : { ...detail, state: jail.state };
}

function Counters({ jail }: { jail: Jail }) {
  const figures = [
    { name: t`Banned now`, value: jail.currently_banned, link: true },
    { name: t`Banned since it started`, value: jail.total_banned },
    { name: t`Failures being counted`, value: jail.currently_failed },
    { name: t`Failures since it started`, value: jail.total_failed },
  ];
  return (
    <dl className="grid grid-cols-2 overflow-hidden rounded-lg border border-line bg-line xl:grid-cols-4" style={{ gap: 1 }}>
      {figures.map(({ name, value, link }) => (
        <div key={name} className="flex flex-col gap-0.5 bg-surface px-4 py-3">
          <dt className="text-sm text-muted">{name}</dt>
          <dd className="text-2xl font-semibold tracking-tight">
            {link ? (
              <Link to="/bans" search={{ jail: jail.name }} className="text-accent hover:underline">
                {number(value)}
              </Link>
            ) : (
              number(value)
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}
