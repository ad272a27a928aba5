import { t } from '@lingui/core/macro';
import { visible } from '../lib/plain';
import { secondsOf } from '../lib/span';
import { duration } from '../lib/time';
import type { ConfigChange, ConfigEffect, ConfigStep } from './types';

/** What a value of an option is made of. */
export type OptionKind = 'span' | 'switch' | 'number' | 'words' | 'lines' | 'text';

const kinds: Record<string, OptionKind> = {
  bantime: 'span',
  findtime: 'span',
  'bantime.maxtime': 'span',
  'bantime.rndtime': 'span',
  dbpurgeage: 'span',
  enabled: 'switch',
  ignoreself: 'switch',
  'bantime.increment': 'switch',
  'bantime.overalljails': 'switch',
  skip_if_nologs: 'switch',
  systemd_if_nologs: 'switch',
  maxretry: 'number',
  maxmatches: 'number',
  maxlines: 'number',
  'bantime.factor': 'number',
  ignoreip: 'words',
  logpath: 'lines',
  journalmatch: 'lines',
  failregex: 'lines',
  ignoreregex: 'lines',
  action: 'lines',
};

/** What a value of an option is made of; text for those that the page does not know. */
export function kindOf(option: string): OptionKind {
  return kinds[option] ?? 'text';
}

/** An option's name in words; undefined where fail2ban's own is all there is. */
export function optionInWords(option: string): string | undefined {
  const words: Record<string, string> = {
    enabled: t`Active`,
    maxretry: t`Failures until a ban`,
    findtime: t`Counted within`,
    bantime: t`Bans for`,
    'bantime.increment': t`Longer for those who come again`,
    'bantime.multipliers': t`Times the ban time, from ban to ban`,
    'bantime.factor': t`Factor on the ban time`,
    'bantime.maxtime': t`At most`,
    'bantime.rndtime': t`Up to that much longer, by chance`,
    'bantime.overalljails': t`Earlier bans in other jails count`,
    'bantime.formula': t`Formula of the ban time`,
    backend: t`How it watches`,
    logpath: t`Log files`,
    journalmatch: t`Journal entries`,
    logencoding: t`Encoding of the log`,
    logtimezone: t`Time zone of the log`,
    datepattern: t`How dates look`,
    maxlines: t`Lines looked at together`,
    maxmatches: t`Lines kept as evidence`,
    ignoreip: t`Never bans`,
    ignoreself: t`Never bans this machine`,
    ignorecommand: t`Command asked before a ban`,
    ignorecache: t`How long its answer holds`,
    usedns: t`Host names in the log`,
    filter: t`Filter`,
    mode: t`Mode of the filter`,
    failregex: t`What counts as a failure`,
    ignoreregex: t`What never counts`,
    prefregex: t`Start of each line`,
    action: t`Actions`,
    banaction: t`How it bans`,
    banaction_allports: t`How it bans on every port`,
    port: t`Ports that a ban closes`,
    protocol: t`Protocol`,
    chain: t`Chain of the firewall`,
    skip_if_nologs: t`Without its logs`,
    systemd_if_nologs: t`The journal instead of missing logs`,
    loglevel: t`Log level`,
    logtarget: t`Log target`,
    dbpurgeage: t`Bans are remembered for`,
    dbmaxmatches: t`Lines remembered for each ban`,
    allowipv6: t`IPv6`,
  };
  return words[option];
}

/** A value in words: a time with its unit, a switch as on or off; else as it is. */
export function valueInWords(option: string, value: string): string {
  const kind = kindOf(option);
  if (kind === 'switch') return /^(1|on|true|yes)$/i.test(value.trim()) ? t`on` : t`off`;
  if (kind === 'span') {
    const seconds = secondsOf(value);
    if (seconds !== undefined) return duration(seconds);
  }
  return value === '' ? t`nothing` : visible(value);
}

/** Whose value an effect changes. */
export function effectPlace({ jail, part }: Pick<ConfigEffect, 'jail' | 'part'>): string {
  const of = jail === null ? t`fail2ban itself` : visible(jail);
  return part === null ? of : `${of}, ${visible(part)}`;
}

/** What fail2ban does for a step of a change, and what that means for bans. */
export function stepInWords({ jail, do: verb }: ConfigStep): { lead: string; rest: string } {
  const name = jail === null ? '' : visible(jail);
  switch (verb) {
    case 'set':
      return { lead: t`fail2ban's own options are set.`, rest: t`Jails and bans stay as they are.` };
    case 'stop':
      return { lead: t`${name} is stopped.`, rest: t`It watches nothing any more, and its bans are lifted in the firewall.` };
    case 'start':
      return { lead: t`${name} is started.`, rest: t`Whether it runs is looked at for some seconds; if it does not, all is put back.` };
    case 'restart':
      return {
        lead: t`${name} is restarted.`,
        rest: t`Its bans are lifted for a moment and put back: a reload would leave changed actions out.`,
      };
    default:
      return { lead: t`${name} is reloaded.`, rest: t`Its bans and what it has counted stay.` };
  }
}

// What makes bans harsher or reach further, so that it can hit whoever makes the change.
const sharp = [
  'maxretry findtime ignoreip ignoreself ignorecommand failregex ignoreregex prefregex filter mode usedns',
  'action banaction banaction_allports port protocol chain logpath journalmatch backend',
]
  .join(' ')
  .split(' ');

/** Whether a change could lock out the one who makes it. */
export function couldLockOut({ steps, effects }: Pick<ConfigChange, 'steps' | 'effects'>): boolean {
  return steps.some(({ do: verb }) => verb === 'start' || verb === 'restart') || effects.some(({ option }) => sharp.includes(option));
}
