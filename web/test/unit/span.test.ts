import { expect, test } from 'vitest';
import { secondsOf } from '@/lib/span';

// What the server's grammar takes (jailconf.Seconds), so that the page says what a time means before it is sent.
test.each([
  ['600', 600],
  ['10m', 600],
  ['1d12h30m', 131_400],
  ['1.5h', 5400],
  ['1h 30', 3630],
  ['2 weeks', 1_209_600],
  ['1mo', 2_629_800],
  ['1Y', 31_557_600],
  [' 90 ', 90],
  ['-1', -1],
])('%s is a time', (text, seconds) => {
  expect(secondsOf(text)).toBe(seconds);
});

test.each(['', '1yr', '010', '1e3', '0x10', '2*3', 'True', '1h,30m', '-2', '--1', '101y', "__import__('os')", '5 # five'])(
  '%s is none',
  (text) => {
    expect(secondsOf(text)).toBeUndefined();
  },
);
