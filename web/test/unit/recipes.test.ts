import { expect, test } from 'vitest';
import type { Recipe } from '@/api/types';
import { usesInWords } from '@/features/recipes/columns';
import { narrowed } from '@/features/recipes/page';
import { placeOf } from '@/features/recipes/source';
import { expressionLine, recipeName, withoutMark, writable, wrongLine } from '@/features/recipes/words';
import { Problem } from '@/lib/problem';

function recipe(name: string, more: Partial<Recipe> = {}): Recipe {
  return {
    name,
    about: null,
    state: 'packaged',
    degree: 'data',
    files: [],
    includes: [],
    included_by: [],
    used_by: [],
    python: false,
    shared: false,
    fault: null,
    ...more,
  };
}

const use = (jail: string, enabled: boolean) => ({ jail, enabled });

test('a list is narrowed by words, jails, and whose they are', () => {
  const all = [
    recipe('sshd', { about: 'for openssh', used_by: [use('sshd', true)] }),
    recipe('dovecot', { used_by: [use('imap', false)], state: 'changed' }),
    recipe('mine', { state: 'own', fault: 'broken' }),
  ];
  const names = (q: string, show: '' | 'active' | 'mine' | 'broken') => narrowed(all, { q, show }).map(({ name }) => name);
  expect(names('', '')).toEqual(['sshd', 'dovecot', 'mine']);
  expect(names('OpenSSH', '')).toEqual(['sshd']);
  expect(names('imap', '')).toEqual(['dovecot']);
  expect(names('', 'active')).toEqual(['sshd']);
  expect(names('', 'mine')).toEqual(['dovecot', 'mine']);
  expect(names('', 'broken')).toEqual(['mine']);
});

test('who uses it is told by name while active, else by count', () => {
  expect(usesInWords(recipe('a', { used_by: ['a', 'b', 'c', 'd', 'e'].map((jail) => use(jail, true)) }))).toBe('a, b, c +2');
  expect(usesInWords(recipe('a', { used_by: [use('x', false)] }))).toBe('no active jail, 1 inactive');
  expect(usesInWords(recipe('a', { included_by: ['b', 'c'] }))).toBe('included by 2 others');
  expect(usesInWords(recipe('a'))).toBe('nobody');
  expect(usesInWords(recipe('a', { used_by: [use('x\u202e', true)] }))).toBe('x⟨U+202E⟩');
});

test('the line that an error means is found', () => {
  const text = '[Definition]\nfailregex = ^a <HOST>$\n            ^%(__p)sb\\d (<HOST>\n';
  expect(wrongLine('filter.d/x.local, line 7: wrong', 'filter.d/x.local')).toBe(7);
  expect(wrongLine('filter.d/y.local, line 7: wrong', 'filter.d/x.local')).toBeUndefined();
  expect(expressionLine("Unable to compile regular expression '^preb\\d ((?:ip)'", text)).toBe(3);
  expect(
    expressionLine("Unable to compile regular expression '^a very long prefi…", '[x]\nfailregex = ^%(__p)sb\n  ^a very long <HOST>x'),
  ).toBe(3);
  expect(expressionLine('something else', text)).toBeUndefined();
  const told = new Problem({ detail: 'filter.d/x.local, line 3: wrong' }, 400);
  expect(placeOf(told, 'filter.d/x.local', text, true)).toBe(2);
  expect(placeOf(told, 'filter.d/x.local', text, false)).toBe(3);
});

test('only files that no package owns can be written, and names are plain', () => {
  for (const name of ['jail.local', 'fail2ban.local', 'jail.d/x.local', 'filter.d/a-b.c.local', 'action.d/x.local', 'paths-mine.local']) {
    expect(writable(name)).toBe(true);
  }
  for (const name of [
    'jail.conf',
    'filter.d/sshd.conf',
    'filter.d/x.d/y.local',
    '../jail.local',
    'x.local',
    'jail.local\n',
    'filter.d/.x.local',
    'action.d/x.py',
  ]) {
    expect(writable(name)).toBe(false);
  }
  for (const name of ['', '.x', 'a/b', 'a b', '../x', 'ä', 'x\n', 'a'.repeat(65)]) expect(recipeName.test(name)).toBe(false);
  expect(withoutMark('# Written by BanGUI. Changes made here…\n[a]\n')).toBe('[a]\n');
  expect(withoutMark('[a]\n# Written by BanGUI. x\n')).toBe('[a]\n# Written by BanGUI. x\n');
});
