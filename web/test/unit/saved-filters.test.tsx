import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { SavedFilter } from '@/api/types';
import { shownOf, toSaved, viewOf } from '@/features/history/saved';
import { SavedFilters } from '@/features/history/saved-filters';
import { everything, type HistoryView, toFilter } from '@/features/history/view';
import { filterInFull } from '@/features/history/words';
import { showTimesIn, timeZone } from '@/lib/time';
import { draw, pretendServer } from './server';

afterEach(() => {
  timeZone.set(undefined);
  vi.unstubAllGlobals();
});

const views: [string, Partial<HistoryView>][] = [
  ['everything', {}],
  [
    'each field',
    { state: 'ended', jail: 'sshd', q: '203.0.113.0/24', country: 'NL', asn: '64500', origin: 'manual', host: 'web-1', text: 'root' },
  ],
  ['part of an address', { q: '203.0' }],
  ['a time before now', { range: '7d' }],
  ['days', { from: '2026-03-28', to: '2026-03-29' }],
  ['a stretch of hours', { from: '2026-11-01T13:00', to: '2026-11-02T04:30' }],
  ['what is left out', { not: ['asn:64500', 'jail:a:b', 'country:NL', 'origin:fail2ban'] }],
];

describe.each(['UTC', 'Europe/Berlin', 'America/St_Johns'])('in %s', (zone) => {
  test.each(views)('%s comes back as it was saved', (_, part) => {
    showTimesIn(zone);
    const view = { ...everything, ...part };
    const saved = keep('1', 'x', JSON.parse(JSON.stringify(toSaved(view))));
    const back = viewOf(saved.filter);
    expect({ ...back, not: [...back.not].sort() }).toEqual({ ...view, not: [...view.not].sort() });
    expect(shownOf([saved], view)).toBe(saved);
    const now = Date.parse('2026-11-26T12:00:00Z');
    const asked = { ...toFilter(back, now), not: undefined };
    expect(asked).toEqual({ ...toFilter(view, now), not: undefined });
  });
});

test('a filter of the last days holds no moment, and is another one than that of all days', () => {
  expect(toSaved({ ...everything, range: '30d', from: '2026-01-01' })).toMatchObject({ range: '30d', since: undefined, until: undefined });
  const saved = keep('1', 'x', { state: 'all', range: '30d' });
  expect(shownOf([saved], everything)).toBeUndefined();
  expect(shownOf([saved], { ...everything, range: '30d', ban: '7' })).toBe(saved);
});

test('a filter is told in full', () => {
  const view: HistoryView = { ...everything, jail: 'sshd', range: '7d', not: ['asn:64500', 'jail:\u202ex'] };
  expect(filterInFull(view)).toBe('bans in jail sshd, of the last 7 days, without AS64500, jail ⟨U+202E⟩x');
});

function keep(id: string, name: string, filter: SavedFilter['filter']): SavedFilter {
  return { id, name, filter, created_at: '2026-11-24T10:00:00Z', changed_at: '2026-11-24T10:00:00Z' };
}

/** A server that keeps filters. */
function keeper(...all: SavedFilter[]) {
  return pretendServer(({ method, path, body }) => {
    const at = all.findIndex(({ id }) => path.endsWith(`/${id}`));
    const sent = body as Pick<SavedFilter, 'name' | 'filter'>;
    if (method === 'POST') all.push(keep(`new ${all.length}`, sent.name, sent.filter));
    if (method === 'PUT') all[at] = keep(all[at]?.id ?? '', sent.name, sent.filter);
    if (method === 'DELETE') all.splice(at, 1);
    if (method === 'DELETE') return { status: 204 };
    return { body: method === 'GET' ? { items: all, next: null } : (all[at] ?? all.at(-1)) };
  });
}

const changes = (asked: { method: string; path: string; body: unknown }[]) => asked.filter(({ method }) => method !== 'GET');
const open = async (name: RegExp | string = 'Saved filters') => userEvent.click(await screen.findByRole('button', { name }));
const press = async (name: RegExp | string) => userEvent.click(await screen.findByRole('menuitem', { name }));

test('the shown filter is saved under a name, and in place of one that has the name', async () => {
  const asked = keeper(keep('1', 'nights', { state: 'all', range: '24h' }));
  draw(<SavedFilters view={{ ...everything, jail: 'sshd' }} onView={vi.fn()} />);
  await open();
  await press('Save this filter…');
  const dialog = within(await screen.findByRole('dialog'));
  await userEvent.type(dialog.getByLabelText('Name'), ' nights');
  await userEvent.click(dialog.getByRole('button', { name: 'Replace' }));
  await screen.findByRole('button', { name: 'Saved filter: nights' });
  expect(changes(asked)).toEqual([
    { method: 'PUT', path: '/api/v1/saved-filters/1', body: { name: 'nights', filter: { state: 'all', jail: 'sshd' } } },
  ]);
});

test('one is chosen, and the one that is shown is marked and not saved again', async () => {
  keeper(keep('1', 'a<b>\u202e', { state: 'active', ip: '203.0.113.7' }), keep('2', 'week', { state: 'all', range: '7d' }));
  const onView = vi.fn();
  draw(<SavedFilters view={{ ...everything, range: '7d' }} onView={onView} />);
  await open('Saved filter: week');
  const items = await screen.findAllByRole('menuitemcheckbox');
  expect(items.map((one) => one.getAttribute('aria-checked'))).toEqual(['false', 'true']);
  expect(screen.getByRole('menuitem', { name: /^Save this filter/ }).getAttribute('aria-disabled')).toBe('true');
  await userEvent.click(screen.getByRole('menuitemcheckbox', { name: 'a<b>⟨U+202E⟩' }));
  expect(onView).toHaveBeenCalledWith({ ...everything, state: 'active', q: '203.0.113.7' });
});

test('one is renamed by keyboard, and one is deleted', async () => {
  const asked = keeper(keep('1', 'days', { state: 'all' }), keep('2', 'week', { state: 'all', range: '7d' }));
  draw(<SavedFilters view={{ ...everything, jail: 'sshd' }} onView={vi.fn()} />);
  await open();
  await press('Rename or delete…');
  await userEvent.click(await screen.findByRole('button', { name: 'Rename days' }));
  await userEvent.keyboard(' and nights{Enter}');
  await screen.findByRole('button', { name: 'Rename days and nights' });
  await userEvent.click(screen.getByRole('button', { name: 'Delete week' }));
  await vi.waitFor(() => expect(screen.queryByRole('button', { name: 'Delete week' })).toBeNull());
  expect(changes(asked)).toEqual([
    { method: 'PUT', path: '/api/v1/saved-filters/1', body: { name: 'days and nights', filter: { state: 'all' } } },
    { method: 'DELETE', path: '/api/v1/saved-filters/2', body: undefined },
  ]);
});
