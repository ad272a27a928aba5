import { describe, expect, test } from 'vitest';
import { byJail } from '@/api/changes';
import type { HostEvent } from '@/api/events';
import type { BanFilter } from '@/api/queries';
import type { Ban, Jail, Outcome } from '@/api/types';
import { closesInWords, trigger } from '@/api/words';
import { filterInWords, toFilter } from '@/features/bans/filters';
import { countNews, flatten, matches, newestBySpot } from '@/features/bans/list';
import { judgePreflight } from '@/features/bans/preflight';
import { lineKind } from '@/ui/diff';

const outcome = (address: string, kind: Outcome['outcome']): Outcome => ({
  host: 'local',
  jail: 'sshd',
  address,
  outcome: kind,
  detail: null,
});

test('the button is shut while anything is refused, open, wrong or unknown', () => {
  const judge = (kinds: Outcome['outcome'][], wrong = 0, state: 'known' | 'asking' | 'empty' | 'failed' = 'known') =>
    judgePreflight({ state, outcomes: kinds.map((kind, i) => outcome(`10.0.0.${i}`, kind)) }, wrong).ready;
  expect(judge(['would_ban'])).toBe(true);
  expect(judge(['would_ban', 'already_banned'])).toBe(true);
  expect(judge(['would_ban', 'refused'])).toBe(false);
  expect(judge(['would_ban', 'failed'])).toBe(false);
  expect(judge(['needs_confirmation', 'would_ban'])).toBe(false);
  expect(judge(['already_banned'])).toBe(false);
  expect(judge(['would_ban'], 1)).toBe(false);
  expect(judge(['would_ban'], 0, 'asking')).toBe(false);
  expect(judge(['would_ban'], 0, 'failed')).toBe(false);
  expect(judge([], 0, 'empty')).toBe(false);
});

test('a whole address or network is looked up, a part is searched', () => {
  const view = { state: 'active', jail: '' } as const;
  expect(toFilter({ ...view, q: ' 203.0.113.7 ' })).toMatchObject({ ip: '203.0.113.7', q: '' });
  expect(toFilter({ ...view, q: '198.51.100.0/24' })).toMatchObject({ ip: '198.51.100.0/24', q: '' });
  expect(toFilter({ ...view, q: '203.0' })).toMatchObject({ ip: '', q: '203.0' });
});

test('the filter is said in words', () => {
  expect(filterInWords({ state: 'active', jail: 'sshd', q: '10.' })).toBe('active bans in jail sshd matching “10.”');
  expect(filterInWords({ state: 'all', jail: '', q: '' })).toBe('bans');
});

const event = (over: Partial<HostEvent>) => ({ kind: 'ban', jail: 'sshd', address: '198.51.100.9', restored: false, ...over }) as HostEvent;
const filter = (over: Partial<BanFilter> = {}): BanFilter => ({ state: 'active', jail: '', ip: '', q: '', ...over });

test('an event counts as new only where the filter lets it through', () => {
  expect(matches(filter(), event({}))).toBe(true);
  expect(matches(filter(), event({ kind: 'unban' }))).toBe(false);
  expect(matches(filter({ state: 'ended' }), event({ kind: 'unban' }))).toBe(true);
  expect(matches(filter({ jail: 'nginx' }), event({}))).toBe(false);
  expect(matches(filter({ q: '51.100' }), event({}))).toBe(true);
  expect(matches(filter({ ip: '198.51.100.0/24' }), event({}))).toBe(true);
  expect(matches(filter({ ip: '198.51.100.8' }), event({}))).toBe(false);
  expect(matches(filter({ ip: '10.0.0.0/8' }), event({ address: '<b>' }))).toBe(false);
  expect(matches(filter(), event({ address: null }))).toBe(false);
});

test('a ban that came on two pages is one row, and a page without a list is empty', () => {
  const ban = (id: string) => ({ id }) as Ban;
  expect(flatten([{ items: [ban('3'), ban('2')] }, { items: [ban('2'), ban('1')] }, { items: null }]).map((b) => b.id)).toEqual([
    '3',
    '2',
    '1',
  ]);
});

test('one odd row hides nothing else', () => {
  const rows = flatten([
    {
      items: [
        { id: '1', address: '10.0.0.0/8' },
        { id: '2', address: '<script>' },
        { id: '3', address: '' },
      ] as Ban[],
    },
  ]);
  expect(rows).toHaveLength(3);
});

test('addresses go to the server by jail', () => {
  expect([
    ...byJail([
      { jail: 'a', address: '1' },
      { jail: 'b', address: '2' },
      { jail: 'a', address: '3' },
    ]),
  ]).toEqual([
    ['a', ['1', '3']],
    ['b', ['2']],
  ]);
});

test('which ports a ban closes is said, and so is that it is not known', () => {
  const closure = (over: object) => ({ action: 'act', ports: null, protocol: 'tcp', all_ports: false, known: true, ...over });
  expect(closesInWords([])).toBe('nothing: the jail has no action');
  expect(closesInWords([closure({ ports: 'ssh' })])).toBe('port ssh');
  expect(closesInWords([closure({ ports: 'http,https', protocol: 'udp' })])).toBe('ports http, https (udp)');
  expect(closesInWords([closure({ all_ports: true, protocol: null })])).toBe('every port');
  expect(closesInWords([closure({ known: false }), closure({ ports: '22' })])).toBe('unknown ports (act) + port 22');
});

test('a stopped jail claims no trigger', () => {
  expect(trigger({ state: 'stopped', max_retry: 0, find_seconds: 0 } as Jail)).toBe('–');
  expect(trigger({ state: 'running', max_retry: 1, find_seconds: 600 } as Jail)).toBe('1 failure in 10 min');
});

test('lines of a diff are told apart', () => {
  expect(['--- a', '+++ b', '@@ -0,0 +1 @@', '+new', '-old', ' same'].map(lineKind)).toEqual([
    'place',
    'place',
    'place',
    'added',
    'removed',
    'same',
  ]);
});

describe('what counts as new', () => {
  const row = (over: Partial<Ban>) =>
    ({ id: '1', jail: 'sshd', address: '198.51.100.9', banned_at: '2026-11-26T10:00:00Z', ended_at: null, ...over }) as Ban;
  const ban = (over: Partial<HostEvent> = {}) => event({ at: '2026-11-26T10:00:01Z', banned_at: '2026-11-26T10:00:00Z', ...over });
  const none: ReadonlyMap<string, string> = new Map();
  const news = (events: HostEvent[], rows: Ban[], over = none, view = filter()) => countNews(events, view, newestBySpot(rows), over);

  test('not what the list shows already: a stream begins with what was before', () => {
    expect(news([ban()], [row({})])).toBe(0);
    expect(news([ban()], [])).toBe(1);
    expect(news([ban({ banned_at: '2026-11-26T11:00:00Z', at: '2026-11-26T11:00:00Z' })], [row({})])).toBe(1);
  });

  test('not a ban that is over again', () => {
    const end = event({ kind: 'unban', at: '2026-11-26T10:05:00Z' });
    expect(news([ban(), end], [])).toBe(0);
    expect(news([ban(), end, ban({ at: '2026-11-26T10:06:00Z', banned_at: '2026-11-26T10:06:00Z' })], [])).toBe(1);
    expect(news([ban(), end], [], none, filter({ state: 'all' }))).toBe(1);
  });

  test('a ban that came back after its end does, one that is only put back does not', () => {
    const back = ban({ at: '2026-11-26T10:07:00Z', restored: true });
    expect(news([back], [row({})])).toBe(0);
    expect(news([back], [row({})], new Map([['1', 'jail_stopped']]))).toBe(1);
  });

  test('among the ended, an end counts until its row tells of it', () => {
    const ended = filter({ state: 'ended' });
    const end = event({ kind: 'unban', at: '2026-11-26T10:05:00Z' });
    expect(news([end], [row({ ended_at: '2026-11-26T10:05:00Z' })], none, ended)).toBe(0);
    expect(news([end], [row({ ended_at: '2026-11-26T09:00:00Z' })], none, ended)).toBe(1);
  });
});
