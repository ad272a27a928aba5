import { expect, test } from 'vitest';
import { parseSearch, stringifySearch } from '@/lib/search';

test('digits stay text: a search for 1 must not become the number', () => {
  expect(parseSearch('?q=1&state=true&jail=null')).toEqual({ q: '1', state: 'true', jail: 'null' });
});

test('a repeated key is a list', () => {
  expect(parseSearch('?jail=a&jail=b&jail=c')).toEqual({ jail: ['a', 'b', 'c'] });
});

test('keys that name parts of every object are only keys', () => {
  const found = parseSearch('?__proto__=x&constructor=y');
  expect(Object.getPrototypeOf(found)).toBe(Object.prototype);
  expect(Object.entries(found)).toEqual([
    ['__proto__', 'x'],
    ['constructor', 'y'],
  ]);
});

test('broken escapes are text', () => {
  expect(parseSearch('?q=%E0%A4%A')).toHaveProperty('q');
});

test('what is empty is left out, and writing and reading agree', () => {
  expect(stringifySearch({ q: '', jail: undefined })).toBe('');
  const search = { q: 'a b&c=d#e', jail: ['x', 'y'] };
  expect(parseSearch(stringifySearch(search))).toEqual(search);
});
