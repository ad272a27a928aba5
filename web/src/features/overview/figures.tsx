import { t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { Link, type LinkProps } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { statsQuery } from '@/api/stats';
import type { Host, Jail, StatsOverview } from '@/api/types';
import { fullTime, number } from '@/lib/time';
import { classes } from '@/ui/classes';
import { isNarrowed, type OverviewView, toFilter, toHistory } from './view';
import { changeInWords } from './words';

interface FigureProps {
  name: string;
  value: ReactNode;
  note: string;
  title?: string;
  to: LinkProps['to'];
  search?: Record<string, string>;
}

function Figure({ name, value, note, title, to, search }: FigureProps) {
  return (
    <Link
      to={to as '/bans'}
      search={search}
      title={title}
      className="flex flex-col gap-0.5 rounded-lg border border-line bg-surface px-4 py-3 hover:border-line-strong hover:bg-hover"
    >
      <span className="text-sm text-muted">{name}</span>
      <span className="text-2xl font-semibold tracking-tight">{value}</span>
      <span className="text-xs text-muted">{note}</span>
    </Link>
  );
}

const row = 'grid grid-cols-2 gap-3 md:grid-cols-3 xl:grid-cols-5';

/** The figures of the host and of the chosen time; each leads to the list behind it. */
export function Figures({ host, jails, view }: { host: Host | undefined; jails: Jail[] | undefined; view: OverviewView }) {
  const stats = useQuery(statsQuery(toFilter(view)));
  if (host === undefined) return <FigureShapes />;
  const { currently_banned, currently_failed } = host.totals;
  const running = jails?.filter((j) => j.state === 'running').length;
  const narrow = isNarrowed(view);
  const { range: _, from: __, to: ___, ...what } = toHistory(view);
  return (
    <div className={classes(row, stats.isPlaceholderData && 'opacity-60')}>
      <Figure
        name={t`Active bans`}
        value={narrow ? counted(stats.data?.active) : number(currently_banned)}
        note={narrow ? t`of this filter, now` : t`held by fail2ban now`}
        to={narrow ? '/history' : '/bans'}
        search={narrow ? { ...what, state: 'active' } : undefined}
      />
      <Period stats={stats.data} failed={stats.isError} view={view} />
      <Figure name={t`Failures now`} value={number(currently_failed)} note={t`addresses that may be next`} to="/jails" />
      <Figure
        name={t`Jails running`}
        value={running === undefined ? '–' : `${number(running)} / ${number(jails?.length ?? 0)}`}
        note={running === jails?.length ? t`all that are enabled` : t`some that are enabled don't run`}
        to="/jails"
      />
    </div>
  );
}

const counted = (n: number | null | undefined) => (n == null ? '–' : number(n));

function Period({ stats, failed, view }: { stats: StatsOverview | undefined; failed: boolean; view: OverviewView }) {
  const note = (now: number | null | undefined, before: number | null | undefined, none: string) =>
    now == null || before == null ? none : changeInWords(now, before);
  const waiting = failed ? t`can't be counted now` : t`being counted`;
  const title = stats && t`${fullTime(stats.span.from)} to ${fullTime(stats.span.to)}, against the time of that length before`;
  return (
    <>
      <Figure
        name={t`Bans in this time`}
        value={counted(stats?.bans)}
        note={note(stats?.bans, stats?.bans_before, waiting)}
        title={title}
        to="/history"
        search={toHistory(view)}
      />
      <Figure
        name={t`New addresses`}
        value={counted(stats?.new_addresses)}
        note={note(stats?.new_addresses, stats?.new_addresses_before, stats === undefined ? waiting : t`not counted for a filter`)}
        title={t`Never banned before; counted by whole days in UTC, so that the days at both ends count in full`}
        to="/history"
        search={toHistory(view)}
      />
    </>
  );
}

function FigureShapes() {
  return (
    <div className={row} aria-hidden>
      {['a', 'b', 'c', 'd', 'e'].map((key) => (
        <div key={key} className="flex h-[94px] flex-col gap-3 rounded-lg border border-line bg-surface p-4">
          <div className="skeleton h-4 w-24" />
          <div className="skeleton h-6 w-16" />
        </div>
      ))}
    </div>
  );
}
