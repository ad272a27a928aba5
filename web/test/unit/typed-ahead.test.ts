import { afterEach, expect, test } from 'vitest';
import { keepTyping, takeTyped } from '@/lib/typed-ahead';

afterEach(() => void takeTyped());

function press(key: string, more: KeyboardEventInit = {}): boolean {
  return document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more }));
}

test('what is typed before a field has the focus is its text, and no short cut', () => {
  let heard = 0;
  const hear = () => heard++;
  document.addEventListener('keydown', hear);
  keepTyping();
  for (const key of '2001:dbx') expect(press(key)).toBe(false);
  press('Backspace');
  press('8');
  document.removeEventListener('keydown', hear);
  expect(heard).toBe(0);
  expect(takeTyped()).toBe('2001:db8');
  expect(press('b')).toBe(true);
  expect(takeTyped()).toBe('');
});

test('keys with Ctrl stay what they are, and Escape forgets what was typed', () => {
  keepTyping();
  expect(press('k', { ctrlKey: true })).toBe(true);
  press('2');
  press('Escape');
  expect(press('u')).toBe(true);
  expect(takeTyped()).toBe('');
});
