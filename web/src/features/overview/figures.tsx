import { t } from '@lingui/core/macro';
import { Link, type LinkProps } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Host, Jail } from '@/api/types';
import { number } from '@/lib/time';

interface FigureProps {
  name: string;
  value: ReactNode;
  note: string;
  to: LinkProps['to'];
  search?: Record<string, string>;
}

function Figure({ name, value, note, to, search }: FigureProps) {
  return (
    <Link
      to={to as '/bans'}
      search={search}
      className="flex flex-col gap-0.5 rounded-lg border border-line bg-surface px-4 py-3 hover:border-line-strong hover:bg-hover"
    >
      <span className="text-sm text-muted">{name}</span>
      <span className="text-2xl font-semibold tracking-tight">{value}</span>
      <span className="text-xs text-muted">{note}</span>
    </Link>
  );
}

/** The figures of the host; each leads to the list behind it. */
export function Figures({ host, jails }: { host: Host | undefined; jails: Jail[] | undefined }) {
  if (host === undefined) return <FigureShapes />;
  const { currently_banned, total_banned, currently_failed } = host.totals;
  const running = jails?.filter((j) => j.state === 'running').length;
  return (
    <div className="grid grid-cols-2 gap-3 xl:grid-cols-4">
      <Figure name={t`Active bans`} value={number(currently_banned)} note={t`held by fail2ban now`} to="/bans" />
      <Figure name={t`Failures now`} value={number(currently_failed)} note={t`addresses that may be next`} to="/jails" />
      <Figure
        name={t`Jails running`}
        value={running === undefined ? '–' : `${number(running)} / ${number(jails?.length ?? 0)}`}
        note={running === jails?.length ? t`all that are enabled` : t`some that are enabled don't run`}
        to="/jails"
      />
      <Figure name={t`Bans in total`} value={number(total_banned)} note={t`since fail2ban started`} to="/bans" search={{ state: 'all' }} />
    </div>
  );
}

function FigureShapes() {
  return (
    <div className="grid grid-cols-2 gap-3 xl:grid-cols-4" aria-hidden>
      {['a', 'b', 'c', 'd'].map((key) => (
        <div key={key} className="flex h-[94px] flex-col gap-3 rounded-lg border border-line bg-surface p-4">
          <div className="skeleton h-4 w-24" />
          <div className="skeleton h-6 w-16" />
        </div>
      ))}
    </div>
  );
}
