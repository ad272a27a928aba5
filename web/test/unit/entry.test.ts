import { afterEach, describe, expect, test } from 'vitest';
import { deviceOf } from '@/lib/agent';
import { shortest, strengthOf, suggestPassword } from '@/lib/password';
import { readableOnTheWay } from '@/lib/place';
import { takeSetupToken } from '@/lib/setup-link';
import { isUserName } from '@/lib/username';

describe('the set-up link', () => {
  afterEach(() => window.history.replaceState(null, '', '/'));

  test('gives its token once, and leaves path and search in the address bar', () => {
    window.history.replaceState(null, '', '/x/bans?q=1#setup=F5Q7%2DXE');
    expect(takeSetupToken()).toBe('F5Q7-XE');
    expect(window.location.href.endsWith('/x/bans?q=1')).toBe(true);
    expect(takeSetupToken()).toBe('');
  });

  test('is not any other fragment', () => {
    window.history.replaceState(null, '', '/#content');
    expect(takeSetupToken()).toBe('');
    expect(window.location.hash).toBe('#content');
  });

  test('that is mistyped is still taken out of sight', () => {
    window.history.replaceState(null, '', '/#setup=%E0%A4%A');
    expect(takeSetupToken()).toBe('%E0%A4%A');
    expect(window.location.hash).toBe('');
  });
});

test.each([
  ['', 'none'],
  ['nine chars'.slice(0, 9), 'short'],
  ['a'.repeat(257), 'long'],
  ['annaannaanna', 'named'],
  ['Anna.2026!!', 'named'],
  ['zzzzzzzzzzzz', 'same'],
  ['abababababab', 'plain'],
  ['plain words', 'fair'],
  ['four plain words here', 'good'],
  ['🔒🔑🔒🔑🔒🔑🔒🔑🔒', 'short'],
])('the password %j is %s', (password, strength) => {
  expect(strengthOf(password, 'anna')).toBe(strength);
});

test('a suggested password is strong, and never the same', () => {
  const made = new Set(Array.from({ length: 200 }, suggestPassword));
  expect(made.size).toBe(200);
  for (const one of made) {
    expect(one).toMatch(/^[a-km-np-zA-HJ-NP-Z2-9]{5}(-[a-km-np-zA-HJ-NP-Z2-9]{5}){3}$/);
    expect(strengthOf(one, 'anna')).toBe('good');
  }
  expect(shortest).toBe(10);
});

test.each([
  ['http:', '192.168.1.5', true],
  ['http:', 'server.lan', true],
  ['http:', 'localhost.evil.example', true],
  ['http:', '127.evil.example', true],
  ['http:', '127.0.0.1', false],
  ['http:', '[::1]', false],
  ['http:', 'localhost', false],
  ['https:', 'server.lan', false],
])('%s//%s can be read on the way: %s', (protocol, hostname, readable) => {
  expect(readableOnTheWay({ protocol, hostname })).toBe(readable);
});

test.each([
  ['anna', true],
  [' Anna ', true],
  ['a.b_c@d-e', true],
  ['.anna', false],
  ['an na', false],
  ['änna', false],
  ['', false],
  ['a'.repeat(65), false],
])('the user name %j: %s', (name, good) => {
  expect(isUserName(name)).toBe(good);
});

test.each([
  ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox 140, Linux'],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0',
    'Edge 140, Windows',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
    'Safari 18, iOS',
  ],
  ['Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36', 'Chrome 140, Android'],
  ['curl/8.14.1', 'curl 8'],
  ['<script>', undefined],
  ['', undefined],
])('the agent %j is %s', (agent, device) => {
  expect(deviceOf(agent)).toBe(device);
});
