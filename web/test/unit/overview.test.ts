import { describe, expect, test } from 'vitest';
import { partsOf } from '@/features/overview/trend';
import { flip, isCounted, readView, toFilter, toHistory, toSearch, usual } from '@/features/overview/view';
import { changeInWords } from '@/features/overview/words';
import { dayBegins, showTimesIn, timeZone, wallTime } from '@/lib/time';
import { barAt, stacked, wholeBars } from '@/ui/chart/stack';

describe('what the page shows', () => {
  test('a free time takes the place of a range, and what is usual is not in the address', () => {
    expect(readView({})).toEqual(usual);
    expect(readView({ from: '2026-11-01', range: '7d' }).range).toBe('');
    expect(toSearch(readView({ range: '24h' }))).toEqual({});
    expect(toSearch(readView({ range: '7d', jail: 'sshd' }))).toEqual({ range: '7d', jail: 'sshd' });
  });

  test.each([
    [{ country: 'NL' }, 'origin', 'manual', { country: '', origin: 'manual' }],
    [{ jail: 'sshd', country: 'NL' }, 'asn', '64500', { jail: '', country: '', asn: '64500' }],
    [{ asn: '64500' }, 'jail', 'sshd', { asn: '', jail: 'sshd' }],
    [{ jail: 'sshd' }, 'country', 'NL', { jail: 'sshd', country: 'NL' }],
    [{ jail: 'sshd' }, 'jail', 'sshd', { jail: '' }],
  ] as const)('%o narrowed by %s %s is only what is counted together', (given, name, value, want) => {
    expect(flip(readView(given), name, value)).toMatchObject(want);
  });

  test('an address that asks for what is not counted together is read as what is', () => {
    expect(readView({ jail: 'sshd', asn: '64500', origin: 'manual' })).toMatchObject({ jail: 'sshd', asn: '', origin: 'manual' });
    expect(readView({ country: 'NL', origin: 'manual' })).toMatchObject({ country: 'NL', origin: '' });
  });

  test('what no counter holds is not asked for', () => {
    expect(isCounted('network', readView({ jail: 'sshd' }))).toBe(false);
    expect(isCounted('country', readView({ origin: 'manual' }))).toBe(false);
    expect(isCounted('jail', readView({ asn: '64500' }))).toBe(false);
    expect(isCounted('country', readView({ jail: 'sshd' }))).toBe(true);
  });

  test('days are whole, a time of day is exact, and both come back', () => {
    showTimesIn('Europe/Berlin');
    expect(toFilter(readView({ from: '2026-11-24', to: '2026-11-24' }))).toMatchObject({
      since: '2026-11-23T23:00:00.000Z',
      until: '2026-11-24T23:00:00.000Z',
    });
    expect(dayBegins('2026-11-24T13:30', 1)).toBe('2026-11-24T12:30:00.000Z');
    expect(wallTime(Date.parse('2026-11-24T12:30:00Z'))).toBe('2026-11-24T13:30');
    timeZone.set(undefined);
  });

  test('the history is asked for the same', () => {
    expect(toHistory(readView({ range: '7d', country: 'NL', host: 'a' }))).toEqual({ range: '7d', country: 'NL', host: 'a' });
  });

  test.each([
    [0, 0, 'none in the time before either'],
    [5, 0, 'none in the time before'],
    [150, 100, '+50% against 100 before'],
    [100, 100, '0% against 100 before'],
    [2000, 100, '20 times the 100 before'],
  ])('%i after %i', (now, before, words) => expect(changeInWords(now, before)).toBe(words));
});

describe('the chart', () => {
  const bars = {
    starts: [0, 10, 20],
    end: 30,
    parts: [
      [1, 2, 3],
      [4, 0, 6],
    ],
  };

  test('parts stand on each other', () =>
    expect(stacked(bars)).toEqual([
      [1, 2, 3],
      [5, 2, 9],
    ]));

  test.each([
    [-1, undefined],
    [0, 0],
    [9.9, 0],
    [29, 2],
    [30, undefined],
  ])('%d is in bar %s', (at, bar) => expect(barAt(bars, at)).toBe(bar));

  test.each([
    [3, 12, [0, 20]],
    [-5, 3, [0, 10]],
    [12, 99, [10, 30]],
    [10, 20, [10, 20]],
    [-9, -1, undefined],
    [30, 40, undefined],
  ])('from %d to %d are whole bars', (from, to, want) => expect(wholeBars(bars, from, to)).toEqual(want));

  test('what is in no named jail is the rest', () => {
    const at = '2026-11-24T00:00:00Z';
    const parts = partsOf({
      points: [
        { at, bans: 5 },
        { at, bans: 1 },
      ],
      parts: [{ key: 'sshd', bans: [3, 1] }],
    });
    expect(parts.map(({ name, total }) => [name, total])).toEqual([
      ['sshd', 4],
      ['Other jails', 2],
    ]);
    expect(partsOf({ points: [{ at, bans: 4 }], parts: [{ key: 'sshd', bans: [4] }] })).toHaveLength(1);
    expect(partsOf({ points: [{ at, bans: 0 }], parts: [] })).toMatchObject([{ name: 'Bans', total: 0 }]);
  });
});
