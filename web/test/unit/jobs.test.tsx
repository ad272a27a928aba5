import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, test, vi } from 'vitest';
import type { Lease } from '@/api/types';
import { ChangesCard, LeaseCard } from '@/features/jobs/lease-card';
import { draw, pretendServer, signInAs } from './server';

afterEach(() => vi.unstubAllGlobals());

const lease: Lease = {
  name: 'scheduler',
  epoch: 1795694439312,
  state: 'leader',
  why: null,
  holder: { host: 'web1', pid: 42, version: '1.0', since: '2026-11-26T11:00:00Z', me: true },
  beat_age_seconds: 3,
  seen_age_seconds: 3,
  trust_left_seconds: 50,
  ttl_seconds: 60,
  heartbeat_seconds: 10,
  round_trip_seconds: { typical: 0.001, slowest: 0.2 },
  clock_skew_seconds: 2.5,
  refused_writes: 3,
  recent: [
    {
      at: '2026-11-26T11:00:00Z',
      kind: 'acquired',
      epoch: 2,
      host: 'web1',
      pid: 42,
      reason: 'silent',
      detail: 'before: process 7 on web0',
    },
    { at: '2026-11-26T10:00:00Z', kind: 'stolen', epoch: 1, host: 'web0', pid: 7, reason: '<b>it hangs</b>', detail: null },
  ],
};

function open(over: Partial<Lease> = {}) {
  const asked = pretendServer(({ method }) => (method === 'GET' ? { body: { ...lease, ...over } } : { status: 202, body: {} }));
  draw(
    <>
      <LeaseCard />
      <ChangesCard />
    </>,
  );
  return () => asked.filter(({ method }) => method === 'POST');
}

test('the lease says who, for how long, how surely, and what changed and why', async () => {
  signInAs('viewer');
  open();
  expect(await screen.findByText('This console does the background jobs.')).toBeTruthy();
  for (const text of [
    'this console (process 42 on web1)',
    '1795694439312',
    /without another beat$/,
    "this console's is 2.5 sec ahead of the database's",
    /^3 of terms that were over/,
    /^the holder was silent for its whole time-out \(before: process 7 on web0\)/,
    '<b>it hangs</b>',
  ]) {
    expect(screen.getByText(text)).toBeTruthy();
  }
  expect(screen.queryByRole('button')).toBeNull();
});

test('an administrator hands over with a reason, and is told what it does', async () => {
  signInAs('admin');
  const orders = open();
  await userEvent.click(await screen.findByRole('button', { name: 'Hand over…' }));
  expect(screen.getByText(/Where none stands by, this one takes them again/)).toBeTruthy();
  const verb = screen.getByRole('button', { name: 'Hand over' });
  expect(verb).toHaveProperty('disabled', true);
  await userEvent.type(screen.getByLabelText('Reason'), ' new kernel ');
  await userEvent.click(verb);
  await waitFor(() => expect(orders()).toEqual([{ method: 'POST', path: '/api/v1/lease/release', body: { reason: 'new kernel' } }]));
  expect((await screen.findAllByText('The background jobs are being handed over')).length).toBeGreaterThan(0);
});

test('a standby names who leads, and can only take away', async () => {
  signInAs('admin');
  open({
    state: 'standby',
    trust_left_seconds: 0,
    holder: { host: 'web2', pid: 9, version: '1', since: '2026-11-26T11:00:00Z', me: false },
  });
  expect(await screen.findByText(/^process 9 on web2 does the background jobs, since/)).toBeTruthy();
  expect(screen.getByRole('button', { name: 'Take away…' })).toBeTruthy();
  expect(screen.queryByRole('button', { name: 'Hand over…' })).toBeNull();
});

test('what can’t be asked for is said with its cause, and nothing is offered', async () => {
  signInAs('admin');
  pretendServer(() => ({ status: 503, body: { code: 'database_busy', detail: 'The database is busy.', mend: 'Try again.' } }));
  draw(<LeaseCard />);
  expect(await screen.findByText('The database is busy.')).toBeTruthy();
  expect(screen.getAllByRole('button').map((b) => b.textContent)).toEqual(['Try again']);
});
