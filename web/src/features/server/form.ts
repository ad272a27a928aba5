import type { Server, ServerChange, ServerOption } from '@/api/types';
import { secondsOf } from '@/lib/span';

/** The options that can be changed, by fail2ban's names. */
export const editable = ['loglevel', 'logtarget', 'syslogsocket', 'dbpurgeage', 'dbmaxmatches'] as const;

export type Editable = (typeof editable)[number];

/** The file of ours that holds the server's options. */
const ownFile = 'fail2ban.d/zz-bangui.local';

/** Where fail2ban may log to without root's word on this machine. */
export const stockTargets = ['/var/log/fail2ban.log', 'SYSTEMD-JOURNAL', 'SYSLOG', 'SYSOUT', 'STDOUT', 'STDERR'];

/** What was typed; undefined = nothing, null = back to what it inherits. */
export type Draft = Partial<Record<Editable, string | null>>;

export function optionOf(server: Server, name: string): ServerOption | undefined {
  return server.options.find((one) => one.name === name);
}

/** Whether a value is ours to take back. */
export function isOwn(option: ServerOption | undefined): boolean {
  return option?.configured?.origin.file === ownFile;
}

/** Whether two values of an option mean the same: a time may be written in many ways. */
export function same(name: string, a: string, b: string): boolean {
  if (name === 'dbpurgeage') {
    const seconds = secondsOf(a);
    if (seconds !== undefined && seconds === secondsOf(b)) return true;
  }
  return a.toLowerCase() === b.toLowerCase();
}

/** Whether the running server has another value than its files say; false where it does not tell. */
export function differs({ name, live, configured }: ServerOption): boolean {
  return live !== null && configured !== null && live !== '' && !same(name, live, configured.value);
}

/** What is wrong with what was typed: a word for it. */
export function mistake(name: Editable, value: string): 'span' | 'number' | undefined {
  if (name === 'dbpurgeage') {
    const seconds = secondsOf(value);
    return seconds === undefined || seconds < 0 ? 'span' : undefined;
  }
  if (name === 'dbmaxmatches') return /^\d{1,4}$/.test(value.trim()) && Number(value) <= 1000 ? undefined : 'number';
  return undefined;
}

const fields = {
  loglevel: 'log_level',
  logtarget: 'log_target',
  syslogsocket: 'syslog_socket',
  dbpurgeage: 'purge_age_seconds',
  dbmaxmatches: 'max_matches',
} as const;

/** The draft as the API takes it; undefined where it changes nothing or holds a mistake. */
export function changeOf(server: Server, draft: Draft): ServerChange | undefined {
  const change: ServerChange = {};
  const reset: ServerChange['reset'] = [];
  for (const name of editable) {
    const value = draft[name];
    if (value === undefined) continue;
    if (value === null) {
      reset.push(fields[name]);
      continue;
    }
    if (mistake(name, value) !== undefined) return undefined;
    if (same(name, value, optionOf(server, name)?.configured?.value ?? '')) continue;
    if (name === 'dbpurgeage') change.purge_age_seconds = secondsOf(value);
    else if (name === 'dbmaxmatches') change.max_matches = Number(value);
    else change[fields[name]] = value;
  }
  if (reset.length > 0) change.reset = reset;
  return Object.keys(change).length > 0 ? change : undefined;
}
