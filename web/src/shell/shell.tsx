import { t } from '@lingui/core/macro';
import { Outlet, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { type Deed, may } from '@/api/access';
import { review } from '@/api/config-review';
import { useFreshness } from '@/api/freshness';
import { waiting } from '@/api/step-up';
import { refusedInWords } from '@/api/words';
import { useHotkeys } from '@/lib/hotkeys';
import { answer, ask, type Requests } from '@/lib/requests';
import { useStore } from '@/lib/store';
import { keepTyping } from '@/lib/typed-ahead';
import { warmMenus } from '@/ui/menu';
import { warmPopovers } from '@/ui/popover';
import { tell, undoLast, warmToasts } from '@/ui/toast';
import { Banners } from './banners';
import { Header } from './header';
import { PhoneBar, SideNav } from './nav';

const loadBanDialog = () => import('@/features/bans/ban-dialog').then((m) => ({ default: m.BanDialog }));
const loadPalette = () => import('@/features/palette/palette').then((m) => ({ default: m.Palette }));
const BanDialog = lazy(loadBanDialog);
const Palette = lazy(loadPalette);
const Review = lazy(() => import('@/features/config/review').then((m) => ({ default: m.ReviewDialog })));
const StepUp = lazy(() => import('@/features/access/step-up').then((m) => ({ default: m.StepUp })));
const KeysDialog = lazy(() => import('./keys-dialog').then((m) => ({ default: m.KeysDialog })));
const Unban = lazy(() => import('@/features/bans/unban').then((m) => ({ default: m.Unban })));

/** What stands around every page, and the windows that any page may ask for. */
export function Shell() {
  const { stale } = useFreshness();
  useGlobalKeys();
  useWarmWindows();
  return (
    <div className="flex min-h-dvh flex-col">
      <a
        href="#content"
        className="sr-only rounded-md bg-accent px-3 py-2 text-on-accent focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50"
      >
        {t`Skip to content`}
      </a>
      <Header />
      <div className="flex min-w-0 flex-1">
        <SideNav />
        <main id="content" tabIndex={-1} data-stale={stale || undefined} className="flex min-w-0 flex-1 flex-col outline-none max-md:pb-16">
          <Banners />
          <Outlet />
        </main>
      </div>
      <PhoneBar />
      <Suspense>
        <Windows />
      </Suspense>
    </div>
  );
}

function useRequest<K extends keyof Requests>(what: K, deed?: Deed) {
  const [request, setRequest] = useState<Requests[K]>();
  useEffect(
    () =>
      answer(what, (next) => {
        // A key was pressed for what the page doesn't offer to this role.
        if (deed !== undefined && !may(deed)) tell({ title: refusedInWords(deed) });
        else setRequest(next as never);
      }),
    [what, deed],
  );
  return [request, () => setRequest(undefined)] as const;
}

function Windows() {
  const [palette, closePalette] = useRequest('palette');
  const [keys, closeKeys] = useRequest('keys');
  const [ban, closeBan] = useRequest('ban', 'ban');
  const [unban, closeUnban] = useRequest('unban', 'ban');
  const proof = useStore(waiting);
  const change = useStore(review);
  return (
    <>
      {palette && <Palette onClose={closePalette} text={palette.text ?? ''} />}
      {keys && <KeysDialog onClose={closeKeys} />}
      {ban && <BanDialog onClose={closeBan} addresses={ban.addresses} jail={ban.jail} />}
      {change && <Review review={change} />}
      {proof && <StepUp waiting={proof} />}
      {unban && <Unban onDone={closeUnban} bans={unban.bans} />}
    </>
  );
}

/** Fetches the windows that keys open while nothing else is to do: the first key typed must find its field. */
function useWarmWindows(): void {
  useEffect(() => {
    const timer = setTimeout(() => {
      // What can't be fetched now is fetched when it is asked for.
      void Promise.allSettled([loadPalette(), loadBanDialog()]);
      for (const warm of [warmToasts, warmMenus, warmPopovers]) warm();
    }, 1500);
    return () => clearTimeout(timer);
  }, []);
}

function useGlobalKeys(): void {
  const navigate = useNavigate();
  const go = useRef(navigate);
  go.current = navigate;
  useHotkeys({
    'mod+k': () => {
      keepTyping();
      ask('palette', {});
    },
    'mod+z': () => void undoLast(),
    '?': () => ask('keys', {}),
    b: () => ask('ban', { addresses: [] }),
    'g o': () => void go.current({ to: '/' }),
    'g b': () => void go.current({ to: '/bans' }),
    'g h': () => void go.current({ to: '/history' }),
    'g j': () => void go.current({ to: '/jails' }),
  });
}
