import { t } from '@lingui/core/macro';
import type { RecipeKind } from '@/api/recipes';
import type { Recipe } from '@/api/types';
import type { Tone } from '@/ui/badge';

/** The first line of BanGUI's own files; the server writes it. */
const mark = /^# Written by BanGUI\.[^\n]*\n/;

/** A file's text without the line that says whose it is. */
export function withoutMark(content: string): string {
  return content.replace(mark, '');
}

/** A name that a filter or action of one's own may have. */
export const recipeName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** The file of BanGUI's for a filter or action. */
export function localFile(kind: RecipeKind, name: string): string {
  return `${kind}.d/${name}.local`;
}

/** The files that may be written as a whole: those that packages don't own (docs/configuration.md). */
export function writable(name: string): boolean {
  return /^((jail|fail2ban|paths-[A-Za-z0-9][\w.-]*)|(jail|fail2ban|filter|action)\.d\/[A-Za-z0-9][\w.-]*)\.local$/.test(name);
}

/** Whether a file is code: who may change it may run anything as root. */
export function isCode(name: string): boolean {
  return name.startsWith('action.d/') || name.startsWith('paths-');
}

/** Whose a filter or action is. */
export function stateInWords(state: Recipe['state']): { word: string; hint: string; tone: Tone } {
  switch (state) {
    case 'changed':
      return { word: t`Changed`, hint: t`A .local file stands over the package's file.`, tone: 'accent' };
    case 'own':
      return { word: t`Own`, hint: t`No package has it: it is only a .local file.`, tone: 'ok' };
    default:
      return { word: t`Packaged`, hint: t`As the package's file says.`, tone: 'neutral' };
  }
}

/** The names of the two kinds. */
export function kindInWords(kind: RecipeKind): { many: string; none: string; all: string } {
  return kind === 'filter'
    ? { many: t`Filters`, none: t`There is no filter of that name.`, all: t`All filters` }
    : { many: t`Actions`, none: t`There is no action of that name.`, all: t`All actions` };
}

/** What an option is for; undefined = it only feeds references and tags. */
export function optionHint(option: string): string | undefined {
  const words: Record<string, string> = {
    failregex: t`What counts as a failure, one expression a line`,
    ignoreregex: t`What never counts, one expression a line`,
    prefregex: t`How each line begins; the rest is matched`,
    datepattern: t`How dates look in the log`,
    maxlines: t`Lines looked at together`,
    journalmatch: t`Journal entries to look at`,
    usedns: t`What to do with host names`,
    actionstart: t`Run when a jail starts`,
    actionstop: t`Run when a jail stops`,
    actionban: t`Run for each ban`,
    actionunban: t`Run at the end of each ban`,
    actioncheck: t`Run before each ban, to see whether all is there`,
    actionflush: t`Run to lift all bans at once`,
    actionrepair: t`Run when the check fails`,
    actionreload: t`Run when a jail is reloaded`,
    actionprolong: t`Run when a ban gets longer`,
    actionreban: t`Run to make a ban anew`,
    actionstart_on_demand: t`Started with the first ban only`,
    actionrepair_on_unban: t`Repaired at the end of a ban too`,
    norestored: t`Not for bans that are restored at a start`,
    timeout: t`Seconds that a command may take`,
  };
  return words[option];
}

/** The line that an error of the server names in a file; undefined = none. */
export function wrongLine(message: string, file: string): number | undefined {
  const at = message.indexOf(file);
  const found = at < 0 ? undefined : /line (\d+)/.exec(message.slice(at))?.[1];
  return found === undefined ? undefined : Number(found);
}

/** The line of a text on which an expression stands that an error shows; undefined = none. References and tags are replaced there, and its end may be cut off. */
export function expressionLine(message: string, text: string): number | undefined {
  let best = { line: 0, score: 0 };
  for (const [index, line] of text.split(/\r\n|\r|\n/).entries()) {
    const said = line
      .replace(/^[\w.-]+\s*[=:]/, '')
      .trim()
      .replaceAll('%%', '%');
    const score = /^[#;[]/.test(said) ? 0 : likeness(message, said.split(/<[^<>]*>|%\([^)]*\)s/));
    if (score > best.score) best = { line: index + 1, score };
  }
  return best.line === 0 ? undefined : best.line;
}

// How much of an expression stands in a message, piece after piece; 0 where too little does to be sure.
function likeness(message: string, pieces: string[]): number {
  let from = 0;
  let score = 0;
  let longest = 0;
  for (const piece of pieces) {
    const at = message.indexOf(piece, from);
    if (at < 0) break;
    from = at + piece.length;
    score += piece.length;
    longest = Math.max(longest, piece.trim().length);
  }
  return longest >= 3 ? score : 0;
}
