import { i18n } from '@lingui/core';
import { afterEach, expect, test } from 'vitest';
import { learnServerTime, serverNow } from '@/lib/clock';
import { ago, duration, expiry, forHowLong, relativeTime, shortTime, showTimesIn } from '@/lib/time';
import { messages as german } from '@/locales/de.po';
import { messages as english } from '@/locales/en.po';

const now = Date.parse('2026-11-23T18:00:00Z');

afterEach(() => i18n.loadAndActivate({ locale: 'en', messages: english }));

test.each([
  [0, '0 sec'],
  [59, '59 sec'],
  [600, '10 min'],
  [5400, '1 hr 30 min'],
  [86_400, '1 day'],
  [90_061, '1 day 1 hr'],
  [604_800, '1 wk'],
  [9 * 86_400, '9 days'],
  [-1, 'for ever'],
])('%i seconds are said as %s', (seconds, words) => {
  expect(duration(seconds)).toBe(words);
});

test('a permanent ban is not "for for ever"', () => {
  expect(forHowLong(-1)).toBe('for ever');
  expect(forHowLong(600)).toBe('for 10 min');
});

test('spans are said in the language of the page', () => {
  i18n.loadAndActivate({ locale: 'de', messages: german });
  expect(duration(600)).toBe('10 Min.');
  expect(duration(-1)).toBe('für immer');
});

test('today is a clock, before that a day, before that a year', () => {
  showTimesIn('Europe/Berlin');
  expect(shortTime('2026-11-23T17:59:31Z', now)).toBe('18:59:31');
  expect(shortTime('2026-11-21T14:02:00Z', now)).toBe('21 Nov, 15:02');
  expect(shortTime('2025-11-21T14:02:00Z', now)).toBe('21 Nov 2025');
  expect(shortTime('no time', now)).toBe('no time');
});

test('an unknown zone changes nothing', () => {
  showTimesIn('Europe/Berlin');
  showTimesIn('Not/AZone');
  expect(shortTime('2026-11-23T17:59:31Z', now)).toBe('18:59:31');
});

test('relative times round, and never say a future moment as past', () => {
  expect(relativeTime('2026-11-23T17:59:16Z', now)).toBe('44 sec. ago');
  expect(relativeTime('2026-11-23T18:09:40Z', now)).toBe('in 10 min.');
  expect(relativeTime('2026-11-24T17:00:00Z', now, 'long')).toBe('in 23 hours');
});

test('what has happened is never said to be ahead, though the clock that tells it is behind', () => {
  expect(ago('2026-11-23T17:59:16Z', now)).toBe('44 sec. ago');
  expect(ago('2026-11-23T18:00:06Z', now)).toBe('0 sec. ago');
});

test('an end that has passed is not claimed to be ahead', () => {
  expect(expiry('2026-11-23T17:59:59Z', 600, now)).toBe('any moment');
  expect(expiry(null, -1, now)).toBe('never');
  expect(expiry(null, 600, now)).toBe('not known');
});

test('ages count by the server clock, not by the reader’s', () => {
  const here = Date.now();
  learnServerTime(new Date(here + 3_600_000).toUTCString(), here, here);
  expect(Math.abs(serverNow() - here - 3_600_000)).toBeLessThan(2000);
  learnServerTime('nonsense', here, here);
  learnServerTime(new Date(here).toUTCString(), here - 10_000, here);
  expect(Math.abs(serverNow() - here - 3_600_000)).toBeLessThan(2000);
  learnServerTime(new Date(here).toUTCString(), here, here);
  expect(Math.abs(serverNow() - here)).toBeLessThan(2000);
});
