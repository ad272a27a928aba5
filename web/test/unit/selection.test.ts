import { expect, test } from 'vitest';
import { gridKey } from '@/ui/grid/keyboard';
import { extend, nothing, toggle, toggleAll } from '@/ui/grid/selection';

const order = ['a', 'b', 'c', 'd', 'e'];
const keys = (selection: { keys: ReadonlySet<string> }) => [...selection.keys].sort();

test('shift chooses everything between, in either direction', () => {
  expect(keys(extend(toggle(nothing, 'b'), 'd', order))).toEqual(['b', 'c', 'd']);
  expect(keys(extend(toggle(nothing, 'd'), 'a', order))).toEqual(['a', 'b', 'c', 'd']);
});

test('shift with nothing chosen, or with an anchor that is gone, takes the row alone', () => {
  expect(keys(extend(nothing, 'c', order))).toEqual(['c']);
  expect(keys(extend({ keys: new Set(['x']), anchor: 'x' }, 'c', order))).toEqual(['c', 'x']);
  expect(extend(nothing, 'gone', order)).toBe(nothing);
});

test('all, then none', () => {
  const all = toggleAll(nothing, order);
  expect(keys(all)).toEqual(order);
  expect(keys(toggleAll(all, order))).toEqual([]);
  expect(keys(toggleAll(nothing, []))).toEqual([]);
});

const press = (key: string, more = {}) => ({ key, shiftKey: false, mod: false, letters: true, ...more });
const place = { active: 2, rows: 5, page: 3 };

test('keys move within the list and stop at its ends', () => {
  expect(gridKey(press('ArrowDown'), place)).toEqual({ kind: 'move', to: 3, extend: false });
  expect(gridKey(press('k', { shiftKey: true }), place)).toEqual({ kind: 'move', to: 1, extend: true });
  expect(gridKey(press('PageDown'), place)).toEqual({ kind: 'move', to: 4, extend: false });
  expect(gridKey(press('Home'), place)).toEqual({ kind: 'move', to: 0, extend: false });
  expect(gridKey(press('End'), { ...place, rows: 0 })).toBeUndefined();
});

test('letters are only letters when single keys are off', () => {
  expect(gridKey(press('j', { letters: false }), place)).toBeUndefined();
  expect(gridKey(press('x', { letters: false }), place)).toBeUndefined();
  expect(gridKey(press(' ', { letters: false }), place)).toEqual({ kind: 'select' });
});

test('ctrl with a letter is the browser’s, except for choosing all', () => {
  expect(gridKey(press('a', { mod: true }), place)).toEqual({ kind: 'all' });
  expect(gridKey(press('x', { mod: true }), place)).toBeUndefined();
});
