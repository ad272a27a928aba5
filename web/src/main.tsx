import './app.css';
import { CSPProvider } from '@base-ui/react/csp-provider';
import { i18n } from '@lingui/core';
import { I18nProvider } from '@lingui/react';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createRouter, RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { access, lookWho, shut } from './api/access';
import { setDoorkeeper } from './api/client';
import { feed, fillFeed } from './api/feed';
import { followLive } from './api/follow';
import { live } from './api/source';
import { confirmSelf, waiting } from './api/step-up';
import { basePath, ownUrl } from './lib/env';
import { language, preferredLanguage, showLanguage } from './lib/preferences';
import { problemOf } from './lib/problem';
import { parseSearch, stringifySearch } from './lib/search';
import { useStore } from './lib/store';
import { timeZone } from './lib/time';
import { routeTree } from './routeTree.gen';
import { PageError } from './shell/page-error';
import { TipLayer } from './ui/tip';
import { closeNotices, ToastCorner } from './ui/toast';

/** Whether asking once more can help: a refusal stays one. */
function mayHelp(failures: number, error: unknown): boolean {
  const { status } = problemOf(error);
  return failures < 1 && (status < 400 || status >= 500);
}

const queryClient = new QueryClient({
  defaultOptions: {
    queries: { retry: mayHelp, retryDelay: 1000, staleTime: 5000, refetchOnWindowFocus: false, networkMode: 'always' },
    mutations: { networkMode: 'always' },
  },
});

const router = createRouter({
  routeTree,
  basepath: basePath || '/',
  parseSearch,
  stringifySearch,
  defaultPreload: 'intent',
  // Each page has its own: what fails in one leaves the shell around it, which says whether BanGUI answers.
  defaultErrorComponent: PageError,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}

function Page() {
  // Another language or time zone is another page: nothing of the old one may stay.
  const spoken = useStore(language);
  const zone = useStore(timeZone);
  return (
    <I18nProvider i18n={i18n} key={`${spoken} ${zone}`}>
      <RouterProvider router={router} />
      <TipLayer />
      <ToastCorner />
    </I18nProvider>
  );
}

function serverAnswers(): Promise<boolean> {
  return fetch(ownUrl('/api/health/live'), { signal: AbortSignal.timeout(5000) }).then(
    (answer) => answer.ok,
    () => false,
  );
}

/** A new binary has other file names: a page from before it must be loaded again, once. */
function reloadAfterUpgrade(): void {
  window.addEventListener('vite:preloadError', () => {
    const key = 'bangui.reloaded';
    const last = Number(sessionStorage.getItem(key) ?? 0);
    if (Date.now() - last < 60_000) return;
    void serverAnswers().then((there) => {
      // A page that is reloaded while its server is away is gone, with all that it shows.
      if (!there) return;
      sessionStorage.setItem(key, String(Date.now()));
      window.location.reload();
    });
  });
}

/** What happens is followed while somebody is signed in; when he leaves, nothing of what he saw stays for the next. */
function followAccess(): void {
  let inside: { id: string; stop: () => void } | undefined;
  access.subscribe(() => {
    const now = access.get();
    const id = now.state === 'in' ? now.session.user.id : undefined;
    if (id === inside?.id) return;
    if (inside !== undefined) {
      inside.stop();
      waiting.get()?.settle(false);
      queryClient.clear();
      feed.set([]);
      closeNotices();
    }
    inside = id === undefined ? undefined : { id, stop: live.start() };
  });
}

async function open(): Promise<void> {
  reloadAfterUpgrade();
  await showLanguage(preferredLanguage());
  followAccess();
  followLive(live, queryClient);
  fillFeed(live);
  setDoorkeeper({ onShut: shut, onNotAllowed: () => void lookWho(), confirmSelf });
  const place = document.getElementById('page');
  if (place === null) throw new Error('the page has no place to stand');
  createRoot(place).render(
    <StrictMode>
      <CSPProvider disableStyleElements>
        <QueryClientProvider client={queryClient}>
          <Page />
        </QueryClientProvider>
      </CSPProvider>
    </StrictMode>,
  );
}

void open();
