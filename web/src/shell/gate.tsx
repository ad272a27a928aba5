import { t } from '@lingui/core/macro';
import { lazy, Suspense, useEffect, useState } from 'react';
import { access, idleAfter, lookWho, signOutIdle } from '@/api/access';
import { watchIdle } from '@/lib/idle';
import { createStore, type Store, useStore } from '@/lib/store';
import { duration } from '@/lib/time';
import { Mark } from '@/ui/mark';
import { Failure } from '@/ui/states';
import { Shell } from './shell';
import { useShownZone } from './zone';

const SignIn = lazy(() => import('@/features/access/sign-in').then((m) => ({ default: m.SignIn })));
const SetUp = lazy(() => import('@/features/access/set-up').then((m) => ({ default: m.SetUp })));

// A session that ends by itself is noticed by the next request; this one comes where no other does.
const lookEveryMs = 60_000;
const askAgainMs = 5000;

/** Lets in who is signed in; everybody else gets the way in, at whatever address he came to. */
export function Gate({ setupToken }: { setupToken: string }) {
  const now = useStore(access);
  useEffect(() => void lookWho(), []);
  switch (now.state) {
    case 'in':
      return <Inside key={now.session.user.id} />;
    case 'out':
      return (
        <Suspense fallback={<Waiting />}>
          <Outside>
            <SignIn
              key={now.ending ?? ''}
              ending={now.ending}
              username={now.username}
              setUpAlready={setupToken !== '' && now.ending === undefined}
            />
          </Outside>
        </Suspense>
      );
    case 'set-up':
      return (
        <Suspense fallback={<Waiting />}>
          <SetUp token={setupToken} />
        </Suspense>
      );
    case 'unknown':
      return <Unreachable error={now.error} />;
    default:
      return <Waiting />;
  }
}

function Inside() {
  const [idle] = useState(() => createStore<number | undefined>(undefined));
  useEffect(() => {
    const watch = watchIdle({ span: idleAfter, onIdle: () => void signOutIdle() });
    const unfollow = watch.left.subscribe(() => idle.set(watch.left.get()));
    return () => {
      unfollow();
      watch.stop();
    };
  }, [idle]);
  useEffect(() => {
    const look = () => document.visibilityState === 'visible' && void lookWho();
    const timer = setInterval(look, lookEveryMs);
    document.addEventListener('visibilitychange', look);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', look);
    };
  }, []);
  // Before anything can be typed: another zone draws the page anew.
  if (!useShownZone()) return <Waiting />;
  return (
    <>
      <Shell />
      <IdleNotice left={idle} />
    </>
  );
}

/** Says that the session ends soon; whatever one does keeps it. */
function IdleNotice({ left }: { left: Store<number | undefined> }) {
  const seconds = useStore(left);
  const [said, setSaid] = useState(false);
  useEffect(() => setSaid(seconds !== undefined), [seconds]);
  return (
    <div role="alert" className="pointer-events-none fixed inset-x-0 top-16 z-50 flex justify-center px-4">
      {seconds !== undefined && (
        <p className="rounded-lg border border-line bg-warn-soft px-4 py-2 text-sm text-warn shadow-float">
          {t`Nothing was done for a while. You are signed out soon; any key keeps you here.`}{' '}
          <span aria-hidden={said}>{duration(seconds)}</span>
        </p>
      )}
    </div>
  );
}

/** Looks again when one comes back to this tab: one may have signed in in another. */
function Outside({ children }: { children: React.ReactNode }) {
  useEffect(() => {
    const look = () => document.visibilityState === 'visible' && void lookWho();
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, []);
  return children;
}

function Waiting() {
  return (
    <div className="flex min-h-dvh items-center justify-center" role="status">
      <span className="late">
        <Mark className="size-11" />
      </span>
      <span className="sr-only">{t`Asking BanGUI`}</span>
    </div>
  );
}

function Unreachable({ error }: { error: unknown }) {
  useEffect(() => {
    const timer = setInterval(() => void lookWho(), askAgainMs);
    return () => clearInterval(timer);
  }, []);
  return (
    <main className="mx-auto flex min-h-dvh max-w-md flex-col items-center justify-center gap-5 px-4">
      <Mark className="size-11" />
      <Failure error={error} title={t`BanGUI doesn't answer.`} retry={() => void lookWho()} />
      <p className="text-sm text-muted">{t`Trying again by itself.`}</p>
    </main>
  );
}
