import { t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Ban, Ellipsis, Gauge, Search, Shield } from 'lucide-react';
import { hostQuery, jailsQuery } from '@/api/queries';
import { ask } from '@/lib/requests';
import { number } from '@/lib/time';
import { Menu } from '@/ui/menu';
import { type Place, usePlaces } from './places';

const item =
  'flex h-8 items-center gap-2.5 rounded-md px-2.5 text-sm text-muted hover:bg-hover hover:text-text data-[status=active]:bg-accent-soft ' +
  'data-[status=active]:font-medium data-[status=active]:text-accent-text [&>svg]:size-4';

/** The pages, at the left: all of them without scrolling in a window of 800 pixels. */
export function SideNav() {
  const groups = usePlaces();
  return (
    <nav
      aria-label={t`Pages`}
      className="sticky top-(--header) flex h-[calc(100dvh-var(--header))] w-(--nav) shrink-0 flex-col gap-5 overflow-y-auto border-r border-line bg-surface px-2 py-4 max-md:hidden"
    >
      {groups.map(({ title, places }) => (
        <div key={title} className="flex flex-col gap-0.5">
          <p className="px-2.5 pb-1 text-xs font-medium text-muted">{title}</p>
          {places.map(({ to, label, icon }) => (
            <Link key={to} to={to} className={item} activeOptions={{ exact: to === '/' }}>
              {icon}
              {label}
              <ToMend at={to} />
            </Link>
          ))}
        </div>
      ))}
    </nav>
  );
}

/** A number stands only where something is to be mended. */
function ToMend({ at }: { at: Place['to'] }) {
  if (at === '/') return <Findings />;
  return at === '/jails' ? <Down /> : null;
}

function Findings() {
  const findings = useQuery(hostQuery).data?.findings.filter((f) => f.severity !== 'info').length ?? 0;
  return <Count value={findings} label={t`need a look`} />;
}

function Down() {
  const down = useQuery(jailsQuery).data?.filter((j) => j.state !== 'running').length ?? 0;
  return <Count value={down} label={t`not running`} />;
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
      <Others />
    </nav>
  );
}

const inBar: readonly Place['to'][] = ['/', '/bans', '/jails'];

/** All pages that the bar has no room for. */
function Others() {
  const navigate = useNavigate();
  const entries = usePlaces().flatMap(({ places }) =>
    places
      .filter(({ to }) => !inBar.includes(to))
      .map(({ to, label, icon }, n) => ({ label, icon, apart: n === 0, onSelect: () => void navigate({ to }) })),
  );
  return (
    <Menu
      trigger={
        <button type="button" className={tab}>
          <Ellipsis aria-hidden />
          {t`More`}
        </button>
      }
      entries={entries.map((entry, n) => (n === 0 ? { ...entry, apart: false } : entry))}
    />
  );
}
