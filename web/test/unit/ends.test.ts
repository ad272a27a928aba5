import { expect, test } from 'vitest';
import { endsByItself, lengthOf, restOf } from '@/api/ends';
import type { HostEvent } from '@/api/events';
import type { Ban } from '@/api/types';
import { eventInWords } from '@/features/overview/feed-row';

const ban = (over: Partial<Ban>) =>
  ({ own_end: false, banned_at: '2026-11-26T12:00:01Z', expires_at: '2026-11-26T12:10:01Z', ban_seconds: 600, ...over }) as Ban;

test('a ban with an end of its own lasts until then, whatever its jail bans for', () => {
  expect(lengthOf(ban({}))).toBe(600);
  expect(lengthOf(ban({ own_end: true, expires_at: '2026-11-26T13:00:00.400Z' }))).toBe(3600);
  expect(lengthOf(ban({ own_end: true, expires_at: '2026-11-26T12:00:12.600Z' }))).toBe(12);
  expect(lengthOf(ban({ ban_seconds: -1, expires_at: null }))).toBe(-1);
});

const event = (over: Partial<HostEvent>) =>
  ({
    kind: 'ban',
    banned_at: '2026-11-26T12:00:00Z',
    ban_seconds: 600,
    expires_at: '2026-11-26T12:10:00Z',
    failures: null,
    ban_count: null,
    restored: false,
    origin: 'fail2ban',
    actor: null,
    reason: null,
    ...over,
  }) as HostEvent;

test('the feed says until when, and whether somebody set that end', () => {
  const now = Date.parse('2026-11-26T12:00:05Z');
  expect(endsByItself(event({}))).toBe(false);
  expect(endsByItself(event({ expires_at: '2026-11-26T12:00:15.2Z' }))).toBe(true);
  expect(endsByItself(event({ ban_seconds: -1 }))).toBe(true);
  expect(endsByItself(event({ ban_seconds: -1, expires_at: null }))).toBe(false);
  expect(eventInWords(event({}), now)).toMatch(/^until \d\d:10:00$/);
  expect(eventInWords(event({ expires_at: '2026-11-26T12:30:00Z' }), now)).toMatch(/^until \d\d:30:00 \(own end\)$/);
  expect(eventInWords(event({ ban_seconds: -1, expires_at: null }), now)).toBe('for ever');
});

test('what is put back lasts as long as was left, and never too short for the server', () => {
  const now = Date.parse('2026-11-26T12:05:01Z');
  expect(restOf(ban({}), now)).toBeUndefined();
  expect(restOf(ban({ own_end: true }), now)).toBe(300);
  expect(restOf(ban({ own_end: true, expires_at: '2026-11-26T12:05:03Z' }), now)).toBe(10);
});
