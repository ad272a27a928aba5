import { expect, test } from 'vitest';
import type { Server, ServerLog, ServerOption } from '../../src/api/types';
import { changeOf, differs, isOwn, mistake } from '../../src/features/server/form';
import { begun, maxKept, mayGrow, withNewer, withOlder } from '../../src/features/server/tail';

function option(name: string, live: string | null, value: string, file = 'fail2ban.conf'): ServerOption {
  const origin = { source: 'own', file, line: 7, section: 'Definition' } as const;
  return { name, live, configured: { name, value, raw: value, kind: 'text', fault: null, origin } };
}

const server: Server = {
  etag: 'x',
  broken: null,
  version: '1.0.2',
  pid: 7,
  log_at: '/var/log/fail2ban.log',
  // The document can't say of an object that it may be null.
  waiting: null as unknown as Server['waiting'],
  warnings: [],
  restart: { way: 'systemd', refused: null, mend: null, bans: 0, loses_bans: false },
  options: [
    option('loglevel', 'ERROR', 'INFO'),
    option('dbpurgeage', '86400', '1d', 'fail2ban.d/zz-bangui.local'),
    option('dbmaxmatches', '10', '10'),
    option('allowipv6', null, 'auto'),
  ],
};

test('what differs from the files is told, however a time is written', () => {
  expect(server.options.map(differs)).toEqual([true, false, false, false]);
  expect(server.options.map(isOwn)).toEqual([false, true, false, false]);
});

test('only what differs is asked for, and no mistake', () => {
  expect(changeOf(server, {})).toBeUndefined();
  expect(changeOf(server, { loglevel: 'INFO', dbpurgeage: '24h' })).toBeUndefined();
  expect(changeOf(server, { loglevel: 'NOTICE', dbpurgeage: '7d', dbmaxmatches: ' 3' })).toEqual({
    log_level: 'NOTICE',
    purge_age_seconds: 604_800,
    max_matches: 3,
  });
  expect(changeOf(server, { dbpurgeage: null })).toEqual({ reset: ['purge_age_seconds'] });
  for (const bad of ['1yr', '-1', '', "__import__('os')"]) expect(mistake('dbpurgeage', bad)).toBe('span');
  for (const bad of ['x', '-1', '1001', '']) expect(mistake('dbmaxmatches', bad)).toBe('number');
  expect(changeOf(server, { loglevel: 'NOTICE', dbmaxmatches: 'x' })).toBeUndefined();
});

function page(from: number, n: number, rest: Partial<ServerLog> = {}): ServerLog {
  const items = Array.from({ length: n }, (_, i) => ({ at: null, level: 'INFO', part: null, jail: null, text: `${from + i}`, cut: 0 }));
  return { at: '/log', items, older: 'f.1.0', newer: `f.1.${from + n}`, ends_in: null, ends_early: false, missed: false, ...rest };
}

test('the tail grows at both ends, is bounded, and says what is missing', () => {
  let tail = begun(page(1000, 200));
  tail = withOlder(tail, page(800, 200, { older: null }));
  expect(tail.lines.map(({ text }) => text)).toEqual(Array.from({ length: 400 }, (_, i) => `${800 + i}`));
  expect(mayGrow(tail)).toBe(false);
  tail = withNewer(tail, page(1200, 0, { newer: null }));
  expect(tail.newer).toBe('f.1.1200');
  for (let from = 1200; from < 1200 + maxKept; from += 500) tail = withNewer(tail, page(from, 500));
  expect(tail.lines).toHaveLength(maxKept);
  expect(tail).toMatchObject({ dropped: true, older: null, missed: false });
  expect(new Set(tail.lines.map(({ key }) => key)).size).toBe(maxKept);
  expect(withNewer(tail, page(5000, 1, { missed: true })).missed).toBe(true);
});
