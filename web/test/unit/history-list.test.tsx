import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, test, vi } from 'vitest';
import { HistoryPage } from '@/features/history/page';
import { everything } from '@/features/history/view';
import { draw, pretendServer } from './server';

afterEach(() => vi.unstubAllGlobals());

const gap = {
  id: '1',
  host: 'local',
  from: '2026-11-01T00:00:00Z',
  to: '2026-11-02T00:00:00Z',
  why: 'it was\u202e off',
  found_at: '2026-11-03T00:00:00Z',
};

/** A server whose list of bans has empty pages only; from one of them on it fails, where that is asked for. */
function emptyPages(count: number, failing = count + 1) {
  let page = 0;
  return pretendServer(({ path }) => {
    if (path.endsWith('/count')) return { body: { count: 0, capped: true } };
    if (path.endsWith('/gaps')) return { body: { items: [gap], next: null } };
    // A chart needs a canvas, which there is only in a browser.
    if (path.endsWith('/trend')) return { status: 503, body: { title: 'Busy', status: 503 } };
    if (path !== '/api/v1/bans') return { body: { items: [], next: null } };
    page += 1;
    if (page >= failing) return { status: 429, body: { title: 'Too many requests', detail: 'Wait a minute.', status: 429 } };
    return { body: { items: [], next: page < count ? `page ${page + 1}` : null } };
  });
}

const lists = (asked: { path: string }[]) => asked.filter(({ path }) => path === '/api/v1/bans').length;

test('a search through log lines goes on over empty pages until it has seen all', async () => {
  const asked = emptyPages(4);
  draw(<HistoryPage view={{ ...everything, text: 'root' }} onView={vi.fn()} />);
  expect(await screen.findByText('No bans with “root” in a log line.')).toBeTruthy();
  expect(lists(asked)).toBe(4);
});

test('a search that fails stops there, says so, and goes on when it is told to', async () => {
  const asked = emptyPages(4, 2);
  draw(<HistoryPage view={{ ...everything, text: 'root' }} onView={vi.fn()} />);
  expect(await screen.findByRole('alert')).toBeTruthy();
  expect(lists(asked)).toBe(2);
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  await vi.waitFor(() => expect(lists(asked)).toBe(3));
});

test('a gap in the period is told of, and what it says is plain text', async () => {
  emptyPages(1);
  draw(<HistoryPage view={everything} onView={vi.fn()} />);
  expect(await screen.findByText(/there is 1 gap in this period/)).toBeTruthy();
  expect(screen.getByText(/it was⟨U\+202E⟩ off/)).toBeTruthy();
  expect(await screen.findByText('No bans recorded yet.')).toBeTruthy();
});

test('typing narrows the view, and what is no AS number is not asked for', async () => {
  emptyPages(1);
  const onView = vi.fn();
  draw(<HistoryPage view={{ ...everything, range: '7d' }} onView={onView} />);
  const asn = screen.getByLabelText('AS number');
  await userEvent.type(asn, 'ASx');
  expect(asn.getAttribute('aria-invalid')).toBe('true');
  await userEvent.clear(asn);
  await userEvent.type(asn, 'AS64500');
  await vi.waitFor(() => expect(onView).toHaveBeenLastCalledWith({ ...everything, range: '7d', asn: '64500' }, true));
  await userEvent.click(screen.getByRole('button', { name: '24 hours' }));
  expect(onView).toHaveBeenLastCalledWith({ ...everything, range: '24h' });
});
