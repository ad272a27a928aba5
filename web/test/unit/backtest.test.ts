import { describe, expect, test } from 'vitest';
import { isWrong, nothingAsked, orderOf, read, readAll } from '../../src/features/jails/backtest-order';

test('values are read as fail2ban means them, and nothing else is sent', () => {
  expect(read('maxretry', ' 5 ')).toBe(5);
  expect(read('maxretry', '0')).toBeUndefined();
  expect(read('maxretry', '5m')).toBeUndefined();
  expect(read('findtime', '1h 30m')).toBe(5400);
  expect(read('findtime', '-1')).toBeUndefined();
  expect(read('bantime', '-1')).toBe(-1);
  expect(read('bantime', '0')).toBeUndefined();
  expect(readAll('bantime', '10m, 1d;-1, 600')).toEqual([600, 86_400, -1]);
  expect(readAll('maxretry', '')).toEqual([]);
  expect(readAll('maxretry', '2, many')).toBeUndefined();
  expect(readAll('maxretry', '1,2,3,4,5,6,7,8,9,10,11,12,13')).toBeUndefined();
  expect(isWrong({ ...nothingAsked, findtime: 'soon' })).toBe(true);
  expect(isWrong({ ...nothingAsked, sweep: { ...nothingAsked.sweep, bantime: 'x' } })).toBe(true);
  expect(isWrong(nothingAsked)).toBe(false);
});

describe('what is asked', () => {
  const draft = [
    { place: 'jail', name: 'sshd', option: 'maxretry', value: '7' },
    { place: 'jail', name: 'sshd', option: 'ignoreip', value: null },
  ] as const;

  test('of the jail as it is', () => {
    expect(orderOf('sshd', nothingAsked, [], 'x')).toEqual({
      jail: 'sshd',
      span_seconds: 86_400,
      sweep: { max_retry: [], find_seconds: [], ban_seconds: [] },
    });
  });

  test('a typed value counts instead of that among the settings that are not applied', () => {
    const order = orderOf('sshd', { ...nothingAsked, maxretry: '3', sweep: { ...nothingAsked.sweep, maxretry: '2,4' } }, draft, 'x');
    expect(order.etag).toBe('x');
    expect(order.edits).toEqual([draft[1], { place: 'jail', name: 'sshd', option: 'maxretry', value: '3' }]);
    expect(order.sweep?.max_retry).toEqual([2, 4]);
  });
});
