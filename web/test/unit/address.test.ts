import { expect, test } from 'vitest';
import { holds, parseTarget, sizeOf, splitTargets, type Target } from '@/lib/address';

const target = (text: string) => parseTarget(text) as Target;

test.each([
  '203.0.113.7',
  '0.0.0.0/0',
  '198.51.100.0/24',
  '::',
  '::1',
  '2001:db8::/48',
  '::ffff:192.0.2.1',
  '2001:db8:1:2:3:4:5:6',
  '[2001:db8::1]',
])('%s is an address or network', (text) => expect(parseTarget(text)).toBeDefined());

test.each([
  '',
  '1',
  '1.2.3',
  '1.2.3.4.5',
  '1.2.3.256',
  '01.2.3.4',
  '1.2.3.4/33',
  '1.2.3.4/',
  '1.2.3.4/2/3',
  ':',
  ':::',
  '1::2::3',
  '2001:db8::/129',
  'fe80::1%eth0',
  '2001:db8:1:2:3:4:5:6:7',
  'example.net',
  '<b>1.2.3.4</b>',
])('%s is not', (text) => expect(parseTarget(text)).toBeUndefined());

test('many are split at spaces, commas and lines, once each, and what is wrong is named', () => {
  const { targets, wrong } = splitTargets('203.0.113.7, 203.0.113.7\n2001:db8::/48;nonsense\t10.0.0.1');
  expect(targets.map((t) => t.text)).toEqual(['203.0.113.7', '2001:db8::/48', '10.0.0.1']);
  expect(wrong).toEqual(['nonsense']);
});

test('a network holds its members and nothing else', () => {
  expect(holds(target('198.51.100.0/24'), target('198.51.100.255'))).toBe(true);
  expect(holds(target('198.51.100.0/24'), target('198.51.101.0'))).toBe(false);
  expect(holds(target('2001:db8::/32'), target('2001:db8:ffff::1'))).toBe(true);
  expect(holds(target('2001:db8::/32'), target('2001:db9::1'))).toBe(false);
  expect(holds(target('::ffff:192.0.2.0/120'), target('::ffff:192.0.2.9'))).toBe(true);
  expect(holds(target('10.0.0.0/8'), target('::a00:1'))).toBe(false);
  expect(holds(target('10.0.0.0/16'), target('10.0.0.0/8'))).toBe(false);
});

test('the size of a network is exact while it can be counted', () => {
  expect(sizeOf(target('10.0.0.0/8'))).toEqual({ exact: 16_777_216 });
  expect(sizeOf(target('2001:db8::/48'))).toEqual({ power: 80 });
});
