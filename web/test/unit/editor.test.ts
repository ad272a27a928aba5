import { StringStream } from '@codemirror/language';
import { expect, test } from 'vitest';
import { fail2banParser } from '@/ui/editor/language';
import { lineEnd } from '@/ui/editor/mount';

/** The pieces of a text that mean something, as "kind:text", line by line. */
function tokens(text: string): string[][] {
  const state = fail2banParser.startState?.(4);
  if (state === undefined) throw new Error('the language has no state');
  return text.split('\n').map((line) => {
    const stream = new StringStream(line, 4, 4);
    const found: string[] = [];
    while (!stream.eol()) {
      const kind = fail2banParser.token(stream, state);
      if (stream.pos === stream.start) throw new Error(`it stands still at ${stream.pos} of ${line}`);
      if (kind !== null) found.push(`${kind}:${stream.current()}`);
      stream.start = stream.pos;
    }
    return found;
  });
}

test('sections, options and comments are told apart', () => {
  expect(tokens('[Definition]\n# failregex = no\n  ; nor this\nmaxretry = 5 ; five\nkey: v\nmode = a;b # c')).toEqual([
    ['heading:[Definition]'],
    ['comment:# failregex = no'],
    ['comment:  ; nor this'],
    ['key:maxretry', 'operator:=', 'comment: ; five'],
    ['key:key', 'operator::'],
    ['key:mode', 'operator:='],
  ]);
});

test('references, tags and doubled signs stand out in every value', () => {
  expect(tokens('action = %(banaction)s[port="%(port)s"] 100%%\nactionban = <iptables> -s <ip> <?x')).toEqual([
    ['key:action', 'operator:=', 'macro:%(banaction)s', 'macro:%(port)s', 'escape:%%'],
    ['key:actionban', 'operator:=', 'tag:<iptables>', 'tag:<ip>'],
  ]);
});

test('expressions show their parts, also on lines that continue them', () => {
  expect(tokens('failregex = ^a\\d+ (?:x|[^]"=]*) <HOST>$\n            ^%(__pre)s<F-USER>\\S+</F-USER>\n\nmaxlines = 1')).toEqual([
    [
      'key:failregex',
      'operator:=',
      'operator:^',
      'escape:\\d',
      'operator:+',
      'bracket:(?:',
      'operator:|',
      'string:[^]',
      'string:"',
      'string:=',
      'string:]',
      'operator:*',
      'bracket:)',
      'tag:<HOST>',
      'operator:$',
    ],
    ['operator:^', 'macro:%(__pre)s', 'tag:<F-USER>', 'escape:\\S', 'operator:+', 'tag:</F-USER>'],
    [],
    ['key:maxlines', 'operator:='],
  ]);
});

test('no text makes the language stand still', () => {
  const signs = ['[', ']', '(', '?', '%', '<', '>', '\\', ';', '#', '=', ':', ' ', '\t', 'a', '{', '*', '\u202e'];
  let seed = 7;
  const next = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return signs[seed % signs.length] ?? '';
  };
  for (let turn = 0; turn < 500; turn++)
    tokens(`failregex = ${Array.from({ length: 30 }, next).join('')}\n${Array.from({ length: 20 }, next).join('')}`);
});

test('line ends stay as the file has them', () => {
  expect(lineEnd('[a]\r\nb = 1\r\n')).toBe('\r\n');
  expect(lineEnd('[a]\nb = 1\r\n')).toBe('\n');
  expect(lineEnd('')).toBe('\n');
});
