import { t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import {
  Ban,
  CalendarClock,
  FileClock,
  Filter,
  Gauge,
  History,
  Info,
  Regex,
  ScrollText,
  Search,
  Server,
  Shield,
  Users,
  Zap,
} from 'lucide-react';
import type { ReactNode } from 'react';
import { useMay } from '@/api/access';
import { hostQuery, jailsQuery } from '@/api/queries';
import { ask } from '@/lib/requests';
import { number } from '@/lib/time';

const item =
  'flex h-8 items-center gap-2.5 rounded-md px-2.5 text-sm text-muted hover:bg-hover hover:text-text data-[status=active]:bg-accent-soft ' +
  'data-[status=active]:font-medium data-[status=active]:text-accent-text [&>svg]:size-4';

function Group({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="flex flex-col gap-0.5">
      <p className="px-2.5 pb-1 text-xs font-medium text-muted">{title}</p>
      {children}
    </div>
  );
}

/** The pages, at the left. A number stands only where something is to be mended. */
export function SideNav() {
  const findings = useQuery(hostQuery).data?.findings.filter((f) => f.severity !== 'info').length ?? 0;
  const down = useQuery(jailsQuery).data?.filter((j) => j.state !== 'running').length ?? 0;
  const tests = useMay('test');
  const administers = useMay('users');
  const configures = useMay('configure');
  return (
    <nav
      aria-label={t`Pages`}
      className="sticky top-(--header) flex h-[calc(100dvh-var(--header))] w-(--nav) shrink-0 flex-col gap-5 border-r border-line bg-surface px-2 py-4 max-md:hidden"
    >
      <Group title={t`Watch`}>
        <Link to="/" className={item} activeOptions={{ exact: true }}>
          <Gauge aria-hidden />
          {t`Overview`}
          <Count value={findings} label={t`need a look`} />
        </Link>
        <Link to="/bans" className={item}>
          <Ban aria-hidden />
          {t`Bans`}
        </Link>
        <Link to="/history" className={item}>
          <History aria-hidden />
          {t`History`}
        </Link>
      </Group>
      <Group title={t`Protect`}>
        <Link to="/jails" className={item}>
          <Shield aria-hidden />
          {t`Jails`}
          <Count value={down} label={t`not running`} />
        </Link>
        {configures && (
          <>
            <Link to="/filters" className={item}>
              <Filter aria-hidden />
              {t`Filters`}
            </Link>
            <Link to="/actions" className={item}>
              <Zap aria-hidden />
              {t`Actions`}
            </Link>
          </>
        )}
      </Group>
      {tests && (
        <Group title={t`Tools`}>
          <Link to="/tools/expressions" className={item}>
            <Regex aria-hidden />
            {t`Expression tester`}
          </Link>
        </Group>
      )}
      <Group title={t`System`}>
        <Link to="/server" className={item}>
          <Server aria-hidden />
          {t`Server`}
        </Link>
        <Link to="/jobs" className={item}>
          <CalendarClock aria-hidden />
          {t`Jobs`}
        </Link>
      </Group>
      {administers && (
        <Group title={t`Administer`}>
          <Link to="/users" className={item}>
            <Users aria-hidden />
            {t`Users`}
          </Link>
          <Link to="/config/versions" className={item}>
            <FileClock aria-hidden />
            {t`Versions`}
          </Link>
          <Link to="/audit" className={item}>
            <ScrollText aria-hidden />
            {t`Audit log`}
          </Link>
        </Group>
      )}
      <div className="flex-1" />
      <Link to="/about" className={item}>
        <Info aria-hidden />
        {t`Host and about`}
      </Link>
    </nav>
  );
}

function Count({ value, label }: { value: number; label: string }) {
  if (value === 0) return null;
  return (
    <span className="ml-auto rounded bg-warn-soft px-1.5 text-xs font-medium text-warn">
      {number(value)}
      <span className="sr-only"> {label}</span>
    </span>
  );
}

const tab =
  'flex flex-1 flex-col items-center justify-center gap-0.5 text-xs text-muted data-[status=active]:font-medium data-[status=active]:text-accent [&>svg]:size-5';

/** The same pages for a thumb. */
export function PhoneBar() {
  return (
    <nav
      aria-label={t`Pages`}
      className="fixed inset-x-0 bottom-0 z-30 flex h-16 border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] md:hidden"
    >
      <Link to="/" className={tab} activeOptions={{ exact: true }}>
        <Gauge aria-hidden />
        {t`Overview`}
      </Link>
      <Link to="/bans" className={tab}>
        <Ban aria-hidden />
        {t`Bans`}
      </Link>
      <button type="button" className={tab} onClick={() => ask('palette', {})}>
        <Search aria-hidden />
        {t`Search`}
      </button>
      <Link to="/jails" className={tab}>
        <Shield aria-hidden />
        {t`Jails`}
      </Link>
    </nav>
  );
}
