import { t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { lazy, type ReactNode, Suspense } from 'react';
import { useFreshness } from '@/api/freshness';
import { aboutQuery } from '@/api/queries';
import { live } from '@/api/source';
import { useNow } from '@/lib/clock';
import { pageVersion } from '@/lib/env';
import { visible } from '@/lib/plain';
import { problemOf } from '@/lib/problem';
import { shortTime } from '@/lib/time';
import { Button } from '@/ui/button';
import { classes } from '@/ui/classes';

const WaitingChange = lazy(() => import('@/features/config/banner').then((m) => ({ default: m.WaitingChange })));
const FallenChange = lazy(() => import('@/features/server/fallen').then((m) => ({ default: m.FallenChange })));

const tones = {
  warn: 'bg-warn-soft text-warn',
  danger: 'bg-danger-soft text-danger',
  plain: 'bg-accent-soft text-accent-text',
};

function Banner({
  tone,
  children,
  action,
  urgent,
}: {
  tone: keyof typeof tones;
  children: ReactNode;
  action?: ReactNode;
  urgent?: boolean;
}) {
  return (
    <div
      role={urgent ? 'alert' : 'status'}
      className={classes('flex flex-wrap items-center gap-x-4 gap-y-1 border-b border-line px-6 py-2 text-sm max-md:px-4', tones[tone])}
    >
      <div className="min-w-0 flex-1 wrap-anywhere">{children}</div>
      {action}
    </div>
  );
}

/** What must be known before anything on the page is believed. */
export function Banners() {
  return (
    <>
      <DemoBanner />
      <UpgradeBanner />
      <ConnectionBanner />
      <ConfigBanner />
      <FallenBanner />
    </>
  );
}

function FallenBanner() {
  const fallen = useFreshness().host?.fallen;
  if (!fallen) return null;
  return (
    <Suspense>
      <FallenChange fallen={fallen} />
    </Suspense>
  );
}

function ConfigBanner() {
  const waits = useFreshness().host?.config_waiting;
  if (!waits) return null;
  return (
    <Suspense>
      <WaitingChange key={waits.id} waiting={waits} />
    </Suspense>
  );
}

function DemoBanner() {
  const { host } = useFreshness();
  if (!host?.demo) return null;
  return (
    <Banner tone="warn">
      <strong className="font-semibold">{t`Demo server: this machine is not protected by it.`}</strong>{' '}
      {t`Attacks are simulated, bans close nothing.`}
    </Banner>
  );
}

function UpgradeBanner() {
  const now = useQuery(aboutQuery).data?.version;
  if (pageVersion === '' || now === undefined || now === pageVersion) return null;
  return (
    <Banner tone="plain" action={<Button size="small" onClick={() => window.location.reload()}>{t`Load the new page`}</Button>}>
      {t`BanGUI is now version ${now}; this page is from ${pageVersion}.`}
    </Banner>
  );
}

function ConnectionBanner() {
  const { host, error, console, stale, asOf } = useFreshness();
  const now = useNow();
  const shown = asOf === null ? '' : t`Shown is the state as of ${shortTime(asOf, now)}.`;
  if (console === 'lost') {
    return (
      <Banner tone="danger" urgent action={<Button size="small" onClick={live.reconnect}>{t`Try now`}</Button>}>
        <Lines lead={t`BanGUI doesn't answer.`} rest={[error === null ? '' : problemOf(error).message, shown]} />
      </Banner>
    );
  }
  if (host === undefined) return null;
  if (host.state === 'starting') {
    return (
      <Banner tone="plain">
        {host.detail === null ? t`fail2ban is starting; its jails are not all there yet.` : visible(host.detail)}
      </Banner>
    );
  }
  if (!stale) return null;
  const lead =
    host.state === 'unreachable'
      ? t`fail2ban doesn't answer since ${shortTime(host.state_since, now)}.`
      : t`fail2ban has not been heard for a while.`;
  return (
    <Banner tone="danger" urgent>
      <Lines lead={lead} rest={[host.detail ?? '', shown]} mend={host.mend} />
    </Banner>
  );
}

/** What is wrong and since when; under it what to do. */
function Lines({ lead, rest, mend }: { lead: string; rest: string[]; mend?: string | null }) {
  return (
    <>
      <p>
        <strong className="font-semibold">{lead}</strong> {visible(rest.filter(Boolean).join(' '))}
      </p>
      {mend && <p>{visible(mend)}</p>}
    </>
  );
}
