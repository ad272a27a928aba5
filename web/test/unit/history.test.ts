import { afterEach, describe, expect, test } from 'vitest';
import { gapsWithin } from '@/api/gaps';
import { historyParameters } from '@/api/queries';
import type { Ban, Gap } from '@/api/types';
import { everything, isCounted, isNarrowed, readAsn, readCountry, splitNot, toFilter, toSearch, withTrait } from '@/features/history/view';
import { endingInWords, filterInWords } from '@/features/history/words';
import { showTimesIn, timeZone } from '@/lib/time';

const now = Date.parse('2026-11-26T12:34:56.789Z');

afterEach(() => timeZone.set(undefined));

describe('what the page asks for', () => {
  test('is all bans, ended ones too, when nothing narrows it', () => {
    const asked = Object.entries(historyParameters(toFilter(everything, now))).filter(([, value]) => value !== undefined);
    expect(asked).toEqual([['state', 'all']]);
  });

  test.each([
    ['203.0.113.7', { ip: '203.0.113.7', q: '' }],
    ['198.51.100.0/24', { ip: '198.51.100.0/24', q: '' }],
    [' [2001:db8::1] ', { ip: '2001:db8::1', q: '' }],
    [' 203.0 ', { ip: '', q: '203.0' }],
  ])('looks %j up as what it is', (q, expected) => {
    expect(toFilter({ ...everything, q }, now)).toMatchObject(expected);
  });

  test.each([
    ['24h', '2026-11-25T12:34:00.000Z'],
    ['7d', '2026-11-19T12:34:00.000Z'],
    ['30d', '2026-10-27T12:34:00.000Z'],
    ['365d', '2025-11-26T12:34:00.000Z'],
  ] as const)('begins a range of %s at %s, and leaves its end open', (range, since) => {
    expect(toFilter({ ...everything, range }, now)).toMatchObject({ since, until: '' });
  });

  test('takes whole days, the last one included, in the zone that the page shows', () => {
    showTimesIn('Europe/Berlin');
    expect(toFilter({ ...everything, from: '2026-11-01', to: '2026-11-02' }, now)).toMatchObject({
      since: '2026-10-31T23:00:00.000Z',
      until: '2026-11-02T23:00:00.000Z',
    });
  });

  test('has every filter under its name in the API', () => {
    const view = {
      ...everything,
      state: 'ended',
      jail: 'sshd',
      country: 'NL',
      asn: '64500',
      origin: 'manual',
      host: 'web-1',
      text: ' root ',
    } as const;
    expect(historyParameters(toFilter(view, now))).toMatchObject({
      state: 'ended',
      jail: 'sshd',
      country: 'NL',
      asn: 64500,
      origin: 'manual',
      host: 'web-1',
      text: 'root',
    });
  });
});

test('only what is not as usual stands in the address', () => {
  expect(toSearch(everything)).toEqual({});
  expect(toSearch({ ...everything, state: 'active', text: 'root' })).toEqual({ state: 'active', text: 'root' });
});

test('an open ban narrows nothing', () => {
  expect(isNarrowed({ ...everything, ban: '7' })).toBe(false);
  expect(isNarrowed({ ...everything, state: 'active' })).toBe(true);
  expect(isNarrowed({ ...everything, range: '7d' })).toBe(true);
});

test.each([
  ['', ''],
  [' nl ', 'NL'],
  ['Private', 'private'],
  ['n', undefined],
  ['<b>', undefined],
])('the country %j is read as %j', (typed, code) => expect(readCountry(typed)).toBe(code));

test.each([
  ['', ''],
  ['15169', '15169'],
  ['AS15169', '15169'],
  ['as 4294967295', '4294967295'],
  ['4294967296', undefined],
  ['AS', undefined],
  ['-1', undefined],
])('the AS number %j is read as %j', (typed, asn) => expect(readAsn(typed)).toBe(asn));

test('gaps are told of where they touch the period, and nowhere else', () => {
  const gap: Gap = { id: '1', host: 'local', from: '2026-11-01T00:00:00Z', to: '2026-11-02T00:00:00Z', why: 'off', found_at: '' };
  expect(gapsWithin([gap], { since: '', until: '' })).toEqual([gap]);
  expect(gapsWithin([gap], { since: '2026-11-01T12:00:00Z', until: '' })).toEqual([gap]);
  expect(gapsWithin([gap], { since: '2026-11-03T00:00:00Z', until: '' })).toEqual([]);
  expect(gapsWithin([gap], { since: '', until: '2026-11-01T00:00:00Z' })).toEqual([]);
});

test('a filter that finds nothing is said in words, with nothing hidden in them', () => {
  expect(filterInWords(everything)).toBe('bans');
  const view = {
    ...everything,
    state: 'ended',
    origin: 'manual',
    jail: 'ss\u202ehd',
    country: 'NL',
    asn: '64500',
    text: 'x',
    range: '7d',
  } as const;
  expect(filterInWords(view)).toBe(
    'ended bans made by hand in jail ss⟨U+202E⟩hd from Netherlands of network AS64500 with “x” in a log line in this period',
  );
});

test.each([
  [{ ended_at: '2026-11-26T12:00:00Z', end_reason: 'unbanned' }, 'lifted, 12:00:00'],
  [{ ended_at: '2026-11-26T12:00:00Z', end_reason: 'expired' }, 'ran out, 12:00:00'],
  [{ ended_at: '2026-11-26T12:00:00Z', end_reason: null }, 'ended, reason not known, 12:00:00'],
  [{ ended_at: null, expires_at: null, ban_seconds: -1 }, 'never ends'],
  [{ ended_at: null, expires_at: '2026-11-26T12:00:00Z', ban_seconds: 60 }, 'ends any moment'],
] as const)('the end of %j is %j', (ban, words) => {
  showTimesIn('UTC');
  expect(endingInWords({ expires_at: null, ban_seconds: 600, end_reason: null, ...ban } as Ban, now)).toBe(words);
});

describe('what is left out', () => {
  test.each([
    ['jail:a:b', ['jail', 'a:b']],
    ['country:nl', ['country', 'NL']],
    ['asn:AS64500', ['asn', '64500']],
    ['origin:manual', ['origin', 'manual']],
    ['origin:x', undefined],
    ['asn:x', undefined],
    ['jail:', undefined],
    ['host:a', undefined],
    ['jail', undefined],
  ])('%s is read as %j', (text, want) => expect(splitNot(text)).toEqual(want));

  test('is asked for by its kind, each value once', () => {
    const view = { ...everything, not: ['jail:sshd', 'jail:sshd', 'jail:web', 'asn:64500', 'country:NL', 'origin:manual', 'x'] };
    expect(historyParameters(toFilter(view, now))).toMatchObject({
      not_jail: ['sshd', 'web'],
      not_asn: [64500],
      not_country: ['NL'],
      not_origin: 'manual',
    });
  });

  test('to choose only what was left out takes it back, and the other way round', () => {
    const without = withTrait({ ...everything, jail: 'sshd' }, 'without', 'jail', 'sshd');
    expect(without).toMatchObject({ jail: '', not: ['jail:sshd'] });
    expect(toSearch(without)).toEqual({ not: ['jail:sshd'] });
    expect(isNarrowed(without)).toBe(true);
    expect(withTrait(without, 'only', 'jail', 'sshd')).toMatchObject({ jail: 'sshd', not: [] });
    expect(withTrait(without, 'without', 'jail', 'sshd').not).toEqual(['jail:sshd']);
  });

  test('bars are shown only for what counters hold', () => {
    expect(isCounted({ ...everything, range: '7d', jail: 'sshd', country: 'NL' })).toBe(true);
    for (const view of [{ q: '1' }, { text: 'root' }, { state: 'active' as const }, { not: ['jail:a'] }, { asn: '1', jail: 'a' }]) {
      expect(isCounted({ ...everything, ...view })).toBe(false);
    }
  });
});
