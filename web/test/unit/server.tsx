import { i18n } from '@lingui/core';
import { I18nProvider } from '@lingui/react';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createMemoryHistory, createRootRoute, createRouter, RouterContextProvider } from '@tanstack/react-router';
import { render } from '@testing-library/react';
import type { ReactNode } from 'react';
import { vi } from 'vitest';
import { access } from '@/api/access';
import type { BanOrder, CurrentSession, Jail, Role } from '@/api/types';
import { ToastCorner } from '@/ui/toast';

/** What was asked of the pretended server, newest last. */
export interface Asked {
  method: string;
  path: string;
  body: unknown;
}

type Answer = (asked: Asked) => { status?: number; body?: unknown; headers?: Record<string, string> };

/** Stands in for the API at the network's edge; everything above it is real. */
export function pretendServer(answer: Answer): Asked[] {
  const asked: Asked[] = [];
  vi.stubGlobal('fetch', async (request: Request) => {
    const text = await request.clone().text();
    const one = { method: request.method, path: new URL(request.url).pathname, body: text === '' ? undefined : JSON.parse(text) };
    asked.push(one);
    const { status = 200, body = {}, headers = {} } = answer(one);
    const type = status >= 400 ? 'application/problem+json' : 'application/json';
    return new Response(status === 204 ? null : JSON.stringify(body), { status, headers: { 'Content-Type': type, ...headers } });
  });
  return asked;
}

/** Lets the page believe that somebody is signed in. */
export function signInAs(role: Role, over: Partial<CurrentSession> = {}): CurrentSession {
  const session: CurrentSession = {
    user: { id: 'u1', username: 'anna', role },
    via: 'session',
    session_id: 's1',
    created_at: '2026-11-24T10:00:00Z',
    expires_at: '2026-11-24T22:00:00Z',
    idle_expires_at: '2026-11-24T12:00:00Z',
    fresh_until: null,
    secure: false,
    ...over,
  };
  access.set({ state: 'in', session });
  return session;
}

/** Draws a part of the page with what the shell would put around it. */
export function draw(part: ReactNode) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const router = createRouter({ routeTree: createRootRoute(), history: createMemoryHistory() });
  return render(
    <I18nProvider i18n={i18n}>
      <QueryClientProvider client={client}>
        <RouterContextProvider router={router}>{part}</RouterContextProvider>
        <ToastCorner />
      </QueryClientProvider>
    </I18nProvider>,
  );
}

/** A jail as the API tells it. */
export function jail(over: Partial<Jail>): Jail {
  return {
    name: 'sshd',
    state: 'running',
    currently_banned: 0,
    total_banned: 0,
    currently_failed: 0,
    total_failed: 0,
    ban_seconds: 600,
    find_seconds: 600,
    max_retry: 5,
    backend: null,
    log_paths: [],
    journal_matches: [],
    closes: [{ action: 'iptables-multiport', ports: 'ssh', protocol: 'tcp', all_ports: false, known: true }],
    ours: false,
    ...over,
  };
}

/** Answers a ban order as the server does: loopback is refused, wide networks want a second yes. */
export function outcomes(order: BanOrder) {
  const judge = (address: string) => {
    if (address.startsWith('127.')) return { outcome: 'refused', detail: 'It is loopback.' };
    if (address.endsWith('/12') && !order.allow_wide) return { outcome: 'needs_confirmation', detail: 'It is wide.' };
    return { outcome: order.dry_run ? 'would_ban' : 'banned', detail: null };
  };
  return { results: (order.addresses ?? []).map((address) => ({ host: 'local', jail: order.jails?.[0], address, ...judge(address) })) };
}
