import { fireEvent, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { access, shut } from '@/api/access';
import { setDoorkeeper } from '@/api/client';
import { SetUp } from '@/features/access/set-up';
import { SignIn } from '@/features/access/sign-in';
import { draw, pretendServer } from './server';

beforeEach(() => access.set({ state: 'out', ending: undefined, username: '' }));

afterEach(() => {
  setDoorkeeper(undefined);
  vi.unstubAllGlobals();
});

const session = {
  user: { id: 'u1', username: 'anna', role: 'admin' },
  via: 'session',
  expires_at: '2999-01-01T00:00:00Z',
  idle_expires_at: null,
};

async function give(name: string, password: string): Promise<void> {
  await userEvent.type(screen.getByLabelText('User name'), name);
  await userEvent.type(screen.getByLabelText('Password'), password);
  await userEvent.keyboard('{Enter}');
}

test('it signs in with the name as typed, without blanks around it', async () => {
  const asked = pretendServer(({ path }) => (path.endsWith('/login') ? { status: 204 } : { body: session }));
  draw(<SignIn ending={undefined} username="" setUpAlready={false} />);
  await give(' anna ', ' secret with blanks ');
  await waitFor(() => expect(access.get().state).toBe('in'));
  expect(asked[0]?.body).toEqual({ username: 'anna', password: ' secret with blanks ' });
});

test('a throttled attempt is counted down in the button, and nothing is sent meanwhile', async () => {
  const asked = pretendServer(() => ({
    status: 429,
    body: { code: 'attempts_throttled', detail: 'Wait.' },
    headers: { 'Retry-After': '5' },
  }));
  draw(<SignIn ending={undefined} username="" setUpAlready={false} />);
  await give('anna', 'wrong');
  const button = await screen.findByRole('button', { name: /Try again in 0:0[1-5]/ });
  expect(button).toHaveProperty('disabled', true);
  expect(screen.getByRole('alert').textContent).toContain('Too many attempts');
  fireEvent.submit(button.closest('form') as HTMLFormElement);
  expect(asked).toHaveLength(1);
  const again = await screen.findByRole('button', { name: 'Sign in' }, { timeout: 30_000 });
  expect(again).toHaveProperty('disabled', false);
  expect(screen.queryByRole('alert')).toBeNull();
});

test('after a session that ended it says why, and only the password is wanted', () => {
  draw(<SignIn ending="idle" username="anna" setUpAlready={false} />);
  expect(screen.getByText(/nothing was done for a while/)).toBeTruthy();
  expect(screen.getByLabelText<HTMLInputElement>('User name').value).toBe('anna');
  expect(document.activeElement).toBe(screen.getByLabelText('Password'));
});

test('Caps Lock is said while it is on', async () => {
  draw(<SignIn ending={undefined} username="" setUpAlready={false} />);
  const field = screen.getByLabelText('Password');
  await userEvent.click(field);
  expect(screen.queryByText('Caps Lock is on.')).toBeNull();
  await userEvent.keyboard('{CapsLock}A');
  expect(await screen.findByText('Caps Lock is on.')).toBeTruthy();
});

test('the password can be looked at', async () => {
  draw(<SignIn ending={undefined} username="" setUpAlready={false} />);
  const field = screen.getByLabelText<HTMLInputElement>('Password');
  expect(field.type).toBe('password');
  await userEvent.click(screen.getByRole('button', { name: 'Show the password' }));
  expect(screen.getByLabelText<HTMLInputElement>('Password').type).toBe('text');
});

test('set-up that somebody else finished meanwhile leads to the way in', async () => {
  pretendServer(({ path }) =>
    path.endsWith('/setup') ? { status: 404, body: { code: 'setup_done' } } : { status: 401, body: { code: 'not_signed_in' } },
  );
  access.set({ state: 'set-up' });
  setDoorkeeper({ onShut: shut, onNotAllowed: () => undefined, confirmSelf: () => Promise.resolve(false) });
  draw(<SetUp token="good" />);
  await userEvent.type(screen.getByLabelText('User name'), 'anna');
  await userEvent.type(screen.getByLabelText('Password'), 'four plain words here');
  await userEvent.type(screen.getByLabelText('Password again'), 'four plain words here');
  await userEvent.click(screen.getByRole('button', { name: 'Create the account and sign in' }));
  await waitFor(() => expect(access.get().state).toBe('out'));
});
