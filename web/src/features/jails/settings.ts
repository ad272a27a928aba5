import { t } from '@lingui/core/macro';
import { kindOf } from '@/api/config-words';
import type { ConfigEdit, ConfigJail, ConfigOption } from '@/api/types';
import { secondsOf } from '@/lib/span';

/** What was typed and not applied: by option, null = back to what it inherits. */
export type Draft = Readonly<Record<string, string | null>>;

/** One option of a jail as the form shows it. */
export interface Setting {
  option: string;
  /** What counts now; undefined = nothing says anything. */
  effective: ConfigOption | undefined;
  /** What would count without BanGUI's file for the jail; undefined = nothing. */
  inherited: ConfigOption | undefined;
  /** What BanGUI's file says; undefined = nothing. */
  own: ConfigOption | undefined;
  /** It is, or becomes part of, a command that fail2ban runs as root. */
  code: boolean;
}

/** A part of the form. */
export interface Group {
  id: string;
  title: string;
  settings: Setting[];
}

// What the server's grammar knows (jailconf.jailRules); everything else is code.
const data = new Set(
  (
    'enabled ignoreself bantime.increment bantime.overalljails maxretry maxmatches maxlines findtime bantime bantime.maxtime bantime.rndtime ' +
    'bantime.factor bantime.multipliers usedns backend logencoding logtimezone ignoreip logpath journalmatch failregex ignoreregex datepattern ' +
    'port protocol mode filter banaction banaction_allports'
  ).split(' '),
);

/** The one reference that a jail's banaction may be: what closes every port on that machine. */
export const allPorts = '%(banaction_allports)s';

const groups: [id: string, options: string][] = [
  ['detection', 'maxretry findtime filter mode usedns maxmatches'],
  [
    'ban',
    'bantime bantime.increment bantime.multipliers bantime.factor bantime.formula bantime.maxtime bantime.rndtime bantime.overalljails',
  ],
  ['sources', 'backend logpath journalmatch logencoding logtimezone datepattern'],
  ['ignore', 'ignoreip ignoreself ignorecommand ignorecache'],
  ['expressions', 'failregex ignoreregex prefregex maxlines'],
  ['actions', 'banaction banaction_allports port protocol chain action'],
];

function titleOf(id: string): string {
  const titles: Record<string, string> = {
    detection: t`What counts as an attack`,
    ban: t`How long it bans`,
    sources: t`What it reads`,
    ignore: t`Who is never banned`,
    expressions: t`Expressions of its own`,
    actions: t`What a ban does`,
  };
  return titles[id] ?? t`What other values refer to`;
}

function all(jail: ConfigJail): ConfigOption[] {
  return [...jail.options, ...jail.others];
}

/** One option of a jail, from all that says something about it. */
export function settingOf(jail: ConfigJail, option: string): Setting {
  const by = (list: readonly ConfigOption[]) => list.find(({ name }) => name === option);
  const effective = by(all(jail)) ?? (jail.uses_filter === null ? undefined : by(jail.uses_filter.options));
  const own = by(jail.own_values);
  const inherited = own === undefined ? effective : by(jail.inherited);
  return { option, effective, inherited, own, code: !data.has(option) };
}

/** Every option of a jail in the groups of the form; those that only feed others come last. */
export function groupsOf(jail: ConfigJail): Group[] {
  const placed = new Set(['enabled']);
  const made = groups.map(([id, options]) => {
    const settings = options.split(' ').map((option) => settingOf(jail, option));
    for (const { option } of settings) placed.add(option);
    return { id, title: titleOf(id), settings };
  });
  const rest = [...new Set([...all(jail), ...jail.own_values].map(({ name }) => name))].filter((name) => !placed.has(name));
  return [...made, { id: 'rest', title: titleOf('rest'), settings: rest.map((name) => settingOf(jail, name)) }];
}

/** How a value stands in its field: as written where that can be typed, else as it counts. */
export function fieldText(option: string, from: ConfigOption | undefined): string {
  if (from === undefined || from.kind === 'none') return '';
  if (option === 'action') return from.raw;
  if (kindOf(option) === 'switch') return /^(1|on|true|yes)$/i.test(from.value.trim()) ? 'true' : 'false';
  if (kindOf(option) === 'span') return secondsOf(from.raw) === undefined ? from.value : from.raw;
  if (kindOf(option) === 'words')
    return from.value
      .split(/[\s,]+/)
      .filter(Boolean)
      .join('\n');
  return from.value;
}

/** What the field of a setting shows: what was typed, or what counts. */
export function shownText({ option, effective, inherited }: Setting, draft: Draft): string {
  const typed = draft[option];
  if (typed === undefined) return fieldText(option, effective);
  return typed ?? fieldText(option, inherited);
}

const spacesApart = (text: string) =>
  text
    .trim()
    .split(/[\s,]+/)
    .join(' ');

/** Whether two texts of an option mean the same. */
export function sameMeaning(option: string, a: string, b: string): boolean {
  switch (kindOf(option)) {
    case 'span': {
      const seconds = secondsOf(a);
      return seconds === undefined ? a.trim() === b.trim() : seconds === secondsOf(b);
    }
    case 'words':
      return spacesApart(a) === spacesApart(b);
    default:
      return a.trim() === b.trim();
  }
}

/** The draft with one option typed; what says the same as now is no change. */
export function typedInto(draft: Draft, setting: Setting, text: string): Draft {
  const { [setting.option]: _, ...rest } = draft;
  return sameMeaning(setting.option, text, fieldText(setting.option, setting.effective)) ? rest : { ...rest, [setting.option]: text };
}

/** The draft with one option put back to what it inherits. */
export function resetIn(draft: Draft, { option, own }: Setting): Draft {
  const { [option]: _, ...rest } = draft;
  return own === undefined ? rest : { ...rest, [option]: null };
}

/** What a draft asks the server to change. */
export function editsOf(jail: string, draft: Draft): ConfigEdit[] {
  return Object.entries(draft).map(([option, value]) => ({ place: 'jail', name: jail, option, value }));
}

function wrongSpan(option: string, said: string): string | undefined {
  const seconds = secondsOf(said);
  if (seconds === undefined) return t`This is no time such as 600, 10m, 2h or 1d 12h.`;
  if (seconds === -1 && option !== 'bantime') return t`Only a ban can last for ever.`;
  return seconds === 0 && option !== 'bantime.rndtime' ? t`At least one second.` : undefined;
}

/** Why a text can't be a value; undefined where the page sees nothing wrong. The server and fail2ban decide. */
export function wrongIn(option: string, text: string): string | undefined {
  const said = text.trim();
  switch (kindOf(option)) {
    case 'span':
      return wrongSpan(option, said);
    case 'number':
      if (option === 'bantime.factor') return /^\d{1,4}(\.\d{1,6})?$/.test(said) ? undefined : t`This is no number.`;
      return /^\d{1,7}$/.test(said) ? undefined : t`This is no whole number.`;
    default:
      return option !== 'action' && said !== allPorts && said.includes('%(')
        ? t`A reference to another option has to be written in the file itself.`
        : undefined;
  }
}

/** The edits that make a jail active or not: what it inherits anyway need not be said. */
export function enabling(jail: string, enabled: boolean): ConfigEdit[] {
  return [{ place: 'jail', name: jail, option: 'enabled', value: String(enabled) }];
}

/** The edits that take everything back that BanGUI's file says of a jail. */
export function withdrawing(jail: ConfigJail): ConfigEdit[] {
  return jail.own_values.map(({ name }) => ({ place: 'jail', name: jail.name, option: name, value: null }));
}
