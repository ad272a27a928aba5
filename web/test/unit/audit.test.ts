import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { changedBetween } from '@/features/audit/changed';
import { isNarrowed, toFilter } from '@/features/audit/view';
import { actionInWords, actionKinds } from '@/features/audit/words';
import { dayBegins, showTimesIn, timeZone } from '@/lib/time';

afterEach(() => timeZone.set(undefined));

describe('what changed', () => {
  test('names only what differs, in the order in which it came', () => {
    expect(changedBetween('{"role":"viewer","disabled":false}', '{"role":"operator","disabled":false,"note":"x"}')).toEqual([
      { name: 'role', before: 'viewer', after: 'operator' },
      { name: 'note', before: undefined, after: 'x' },
    ]);
  });

  test('takes plain text for what it is', () => {
    expect(changedBetween('running', 'stopped')).toEqual([{ name: '', before: 'running', after: 'stopped' }]);
  });

  test('shows all of what is new, and all of what is gone', () => {
    expect(changedBetween('', '{"name":"bert","list":[1,2]}')).toEqual([
      { name: 'name', before: undefined, after: 'bert' },
      { name: 'list', before: undefined, after: '[1,2]' },
    ]);
    expect(changedBetween('{"name":"bert"}', '')).toEqual([{ name: 'name', before: 'bert', after: undefined }]);
  });

  test('is nothing where nothing is known', () => {
    expect(changedBetween('', '')).toEqual([]);
    expect(changedBetween(null, undefined)).toEqual([]);
  });
});

test.each([
  ['UTC', '2026-11-24', 0, '2026-11-24T00:00:00.000Z'],
  ['Europe/Berlin', '2026-11-24', 0, '2026-11-23T23:00:00.000Z'],
  ['Europe/Berlin', '2026-03-29', 0, '2026-03-28T23:00:00.000Z'],
  ['Europe/Berlin', '2026-03-29', 1, '2026-03-29T22:00:00.000Z'],
  ['Europe/Berlin', '2026-10-25', 1, '2026-10-25T23:00:00.000Z'],
  ['America/New_York', '2026-12-31', 1, '2027-01-01T05:00:00.000Z'],
  ['Asia/Kolkata', '2026-02-28', 1, '2026-02-28T18:30:00.000Z'],
])('in %s the day %s (+%i) begins at %s', (zone, day, later, moment) => {
  showTimesIn(zone);
  expect(dayBegins(day, later)).toBe(moment);
});

test.each(['', 'yesterday', '2026-11', '24.11.2026'])('%j is no day', (day) => expect(dayBegins(day)).toBeUndefined());

test('a view asks for whole days, the last one included', () => {
  showTimesIn('UTC');
  const view = { actor: ' anna ', action: '', outcome: 'refused' as const, from: '2026-11-01', to: '2026-11-02' };
  expect(toFilter(view)).toEqual({
    actor: 'anna',
    action: '',
    outcome: 'refused',
    since: '2026-11-01T00:00:00.000Z',
    until: '2026-11-03T00:00:00.000Z',
  });
  expect(isNarrowed(view)).toBe(true);
  expect(isNarrowed({ actor: '', action: '', outcome: '', from: '', to: '' })).toBe(false);
});

// The server's own test holds that document to the actions that there are.
const actions = [
  ...(readFileSync('../docs/audit.md', 'utf8')
    .split('## The actions')[1]
    ?.matchAll(/^\|[^|]*\|/gm) ?? []),
].flatMap(([cell]) => [...cell.matchAll(/`([a-z_.]+)`/g)].map(([, name = '']) => name));

test('every action that is documented has words, and a kind to narrow the list to', () => {
  expect(actions).toContain('config.restore');
  expect(actions.filter((action) => actionInWords(action) === action)).toEqual([]);
  const kinds = actionKinds().map(([prefix]) => prefix);
  expect(actions.filter((action) => action !== 'several' && !kinds.includes(action.split('.')[0] ?? ''))).toEqual([]);
});
