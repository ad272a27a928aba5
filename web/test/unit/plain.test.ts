import { expect, test } from 'vitest';
import { clip, shortAddress, visible } from '@/lib/plain';

test('what could deceive the eye becomes visible text', () => {
  expect(visible('a\u001b[31mb')).toBe('a⟨U+001B⟩[31mb');
  expect(visible('x\u202egpj.exe')).toBe('x⟨U+202E⟩gpj.exe');
  expect(visible('nul\u0000 del\u007f c1\u0085')).toBe('nul⟨U+0000⟩ del⟨U+007F⟩ c1⟨U+0085⟩');
  expect(visible('zero\u200bwidth\ufeff')).toBe('zero⟨U+200B⟩width⟨U+FEFF⟩');
  expect(visible('lone \ud800 half')).toBe('lone ⟨U+D800⟩ half');
});

test('ordinary text of any script stays as it is', () => {
  const text = 'Zoë\t日本 🙂 <b>&amp;</b> <F2B_END_COMMAND>';
  expect(visible(text)).toBe(text);
});

test('a line of a megabyte is cut, and how much is said', () => {
  expect(clip('x'.repeat(1_000_000), 600)).toEqual({ text: 'x'.repeat(600), cut: 999_400 });
});

test('long addresses lose their middle, never their ends', () => {
  const long = '2001:0db8:1111:2222:3333:4444:5555:6666';
  const short = shortAddress(long, 20);
  expect(short).toHaveLength(20);
  expect(short.startsWith('2001:0db8')).toBe(true);
  expect(short.endsWith('5:6666')).toBe(true);
  expect(shortAddress('203.0.113.7')).toBe('203.0.113.7');
});
