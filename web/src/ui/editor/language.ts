import { HighlightStyle, StreamLanguage, type StreamParser, type StringStream, syntaxHighlighting } from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import { tags } from '@lezer/highlight';

/** Where a line of a fail2ban file stands. */
interface Place {
  /** The option whose value this is; '' outside of values. */
  option: string;
  /** Inside of a [class] of an expression. */
  inClass: boolean;
}

// Options whose values are expressions; those that only feed them are told by their look, line by line.
const expressions = /^(failregex|ignoreregex|prefregex|datepattern)$/;

const section = /^\[[^\]]*\]/;
const key = /^[^\s=:#;[][^=:]*?(?=\s*[=:])/;
const reference = /^%\([^)\s]+\)s/;
const tag = /^<\/?[\w?/.:-]+>/;
const group = /^\((?:\?(?:[:=!>#]|<[=!]|P?<\w+>|P=\w+|P>\w+|\(\w+\)|[aiLmsux-]+[:)]?))?/;
const quantifier = /^(?:[*+?]|\{\d*,?\d*\})\??/;

function inExpression(stream: StringStream, place: Place): string | null {
  if (stream.match(/^\\./)) return 'escape';
  if (place.inClass) {
    if (stream.eat(']')) place.inClass = false;
    else stream.next();
    return 'string';
  }
  if (stream.eat('[')) {
    stream.eat('^');
    stream.eat(']');
    place.inClass = true;
    return 'string';
  }
  if (stream.match(group) || stream.eat(')')) return 'bracket';
  if (stream.match(quantifier) || stream.match(/^[|^$.]/)) return 'operator';
  stream.next();
  return null;
}

function inValue(stream: StringStream, place: Place): string | null {
  if (stream.match(reference)) return 'macro';
  if (stream.match('%%')) return 'escape';
  if (stream.match(tag)) return 'tag';
  if (expressions.test(place.option)) return inExpression(stream, place);
  if (stream.match(/^[^%<;\s]+/)) return null;
  stream.next();
  return null;
}

/** fail2ban's files, line by line: sections, options, comments, %(references)s, <tags>, the parts of expressions. */
export const fail2banParser: StreamParser<Place> = {
  name: 'fail2ban',
  startState: () => ({ option: '', inClass: false }),
  copyState: (place) => ({ ...place }),
  languageData: { commentTokens: { line: '#' } },
  token(stream, place) {
    if (stream.sol()) {
      place.inClass = false;
      if (stream.match(/^\s*[#;].*/)) return 'comment';
      if (stream.match(section)) {
        place.option = '';
        return 'heading';
      }
      const name = stream.match(key);
      if (name) {
        place.option = (name as RegExpMatchArray)[0].toLowerCase();
        return 'key';
      }
    }
    if (stream.eatSpace()) return stream.match(/^;.*/) ? 'comment' : null;
    if (place.option !== '' && /^\S+\s*$/.test(stream.string.slice(0, stream.pos)) && stream.match(/^[=:]/)) return 'operator';
    return inValue(stream, place);
  },
  tokenTable: {
    comment: tags.lineComment,
    heading: tags.heading,
    key: tags.propertyName,
    operator: tags.operator,
    macro: tags.macroName,
    escape: tags.escape,
    tag: tags.tagName,
    bracket: tags.bracket,
    string: tags.string,
  },
};

const look = HighlightStyle.define([
  { tag: tags.lineComment, color: 'var(--muted)' },
  { tag: tags.heading, color: 'var(--accent-text)', fontWeight: '600' },
  { tag: tags.propertyName, color: 'var(--accent)' },
  { tag: tags.macroName, color: 'var(--warn)' },
  { tag: tags.tagName, color: 'var(--ok)', fontWeight: '600' },
  { tag: tags.escape, color: 'var(--accent-text)' },
  { tag: tags.string, color: 'var(--warn)' },
  { tag: [tags.bracket, tags.operator], color: 'var(--danger)' },
]);

/** The language with its colours. */
export function fail2banLanguage(): Extension {
  return [StreamLanguage.define(fail2banParser), syntaxHighlighting(look)];
}
