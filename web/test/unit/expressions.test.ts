import { expect, test } from 'vitest';
import type { ExpressionHit, ExpressionLine } from '@/api/types';
import { marksOf, partsOf } from '@/features/expressions/marks';
import { draftOf, missingIn, orderOf } from '@/features/expressions/view';

const hit = (over: Partial<ExpressionHit>): ExpressionHit => ({
  expression: 0,
  id: null,
  user: null,
  host: null,
  line: 1,
  start: 0,
  end: 0,
  groups: [],
  ...over,
});

const line = (number: number, text: string, hits: ExpressionHit[] = []): ExpressionLine => ({
  number,
  text,
  cut: false,
  state: 'matched',
  hits,
  at: null,
  date_start: 0,
  date_end: 0,
});

test('each part of a line has the strongest of its marks, and places count characters', () => {
  const text = '🚀 bob from 203.0.113.7!';
  const marks = marksOf([
    line(1, text, [
      hit({
        start: 2,
        end: 22,
        groups: [
          { name: 'user', value: 'bob', line: 1, start: 2, end: 5 },
          { name: 'ip4', value: '203.0.113.7', line: 1, start: 11, end: 22 },
          { name: 'mlfid', value: text, line: 1, start: 0, end: 23 },
        ],
      }),
    ]),
  ]);
  expect(partsOf(text, marks.get(1) ?? []).map(({ text, role }) => [text, role])).toEqual([
    ['🚀 ', 'plain'],
    ['bob', 'user'],
    [' from ', 'match'],
    ['203.0.113.7', 'id'],
    ['!', 'plain'],
  ]);
});

test('what an earlier line gave is marked there, and places beyond a line do no harm', () => {
  const first = line(1, 'conn 7 from 203.0.113.7');
  const second = line(2, 'conn 7 failed', [
    hit({ line: 1, start: 0, end: 99, groups: [{ name: 'ip4', value: '203.0.113.7', line: 1, start: 12, end: 23 }] }),
  ]);
  const marks = marksOf([first, second]);
  expect(partsOf(first.text, marks.get(1) ?? []).map(({ role }) => role)).toEqual(['match', 'id']);
  expect(partsOf(second.text, marks.get(2) ?? [])).toEqual([{ text: 'conn 7 failed', role: 'plain', name: '' }]);
});

test('a link names a filter and a log, and what is missing is said', () => {
  const linked = draftOf({ filter: 'sshd', log: '/var/log/auth.log', journal: '' });
  expect(missingIn(linked)).toBeUndefined();
  expect(orderOf({ ...linked, contains: 'root' })).toEqual({
    source: { kind: 'log', path: '/var/log/auth.log', lines: 500, contains: 'root' },
    filter: 'sshd',
    options: {},
    host_names: false,
  });
  const empty = draftOf({ filter: '', log: '', journal: '' });
  expect(missingIn(empty)).toBe('lines');
  expect(missingIn({ ...empty, text: 'x' })).toBe('expression');
  expect(missingIn({ ...empty, kind: 'log' })).toBe('log');
  const own = { ...empty, text: 'x', own: true, failregex: '\n ^<HOST>$ \n', ignoreregex: '  ' };
  expect(missingIn(own)).toBeUndefined();
  expect(orderOf(own).options).toEqual({ failregex: ' ^<HOST>$' });
});
