import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, test, vi } from 'vitest';
import type { BanOrder } from '@/api/types';
import { BanDialog } from '@/features/bans/ban-dialog';
import { draw, jail, outcomes, pretendServer } from './server';

afterEach(() => vi.unstubAllGlobals());

const manual = jail({
  name: 'manual',
  ours: true,
  ban_seconds: 3600,
  closes: [{ action: 'a', ports: null, protocol: null, all_ports: true, known: true }],
});

function openDialog(addresses: string[] = [], jails = [jail({}), manual]) {
  const asked = pretendServer(({ path, body }) => {
    if (path.endsWith('/about')) return { body: { your_address: '192.0.2.9' } };
    if (path.endsWith('/jails')) return { body: { items: jails, next: null } };
    if (path.endsWith('/bans/lift')) return { body: { results: [] } };
    return { body: outcomes(body as BanOrder) };
  });
  const onClose = vi.fn();
  draw(<BanDialog addresses={addresses} onClose={onClose} />);
  const orders = () => asked.filter((a) => a.path.endsWith('/bans')).map((a) => a.body as BanOrder);
  return { asked, orders, onClose, real: () => orders().filter((o) => !o.dry_run) };
}

const button = () => screen.getByRole('button', { name: /^Ban/ });

test('it says where you come from, and which ports each jail closes', async () => {
  openDialog();
  expect(await screen.findByText(/You come from 192\.0\.2\.9/)).toBeTruthy();
  expect(screen.getByText('closes port ssh')).toBeTruthy();
  expect(screen.getByText('closes every port')).toBeTruthy();
  expect(screen.getByRole<HTMLInputElement>('radio', { name: /manual/ }).checked).toBe(true);
});

test('a refused address shows its reason before anything can be pressed', async () => {
  const { real } = openDialog(['127.0.0.1']);
  expect(await screen.findByText('It is loopback.')).toBeTruthy();
  expect(button()).toHaveProperty('disabled', true);
  await userEvent.click(button());
  expect(real()).toEqual([]);
});

test('what is no address is named, and never sent', async () => {
  const { orders } = openDialog(['nonsense']);
  expect(await screen.findByText(/“nonsense” is no address/)).toBeTruthy();
  expect(button()).toHaveProperty('disabled', true);
  expect(orders()).toEqual([]);
});

test('it bans in the chosen jail with the reason, and offers to take it back', async () => {
  const { asked, real, onClose } = openDialog(['203.0.113.7']);
  await screen.findByText('will be banned');
  await userEvent.click(screen.getByRole('radio', { name: /sshd/ }));
  await userEvent.type(screen.getByLabelText('Reason'), 'scans');
  await waitFor(() => expect(button()).toHaveProperty('disabled', false));
  await userEvent.click(button());
  await waitFor(() => expect(onClose).toHaveBeenCalled());
  expect(real()).toEqual([{ addresses: ['203.0.113.7'], jails: ['sshd'], reason: 'scans', allow_wide: false }]);
  await userEvent.click(await screen.findByRole('button', { name: 'Undo', hidden: true }));
  await waitFor(() =>
    expect(asked.at(-1)).toMatchObject({ path: '/api/v1/bans/lift', body: { addresses: ['203.0.113.7'], jails: ['sshd'] } }),
  );
});

test('a ban may be given its own end, and what fail2ban would do by itself is said', async () => {
  const { real, onClose } = openDialog(['203.0.113.7']);
  await screen.findByText('will be banned');
  const choice = screen.getByLabelText<HTMLSelectElement>('How long');
  expect(choice.selectedOptions[0]?.textContent).toBe('As long as the jail bans (1 hr)');
  await userEvent.selectOptions(choice, '1 day');
  expect(screen.getByText(/manual itself bans for 1 hr only: BanGUI bans again each time/)).toBeTruthy();
  await userEvent.selectOptions(choice, '10 min');
  expect(screen.getByText(/manual bans for 1 hr: BanGUI lifts it/)).toBeTruthy();
  await userEvent.selectOptions(choice, 'Another time…');
  const time = screen.getByLabelText('Time');
  await userEvent.clear(time);
  await userEvent.type(time, '9');
  await userEvent.selectOptions(screen.getByLabelText('Unit'), 'seconds');
  expect(screen.getByText(/^From 10 sec to/)).toBeTruthy();
  expect(button()).toHaveProperty('disabled', true);
  await userEvent.clear(time);
  await userEvent.type(time, '12');
  await waitFor(() => expect(button()).toHaveProperty('disabled', false));
  await userEvent.click(button());
  await waitFor(() => expect(onClose).toHaveBeenCalled());
  expect(real()).toEqual([{ addresses: ['203.0.113.7'], jails: ['manual'], allow_wide: false, duration_seconds: 12 }]);
});

test('a wide network wants a second yes that names its size, and the yes ends with the text', async () => {
  const { real } = openDialog(['10.0.0.0/12']);
  const yes = await screen.findByRole('checkbox', { name: /1,048,576 addresses in 10\.0\.0\.0\/12/ });
  expect(button()).toHaveProperty('disabled', true);
  await userEvent.click(yes);
  await waitFor(() => expect(button()).toHaveProperty('disabled', false));
  await userEvent.type(screen.getByLabelText('Addresses or networks'), ' 172.16.0.0/12');
  await screen.findAllByText('needs a second yes');
  expect(button()).toHaveProperty('disabled', true);
  expect(real()).toEqual([]);
});

test('without a jail it says so instead of offering a choice', async () => {
  openDialog(['203.0.113.7'], [jail({ state: 'stopped' })]);
  expect(await screen.findByText('No jail runs, so nobody can be banned.')).toBeTruthy();
  expect(button()).toHaveProperty('disabled', true);
});
