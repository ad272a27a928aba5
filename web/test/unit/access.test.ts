import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { access, endingOf, lookWho, may, reaches, shut, signOut } from '@/api/access';
import { addUser } from '@/api/accounts';
import { setDoorkeeper } from '@/api/client';
import { confirmSelf, waiting } from '@/api/step-up';
import { problemOf } from '@/lib/problem';
import { pretendServer, signInAs } from './server';

beforeEach(() => {
  access.set({ state: 'asking' });
  setDoorkeeper({ onShut: shut, onNotAllowed: () => void lookWho(), confirmSelf });
});

afterEach(() => {
  setDoorkeeper(undefined);
  vi.unstubAllGlobals();
});

test('a viewer reaches nothing that changes, an operator bans, an administrator does all', () => {
  const deeds = ['ban', 'steer', 'manual-jail', 'users', 'audit'] as const;
  const reached = (role: 'viewer' | 'operator' | 'admin') => deeds.filter((deed) => reaches(role, deed));
  expect(reached('viewer')).toEqual([]);
  expect(reached('operator')).toEqual(['ban', 'steer']);
  expect(reached('admin')).toEqual([...deeds]);
});

test('nobody who is not signed in may do anything', () => {
  expect(may('ban')).toBe(false);
  signInAs('admin');
  expect(may('ban')).toBe(true);
});

test('the end of a session is told from its times', () => {
  const session = signInAs('admin');
  const at = (time: string) => endingOf(session, Date.parse(`2026-11-24T${time}Z`));
  expect(at('11:00:00')).toBe('elsewhere');
  expect(at('12:00:00')).toBe('idle');
  expect(at('22:00:00')).toBe('age');
});

test('a 401 of any request ends the session on the page, and says who it was', async () => {
  signInAs('operator', { expires_at: '2999-01-01T00:00:00Z', idle_expires_at: '2999-01-01T00:00:00Z' });
  pretendServer(() => ({ status: 401, body: { code: 'not_signed_in', detail: 'No.' } }));
  await expect(addUser('x', 'viewer', 'y')).rejects.toThrow('No.');
  expect(access.get()).toEqual({ state: 'out', ending: 'elsewhere', username: 'anna' });
});

test('a request that met the cookie of a moment ago is repeated, and the session goes on', async () => {
  signInAs('admin');
  let asked = 0;
  pretendServer(() => {
    asked += 1;
    return asked === 1 ? { status: 401, body: { code: 'not_signed_in' } } : { status: 201, body: {} };
  });
  await addUser('x', 'viewer', 'y');
  expect(asked).toBe(2);
  expect(access.get().state).toBe('in');
});

test('a wrong password is no end of a session', async () => {
  signInAs('admin');
  pretendServer(() => ({ status: 401, body: { code: 'credentials_wrong' } }));
  await expect(addUser('x', 'viewer', 'y')).rejects.toThrow();
  expect(access.get().state).toBe('in');
});

test('before the first account the page sets up', async () => {
  pretendServer(() => ({ status: 401, body: { code: 'setup_needed' } }));
  await lookWho();
  expect(access.get()).toEqual({ state: 'set-up' });
});

test('a server that is away for a moment ends no session, and is said where none was known', async () => {
  pretendServer(() => ({ status: 503, body: { code: 'unavailable', detail: 'Later.' } }));
  await lookWho();
  expect(access.get().state).toBe('unknown');
  signInAs('admin');
  await lookWho();
  expect(access.get().state).toBe('in');
});

test('signing out that the server did not hear of leaves one signed in, and says so', async () => {
  signInAs('admin');
  pretendServer(() => ({ status: 500, body: { code: 'internal', detail: 'Broken.' } }));
  await expect(signOut()).rejects.toThrow('Broken.');
  expect(access.get().state).toBe('in');
});

/** Answers that the password is wanted until it was given. */
function wary(fresh = { yes: false }) {
  return pretendServer(() =>
    fresh.yes ? { status: 201, body: { id: '2' } } : { status: 403, body: { code: 'step_up_needed', detail: 'Again.' } },
  );
}

test('requests that want the password wait for one question, and go on by themselves with what they carried', async () => {
  const fresh = { yes: false };
  const asked = wary(fresh);
  const both = Promise.all([addUser('bert', 'viewer', 'p1'), addUser('carl', 'operator', 'p2')]);
  await vi.waitFor(() => expect(asked).toHaveLength(2));
  await vi.waitFor(() => expect(waiting.get()).toBeDefined());
  fresh.yes = true;
  waiting.get()?.settle(true);
  await both;
  expect(waiting.get()).toBeUndefined();
  expect(asked.slice(2).map((a) => a.body)).toEqual([
    { username: 'bert', role: 'viewer', password: 'p1' },
    { username: 'carl', role: 'operator', password: 'p2' },
  ]);
});

test('without the password the change is not sent again', async () => {
  const asked = wary();
  const change = addUser('bert', 'viewer', 'p1').catch(problemOf);
  await vi.waitFor(() => expect(waiting.get()).toBeDefined());
  waiting.get()?.settle(false);
  expect(await change).toMatchObject({ code: 'step_up_needed' });
  expect(asked).toHaveLength(1);
});

test('a server that wants the password for ever is asked twice and no more', async () => {
  const asked = wary();
  const change = addUser('bert', 'viewer', 'p1').catch(problemOf);
  await vi.waitFor(() => expect(waiting.get()).toBeDefined());
  waiting.get()?.settle(true);
  expect(await change).toMatchObject({ code: 'step_up_needed' });
  expect(asked).toHaveLength(2);
});

test('a role that does not reach makes the page ask who one is now', async () => {
  signInAs('admin');
  const demoted = { ...signInAs('admin'), user: { id: 'u1', username: 'anna', role: 'viewer' as const } };
  pretendServer(({ path }) => (path.endsWith('/session') ? { body: demoted } : { status: 403, body: { code: 'not_allowed' } }));
  await expect(addUser('x', 'viewer', 'y')).rejects.toThrow();
  await vi.waitFor(() => expect(may('users')).toBe(false));
});

test('an answer from before the end does not bring back who has left', async () => {
  const session = signInAs('admin');
  const asked = pretendServer(({ path }) => (path.endsWith('/logout') ? { status: 204 } : { body: session }));
  const late = lookWho();
  await signOut();
  await late;
  expect(asked).toHaveLength(2);
  expect(access.get()).toMatchObject({ state: 'out', ending: 'left' });
});
