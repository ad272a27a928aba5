import { serverNow } from '../lib/clock';
import { problemOf } from '../lib/problem';
import { createStore, useStore } from '../lib/store';
import { api, take } from './client';
import type { CurrentSession, Role } from './types';

/** Why nobody is signed in any more; undefined where nobody was. */
export type Ending = 'left' | 'idle' | 'age' | 'elsewhere';

/** Who looks at this page, as far as it knows. */
export type Access =
  | { state: 'asking' }
  | { state: 'in'; session: CurrentSession }
  | { state: 'out'; ending: Ending | undefined; username: string }
  | { state: 'set-up' }
  | { state: 'unknown'; error: unknown };

export const access = createStore<Access>({ state: 'asking' });

// Counts the ends: an answer from before one must not bring back who has left.
let ends = 0;

function leave(ending: Ending | undefined, username: string): void {
  ends += 1;
  access.set({ state: 'out', ending, username });
}

/** How long a session lasts unused, in milliseconds, as of its last request; undefined = not bounded. */
let idleSpan: number | undefined;

/** How long nothing may be done on this page before it signs out by itself. */
export function idleAfter(): number | undefined {
  return idleSpan;
}

/** Says why a session that was good a moment ago is not any more. */
export function endingOf({ expires_at, idle_expires_at }: CurrentSession, now: number): Ending {
  if (now >= Date.parse(expires_at)) return 'age';
  return idle_expires_at !== null && now >= Date.parse(idle_expires_at) ? 'idle' : 'elsewhere';
}

/** Takes note that the server knows nobody here. */
export function shut(code: 'not_signed_in' | 'setup_needed'): void {
  const before = access.get();
  if (code === 'setup_needed') {
    if (before.state !== 'set-up') access.set({ state: 'set-up' });
  } else if (before.state === 'in') {
    leave(endingOf(before.session, serverNow()), before.session.user.username);
  } else if (before.state !== 'out') {
    leave(undefined, '');
  }
}

/** From the answer alone: a clock of our own that goes wrong must sign nobody out. */
function spanOf({ idle_expires_at, expires_at }: CurrentSession, date: string | null): number | undefined {
  // Towards its end by age the session tells that one for both.
  if (idle_expires_at === null || Date.parse(idle_expires_at) >= Date.parse(expires_at)) return undefined;
  const span = Date.parse(idle_expires_at) - Date.parse(date ?? '');
  return span > 0 ? span : undefined;
}

/** Asks the server who is signed in. What is known stays while it can't be asked. */
export async function lookWho(): Promise<void> {
  const asked = ends;
  try {
    const answer = await api.GET('/api/v1/auth/session');
    const session = await take(Promise.resolve(answer));
    if (asked !== ends) return;
    idleSpan = spanOf(session, answer.response.headers.get('Date')) ?? idleSpan;
    access.set({ state: 'in', session });
  } catch (error) {
    if (problemOf(error).status === 401) return; // the client has told it: shut
    if (access.get().state !== 'in') access.set({ state: 'unknown', error });
  }
}

/** Signs in; throws a Problem. */
export async function signIn(username: string, password: string): Promise<void> {
  await take(api.POST('/api/v1/auth/login', { body: { username, password } }));
  await lookWho();
}

/** Ends this session; throws a Problem where the server did not hear of it. */
export async function signOut(): Promise<void> {
  await take(api.POST('/api/v1/auth/logout'));
  leave('left', '');
}

/** Ends this session because nobody is there; the page is left even where the server can't be told. */
export async function signOutIdle(): Promise<void> {
  const now = access.get();
  const username = now.state === 'in' ? now.session.user.username : '';
  await take(api.POST('/api/v1/auth/logout')).catch(() => undefined);
  leave('idle', username);
}

/** Makes the first administrator and signs in as him; throws a Problem. */
export async function setUp(token: string, username: string, password: string): Promise<void> {
  await take(api.POST('/api/v1/setup', { body: { token, username, password } }));
  await lookWho();
}

const ranks: Record<Role, number> = { viewer: 0, operator: 1, admin: 2 };

/** What not everybody may do, and the least role that may. The server decides; this keeps the page from offering in vain. */
const least = {
  ban: 'operator',
  steer: 'operator',
  test: 'operator',
  'run-job': 'operator',
  'steer-jobs': 'admin',
  'manual-jail': 'admin',
  configure: 'admin',
  users: 'admin',
  audit: 'admin',
} as const satisfies Record<string, Role>;

export type Deed = keyof typeof least;

/** Whether a role reaches for a deed. */
export function reaches(role: Role, deed: Deed): boolean {
  return ranks[role] >= ranks[least[deed]];
}

/** Whether who is signed in may do it. */
export function may(deed: Deed): boolean {
  const now = access.get();
  return now.state === 'in' && reaches(now.session.user.role, deed);
}

/** The same, followed. */
export function useMay(deed: Deed): boolean {
  const now = useStore(access);
  return now.state === 'in' && reaches(now.session.user.role, deed);
}

/** The session of who is signed in; undefined while nobody is. */
export function useSession(): CurrentSession | undefined {
  const now = useStore(access);
  return now.state === 'in' ? now.session : undefined;
}
