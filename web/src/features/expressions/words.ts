import { t } from '@lingui/core/macro';
import type { ExpressionFlag, ExpressionLine, ExpressionSeen } from '@/api/types';
import { number } from '@/lib/time';
import type { Tone } from '@/ui/badge';
import type { Role } from './marks';

/** What became of a line. */
export function stateInWords(state: ExpressionLine['state']): { word: string; tone: Tone } {
  switch (state) {
    case 'matched':
      return { word: t`Matched`, tone: 'accent' };
    case 'ignored':
      return { word: t`Ignored`, tone: 'neutral' };
    case 'stopped':
      return { word: t`Stopped`, tone: 'danger' };
    case 'untried':
      return { word: t`Not tried`, tone: 'warn' };
    case 'skipped':
      return { word: t`Skipped`, tone: 'neutral' };
    default:
      return { word: t`Missed`, tone: 'neutral' };
  }
}

/** How a part of a line looks; what it is stands in its title as well. */
export function markClass(role: Role): string {
  switch (role) {
    case 'id':
      return 'rounded-sm bg-accent-soft font-semibold text-accent-text';
    case 'user':
      return 'rounded-sm bg-ok-soft font-medium text-ok';
    case 'group':
      return 'rounded-sm bg-hover text-text underline decoration-dotted underline-offset-2';
    case 'date':
      return 'bg-transparent text-muted';
    default:
      return 'bg-hover text-text';
  }
}

/** Which expression it is. */
export function expressionName({ kind, index }: Pick<ExpressionSeen, 'kind' | 'index'>): string {
  switch (kind) {
    case 'prefix':
      return t`Prefix`;
    case 'ignore':
      return t`Exception ${index + 1}`;
    case 'date':
      return t`Dates`;
    default:
      return t`Expression ${index + 1}`;
  }
}

/** What is wrong, in one sentence. */
export function flagInWords({ kind, example }: ExpressionFlag): string {
  switch (kind) {
    case 'steered':
      return t`Who writes text into the line chooses the address that is banned: in the line below, 192.0.2.66 is found in place of the real one.`;
    case 'unanchored':
      return example === null
        ? t`It is not bound to the beginning of the line (^): who gets text into the log, in a user name or a request, can make it match with an address of his choice.`
        : t`It matches anywhere in a line: text inside a line about something else counts as a failure of an address that its writer chose.`;
    case 'catch_all':
      return t`A part that takes any text stands before the address, and nothing binds what follows to the end of the line ($): text of an attacker can hold another address, which may be taken instead.`;
    default:
      return t`It takes long: who sends many such lines keeps fail2ban busy.`;
  }
}

/** A time of the processor, from microseconds. */
export function processorTime(microseconds: number): string {
  if (microseconds < 1000) return t`${number(microseconds)} µs`;
  return t`${number(Math.round(microseconds / 100) / 10)} ms`;
}
