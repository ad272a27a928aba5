import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, test, vi } from 'vitest';
import type { BanOrder } from '@/api/types';
import { Unban } from '@/features/bans/unban';
import { undoLast } from '@/ui/toast';
import { draw, pretendServer } from './server';

afterEach(() => vi.unstubAllGlobals());

const refs = (count: number, jail = 'sshd') =>
  Array.from({ length: count }, (_, i) => ({ id: String(i), jail, address: `10.0.${i >> 8}.${i & 255}` }));

interface Order {
  addresses: string[];
  jails: string[];
}

function lifting(outcome = 'lifted', detail: string | null = null) {
  return pretendServer(({ path, body }) => {
    const { addresses, jails } = body as Order;
    const kind = path.endsWith('/lift') ? outcome : 'banned';
    return { body: { results: addresses.map((address) => ({ host: 'local', jail: jails[0], address, outcome: kind, detail })) } };
  });
}

test('a few are lifted at once, and undo puts them back in their jails', async () => {
  const asked = lifting();
  const onDone = vi.fn();
  draw(<Unban bans={[...refs(1), ...refs(1, 'nginx')]} onDone={onDone} />);
  expect(await screen.findByText('2 bans lifted')).toBeTruthy();
  expect(asked.map((a) => [a.path, (a.body as Order).jails])).toEqual([
    ['/api/v1/bans/lift', ['sshd']],
    ['/api/v1/bans/lift', ['nginx']],
  ]);
  expect(undoLast()).toBe(true);
  await waitFor(() => expect(asked).toHaveLength(4));
  expect(asked.slice(2).map((a) => [a.path, (a.body as Order).jails])).toEqual([
    ['/api/v1/bans', ['sshd']],
    ['/api/v1/bans', ['nginx']],
  ]);
  expect(await screen.findByText('The ban time starts anew.')).toBeTruthy();
  expect(undoLast()).toBe(false);
});

test('a ban with an end of its own comes back for the time that was left', async () => {
  const asked = lifting();
  const ends = new Date(Date.now() + 300_000).toISOString();
  draw(<Unban bans={[{ id: '1', address: '10.0.0.0', jail: 'sshd', own_end: true, expires_at: ends }]} onDone={vi.fn()} />);
  await screen.findByText('10.0.0.0 unbanned in sshd');
  expect(undoLast()).toBe(true);
  await waitFor(() => expect(asked).toHaveLength(2));
  const left = (asked[1]?.body as BanOrder | undefined)?.duration_seconds;
  expect(left).toBeGreaterThan(200);
  expect(left).toBeLessThanOrEqual(301);
  expect(await screen.findByText('Until the end that it had.')).toBeTruthy();
});

test('fifty are few, fifty-one are asked for first', async () => {
  const asked = lifting();
  const { unmount } = draw(<Unban bans={refs(50)} onDone={vi.fn()} />);
  await waitFor(() => expect(asked).toHaveLength(1));
  unmount();
  asked.length = 0;
  draw(<Unban bans={refs(51)} onDone={vi.fn()} />);
  expect(await screen.findByText('Unban 51 addresses?')).toBeTruthy();
  expect(document.activeElement?.textContent).toBe('Cancel');
  expect(asked).toEqual([]);
  await userEvent.click(screen.getByRole('button', { name: 'Unban 51' }));
  await waitFor(() => expect(asked).toHaveLength(1));
});

test('many go in groups of 500', async () => {
  const asked = lifting();
  draw(<Unban bans={refs(1200)} onDone={vi.fn()} />);
  await userEvent.click(await screen.findByRole('button', { name: 'Unban 1,200' }));
  await waitFor(() => expect(asked.map((a) => (a.body as Order).addresses.length)).toEqual([500, 500, 200]));
});

test('a failure is told with its reason and never as a success', async () => {
  lifting('failed', 'fail2ban said no.');
  draw(<Unban bans={refs(1)} onDone={vi.fn()} />);
  expect((await screen.findAllByText(/fail2ban said no\./)).length).toBeGreaterThan(0);
  expect(screen.queryByText(/unbanned/)).toBeNull();
});

test('a problem of the server shows its cause, its mend and its request id', async () => {
  pretendServer(() => ({
    status: 502,
    body: { detail: 'fail2ban can’t be reached.', mend: 'Start it.', code: 'fail2ban_unreachable', request_id: 'r42' },
  }));
  draw(<Unban bans={refs(1)} onDone={vi.fn()} />);
  expect((await screen.findAllByText(/fail2ban can’t be reached\. Start it\. \(r42\)/)).length).toBeGreaterThan(0);
});
