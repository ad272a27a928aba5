import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, test, vi } from 'vitest';
import { askForEdits, review } from '@/api/config-review';
import type { ConfigChange } from '@/api/types';
import { WaitingChange } from '@/features/config/banner';
import { ReviewDialog } from '@/features/config/review';
import { useStore } from '@/lib/store';
import { draw, pretendServer, signInAs } from './server';

afterEach(() => {
  review.set(undefined);
  vi.unstubAllGlobals();
});

const change: ConfigChange = {
  id: null,
  etag: 'e1',
  applied: false,
  until: null,
  files: [{ name: 'jail.d/zz-bangui-sshd.local', diff: '--- /dev/null\n+++ b/x\n+[sshd]\n+bantime = 7200\n' }],
  effects: [
    { jail: 'sshd', part: null, option: 'bantime', before: '600', after: '7200' },
    { jail: 'sshd', part: 'action nothing', option: 'bantime', before: '600', after: '7200' },
  ],
  steps: [{ jail: 'sshd', do: 'reload' }],
  left: [],
  notes: ['A note.'],
};

function Window() {
  const asked = useStore(review);
  return asked === undefined ? null : <ReviewDialog review={asked} />;
}

type Answer = { status?: number; body: unknown };

function open(attempt: Answer, apply: Answer, more: { onApplied?: (c: ConfigChange) => void; onConflict?: () => void } = {}) {
  signInAs('admin');
  const asked = pretendServer(({ body }) => ((body as { dry_run?: boolean } | undefined)?.dry_run ? attempt : apply));
  draw(<Window />);
  const edits = [{ place: 'jail' as const, name: 'sshd', option: 'bantime', value: '2h' }];
  askForEdits('e1', edits, { title: 'Settings of sshd', ...more });
  return () => asked.filter(({ method }) => method === 'POST').map(({ body }) => body as Record<string, unknown>);
}

test('a change is told in words before it is made, and holds at once where nobody can be locked out', async () => {
  const onApplied = vi.fn();
  const sent = open({ body: change }, { body: { ...change, id: 'c1', applied: true } }, { onApplied });
  await screen.findByText('sshd is reloaded.');
  expect(screen.getAllByText('Bans for')).toHaveLength(2);
  expect(screen.getAllByText('10 min', { selector: 'li span' })).toHaveLength(2);
  expect(screen.getAllByText('2 hr')).toHaveLength(2);
  expect(screen.getByText('+bantime = 7200')).toBeTruthy();
  expect(screen.getByText('1 value of a filter or action follows from it')).toBeTruthy();
  expect(screen.getByText('A note.')).toBeTruthy();
  await userEvent.type(screen.getByLabelText('Why (for the audit log)'), ' longer ');
  await userEvent.click(screen.getByRole('button', { name: 'Apply' }));
  await waitFor(() => expect(onApplied).toHaveBeenCalledOnce());
  expect(sent()[1]).toMatchObject({ etag: 'e1', reason: 'longer', confirm_seconds: 0, edits: [{ option: 'bantime', value: '2h' }] });
  expect(review.get()).toBeUndefined();
});

test('what could lock out is on trial for a minute unless one says otherwise', async () => {
  const sharp: ConfigChange = { ...change, steps: [{ jail: 'sshd', do: 'start' }] };
  const sent = open({ body: sharp }, { body: { ...sharp, applied: true, until: '2026-11-26T12:01:00Z' } });
  await userEvent.click(await screen.findByRole('button', { name: 'Apply on trial' }));
  await waitFor(() => expect(sent()[1]).toMatchObject({ confirm_seconds: 60 }));
});

test('a refusal names its reason and what to do, and nothing can be applied', async () => {
  const detail = "the configuration was tried on a scratch server and failed at 'failregex'; nothing was changed";
  open({ status: 502, body: { code: 'fail2ban_refused', detail, mend: 'Mend that value.' } }, { body: {} });
  const alert = await screen.findByRole('alert');
  for (const text of ['fail2ban would not take it.', detail, 'Mend that value.']) expect(alert.textContent).toContain(text);
  expect((screen.getByRole('button', { name: 'Apply' }) as HTMLButtonElement).disabled).toBe(true);
});

test('a change that was put back says so and can be tried again', async () => {
  const detail = 'the jail sshd does not run; everything was put back as it was';
  open({ body: change }, { status: 502, body: { code: 'fail2ban_refused', detail } });
  await userEvent.click(await screen.findByRole('button', { name: 'Apply' }));
  expect((await screen.findByRole('alert')).textContent).toContain(`It was not applied. ${detail}`);
  expect(review.get()).toBeDefined();
  expect((screen.getByRole('button', { name: 'Apply' }) as HTMLButtonElement).disabled).toBe(false);
});

test('who comes second looks again', async () => {
  const onConflict = vi.fn();
  open({ status: 409, body: { code: 'conflict', detail: 'somebody changed it' } }, { body: {} }, { onConflict });
  await userEvent.click(await screen.findByRole('button', { name: 'Look at it again' }));
  expect(onConflict).toHaveBeenCalledOnce();
  expect(review.get()).toBeUndefined();
});

test('a change on trial is kept or taken back from its banner; who may not only sees it', async () => {
  const waiting = { id: 'c1', until: new Date(Date.now() + 50_000).toISOString(), actor: 'berta' };
  const asked = pretendServer(() => ({ status: 204 }));
  signInAs('admin');
  const first = draw(<WaitingChange waiting={waiting} />);
  expect(screen.getByText(/taken back in \d+ sec/)).toBeTruthy();
  expect(screen.getByText(/Made by berta/)).toBeTruthy();
  await userEvent.click(screen.getByRole('button', { name: 'Keep it' }));
  await screen.findByText('The change holds');
  await userEvent.click(screen.getByRole('button', { name: 'Take it back' }));
  await waitFor(() =>
    expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /api/v1/hosts/local/config/changes/c1/confirm',
      'DELETE /api/v1/hosts/local/config/changes/c1',
    ]),
  );
  first.unmount();
  signInAs('viewer');
  draw(<WaitingChange waiting={waiting} />);
  expect(screen.queryByRole('button', { name: 'Keep it' })).toBeNull();
});
