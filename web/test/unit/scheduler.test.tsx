import { i18n } from '@lingui/core';
import { expect, test } from 'vitest';
import { judgeScheduler, nobodyFor } from '@/api/scheduler';
import type { Job, JobRun, Lease } from '@/api/types';
import {
  causeInWords,
  nextInWords,
  reasonInWords,
  schedulerInWords,
  schedulerSentence,
  timetableInWords,
  tookInWords,
} from '@/features/jobs/words';
import { messages as german } from '@/locales/de.po';
import { messages as english } from '@/locales/en.po';

const now = Date.parse('2026-11-26T12:00:00Z');

function lease(over: Partial<Lease>): Lease {
  return {
    name: 'scheduler',
    epoch: 7,
    state: 'leader',
    why: null,
    holder: { host: 'web1', pid: 42, version: '1.0', since: '2026-11-26T11:00:00Z', me: true },
    beat_age_seconds: 3,
    seen_age_seconds: 3,
    trust_left_seconds: 50,
    ttl_seconds: 60,
    heartbeat_seconds: 10,
    round_trip_seconds: { typical: 0.001, slowest: 0.2 },
    clock_skew_seconds: 0,
    refused_writes: 0,
    recent: [],
    ...over,
  };
}

test('nobody is said to lead for longer than the answer vouched for it', () => {
  const leads = lease({ trust_left_seconds: 20 });
  expect(judgeScheduler(leads, null, 19).state).toBe('leader');
  expect(judgeScheduler(leads, null, 21).state).toBe('unknown');
  const follows = lease({ state: 'standby', trust_left_seconds: 0, beat_age_seconds: 40 });
  expect(judgeScheduler(follows, null, 19).state).toBe('standby');
  expect(judgeScheduler(follows, null, 21).state).toBe('unknown');
  expect(judgeScheduler(lease({}), null, 31).state).toBe('unknown');
  expect(judgeScheduler(lease({}), new Error('away'), 1).state).toBe('unknown');
  expect(judgeScheduler(undefined, null, 0).state).toBe('asking');
  expect(judgeScheduler(undefined, new Error('away'), 0).state).toBe('unknown');
});

test('each state has its own words, and says how long nobody leads', () => {
  const word = (state: Lease['state'], over: Partial<Lease> = {}) =>
    schedulerInWords(judgeScheduler(lease({ state, ...over }), null, 0), now).word;
  expect(word('leader')).toBe('Jobs run here');
  expect(word('standby')).toBe('Standby');
  expect(word('stepping_down')).toBe('Stepping down');
  expect(word('blocked')).toBe('Jobs blocked');
  expect(word('none', { beat_age_seconds: 75 })).toBe('No leader for 1 min 15 sec');
  expect(word('none', { holder: null, beat_age_seconds: null })).toBe('No leader');
});

test('how long nobody leads counts by the clock of the database', () => {
  const recent: Lease['recent'] = [
    { at: '2026-11-26T11:59:00Z', kind: 'released', epoch: 7, host: 'web1', pid: 42, reason: 'shutdown', detail: null },
  ];
  const free = lease({ state: 'none', holder: null, beat_age_seconds: null, recent });
  expect(nobodyFor(judgeScheduler(free, null, 0), now)).toBe(60);
  expect(nobodyFor(judgeScheduler({ ...free, clock_skew_seconds: 20 }, null, 0), now)).toBe(40);
});

test('the sentence names who leads and why it is not this one', () => {
  const say = (over: Partial<Lease>) => schedulerSentence(judgeScheduler(lease(over), null, 0), now);
  const holder = { host: 'web2\u202e', pid: 9, version: '1', since: '2026-11-26T11:00:00Z', me: false };
  expect(say({ state: 'standby', holder })).toMatch(/^process 9 on web2⟨U\+202E⟩ does the background jobs, since /);
  expect(say({ state: 'blocked', why: 'the database is busy' })).toContain('the database is busy');
  expect(say({ state: 'stepping_down', why: 'shutdown' })).toContain('the console was stopped');
});

test("our own reasons are said in the reader's language, a person's in that person's words", () => {
  expect(reasonInWords('db-stale')).toBe("by the database's clock the last beat was too old");
  expect(reasonInWords('it was not renewed for 45s')).toBe('it could not beat for 45s');
  expect(reasonInWords('process 9 on web2 holds the lease (epoch 12)')).toBe('process 9 on web2 has it');
  expect(reasonInWords('constructor')).toBe('constructor');
  expect(reasonInWords('maintenance\u0007')).toBe('maintenance⟨U+0007⟩');
});

test.each([
  ['every 10 minutes', 'every 10 min'],
  ['every second', 'every second'],
  ['every 90 seconds', 'every 1 min 30 sec'],
  ['daily at 03:20', 'daily at 03:20'],
  ['daily at 03:20 (Local)', 'daily at 03:20'],
  ['cron 40 4 * * 0', 'Sundays at 04:40'],
  ['daily at 03:20 (Europe/Berlin)', 'daily at 03:20 (Europe/Berlin)'],
  ['cron 40 4 * * 0 (Local)', 'Sundays at 04:40'],
  ['cron */5 * * * * (Local)', 'cron */5 * * * *'],
])('the timetable "%s" reads "%s"', (told, said) => expect(timetableInWords(told)).toBe(said));

test("timetables are said in the reader's language", () => {
  i18n.loadAndActivate({ locale: 'de', messages: german });
  expect(timetableInWords('daily at 03:20')).toBe('täglich um 03:20');
  expect(timetableInWords('cron 40 4 * * 0')).toBe('sonntags um 04:40');
  expect(timetableInWords('every 10 minutes')).toBe('alle 10 Min.');
  i18n.loadAndActivate({ locale: 'en', messages: english });
});

const run: JobRun = {
  id: 1,
  slot: '2026-11-26T11:50:00Z',
  cause: 'timetable',
  asked_by: null,
  missed: 0,
  started_at: '2026-11-26T11:50:00Z',
  ended_at: '2026-11-26T11:50:01Z',
  duration_seconds: 1,
  outcome: 'ok',
  did: null,
  error: null,
};

test('a run says why it was and for how many it stands', () => {
  expect(causeInWords(run)).toBe('by its timetable');
  expect(causeInWords({ ...run, cause: 'asked', asked_by: 'anna' })).toBe('asked for by anna');
  expect(causeInWords({ ...run, cause: 'catch_up', missed: 3 })).toBe('made up for, later; for 3 missed times as well');
  expect([0, 0.017, 1.5, 90].map(tookInWords)).toEqual(['0 ms', '17 ms', '1.5 sec', '1 min 30 sec']);
});

test('what comes next of a job is never a moment that has passed', () => {
  const job = { kind: 'job', next: '2026-11-26T12:05:00Z', paused: false, quiet: false, asked_at: null } as Job;
  expect(nextInWords(job, now)).toBe('in 5 min.');
  expect(nextInWords({ ...job, next: '2026-11-26T11:59:00Z' }, now)).toBe('any moment');
  expect(nextInWords({ ...job, paused: true, next: null }, now)).toBe('paused');
  expect(nextInWords({ ...job, asked_at: '2026-11-26T12:00:00Z' }, now)).toBe('asked for now');
  expect(nextInWords({ ...job, quiet: true, next: null }, now)).toBe('as needed');
});
