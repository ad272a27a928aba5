import { expect, test } from 'vitest';
import type { ConfigJail, ConfigOption, ConfigRow } from '@/api/types';
import { readNamed, withParameter, writeNamed } from '@/features/jails/brackets';
import { creating, wrongName } from '@/features/jails/create-jail';
import { allJails, viewed } from '@/features/jails/list';
import { editsOf, groupsOf, resetIn, settingOf, shownText, typedInto, withdrawing, wrongIn } from '@/features/jails/settings';
import { jail as running } from './server';

const option = (name: string, value: string, over: Partial<ConfigOption> = {}): ConfigOption => ({
  name,
  value,
  raw: value,
  kind: 'text',
  fault: null,
  origin: { source: 'own', file: 'jail.local', line: 3, section: 'sshd' },
  ...over,
});

const jail = (over: Partial<ConfigJail> = {}): ConfigJail => ({
  name: 'sshd',
  etag: 'e',
  enabled: true,
  fault: null,
  filter: 'sshd',
  backend: 'auto',
  own: true,
  alone: false,
  fatal: false,
  options: [
    option('enabled', 'True', { kind: 'switch' }),
    option('bantime', '7200'),
    option('findtime', '600', { raw: '10m' }),
    option('maxretry', '5', { kind: 'number' }),
    option('ignoreip', '127.0.0.1/8 ::1'),
    option('action', 'nothing[port="ssh"]', { raw: '%(action_)s' }),
  ],
  others: [option('port', 'ssh'), option('destemail', 'root@localhost')],
  uses_filter: { name: 'sshd', as: '', python: false, args: [], options: [option('failregex', '^x <HOST>')] },
  actions: [],
  own_values: [option('bantime', '7200')],
  inherited: [option('bantime', '600', { raw: '10m' })],
  ...over,
});

test('what is typed becomes an edit only where it means something else, and a reset gives back what was inherited', () => {
  const bantime = settingOf(jail(), 'bantime');
  expect(shownText(bantime, {})).toBe('7200');
  expect(typedInto({}, bantime, ' 2h ')).toEqual({});
  const typed = typedInto({}, bantime, '3h');
  expect(editsOf('sshd', typed)).toEqual([{ place: 'jail', name: 'sshd', option: 'bantime', value: '3h' }]);
  expect(typedInto(typed, bantime, '7200')).toEqual({});
  const back = resetIn(typed, bantime);
  expect(editsOf('sshd', back)).toEqual([{ place: 'jail', name: 'sshd', option: 'bantime', value: null }]);
  expect(shownText(bantime, back)).toBe('10m');
  // What BanGUI's file does not say can only be left alone.
  const findtime = settingOf(jail(), 'findtime');
  expect(shownText(findtime, {})).toBe('10m');
  expect(resetIn(typedInto({}, findtime, '1h'), findtime)).toEqual({});
});

test('lists are one to a line, references stay as written, and expressions come from the filter', () => {
  const shown = (name: string) => shownText(settingOf(jail(), name), {});
  expect(shown('ignoreip')).toBe('127.0.0.1/8\n::1');
  expect(typedInto({}, settingOf(jail(), 'ignoreip'), '127.0.0.1/8, ::1')).toEqual({});
  expect(shown('action')).toBe('%(action_)s');
  expect(shown('failregex')).toBe('^x <HOST>');
  expect(shown('logpath')).toBe('');
});

test('every option is in a group, and what runs as root is marked', () => {
  const groups = groupsOf(jail());
  const all = groups.flatMap(({ settings }) => settings);
  for (const name of ['bantime', 'findtime', 'port', 'action', 'destemail']) expect(all.filter((s) => s.option === name)).toHaveLength(1);
  expect(groups.at(-1)?.settings.map((s) => s.option)).toEqual(['destemail']);
  expect(all.filter(({ code }) => code).map((s) => s.option)).toEqual([
    'bantime.formula',
    'ignorecommand',
    'ignorecache',
    'prefregex',
    'chain',
    'action',
    'destemail',
  ]);
});

test.each([
  ['bantime', '1yr', true],
  ['bantime', '-1', false],
  ['findtime', '-1', true],
  ['findtime', '0', true],
  ['maxretry', '5 # five', true],
  ['maxretry', '5', false],
  ['bantime.factor', '1.5', false],
  ['bantime.factor', '1e9', true],
  ['failregex', '%(known/failregex)s', true],
  ['action', '%(action_mw)s', false],
])('%s = %s is told before it is sent: %s', (name, text, wrong) => {
  expect(wrongIn(name, text) !== undefined).toBe(wrong);
});

test('a jail of our own is taken away by taking back all that its file says', () => {
  expect(withdrawing(jail({ own_values: [option('enabled', 'true'), option('filter', 'sshd')] }))).toEqual([
    { place: 'jail', name: 'sshd', option: 'enabled', value: null },
    { place: 'jail', name: 'sshd', option: 'filter', value: null },
  ]);
});

test('a new jail has a name that fail2ban can bear, a filter and a source', () => {
  expect(wrongName('web', ['sshd'])).toBeUndefined();
  for (const name of ['sshd', '-x', 'a b', 'x'.repeat(26), 'é']) expect(wrongName(name, ['sshd'])).toBeDefined();
  const values = (edits: ReturnType<typeof creating>) => Object.fromEntries(edits.map(({ option: o, value }) => [o, value]));
  const one = { name: 'web', filter: 'nginx-limit-req', paths: ' /var/log/a.log ', port: '' };
  expect(values(creating({ ...one, source: 'files' }))).toEqual({
    enabled: 'true',
    filter: 'nginx-limit-req',
    backend: 'auto',
    logpath: '/var/log/a.log',
  });
  expect(values(creating({ ...one, source: 'journal', port: '80' }))).toEqual({
    enabled: 'true',
    filter: 'nginx-limit-req',
    backend: 'systemd',
    port: '80',
  });
});

test('brackets are read and written as fail2ban does, and what they can not hold is left out', () => {
  const named = readNamed('iptables[name=x, port="a,b", protocol=\'tcp\']');
  expect(named).toEqual({
    name: 'iptables',
    parameters: [
      ['name', 'x'],
      ['port', 'a,b'],
      ['protocol', 'tcp'],
    ],
  });
  expect(named && writeNamed(named)).toBe('iptables[name=x, port="a,b", protocol=tcp]');
  expect(named && writeNamed(withParameter(named, 'port', ''))).toBe('iptables[name=x, protocol=tcp]');
  expect(writeNamed({ name: 'a', parameters: [['x', 'a"]b']] })).toBe('a');
  expect(readNamed('sshd')).toEqual({ name: 'sshd', parameters: [] });
  for (const text of ['%(action_)s', 'a[b', 'a[b=c]d', 'a[b]', 'a b', '']) expect(readNamed(text)).toBeUndefined();
});

test('the list has the jails that run, those that should, and those that are inactive', () => {
  const row = (name: string, over: Partial<ConfigRow> = {}): ConfigRow => ({
    name,
    enabled: false,
    fault: null,
    filter: null,
    backend: null,
    own: false,
    alone: false,
    ...over,
  });
  const jails = allJails(
    [running({}), running({ name: 'down', state: 'stopped' })],
    [row('sshd'), row('apache'), row('odd', { fault: 'no filter' })],
  );
  const names = (show: 'active' | 'inactive' | 'problems' | 'all', q = '') => viewed(jails, { show, q }).map(({ name }) => name);
  expect(names('active')).toEqual(['down', 'sshd']);
  expect(names('inactive')).toEqual(['apache', 'odd']);
  expect(names('problems')).toEqual(['down', 'odd']);
  expect(names('all', 'A')).toEqual(['apache']);
});
