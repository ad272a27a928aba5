import { plural, t } from '@lingui/core/macro';
import { nobodyFor, type Scheduler } from '@/api/scheduler';
import type { Job, JobRun, Lease, LeaseEvent } from '@/api/types';
import { visible } from '@/lib/plain';
import { duration, number, relativeTime, shortTime } from '@/lib/time';
import type { Tone } from '@/ui/badge';

interface Spoken {
  mark: string;
  word: string;
  tone: Tone;
}

/** Who holds it, for people: text that another console wrote. */
export function holderInWords({ host, pid }: { host: string; pid: number }): string {
  return t`process ${pid} on ${visible(host)}`;
}

/** What this console is to the background jobs: picture, word and tone. */
export function schedulerInWords(scheduler: Scheduler, now: number): Spoken {
  switch (scheduler.state) {
    case 'leader':
      return { mark: '●', word: t`Jobs run here`, tone: 'ok' };
    case 'standby':
      return { mark: '◐', word: t`Standby`, tone: 'neutral' };
    case 'none': {
      const seconds = nobodyFor(scheduler, now);
      return { mark: '○', word: seconds === undefined ? t`No leader` : t`No leader for ${duration(seconds)}`, tone: 'warn' };
    }
    case 'stepping_down':
      return { mark: '↷', word: t`Stepping down`, tone: 'warn' };
    case 'blocked':
      return { mark: '▲', word: t`Jobs blocked`, tone: 'danger' };
    case 'asking':
      return { mark: '○', word: t`Asking`, tone: 'neutral' };
    default:
      return { mark: '?', word: t`Jobs: not known`, tone: 'warn' };
  }
}

/** The same as a sentence or two. */
export function schedulerSentence(scheduler: Scheduler, now: number): string {
  const { state, lease, ageSeconds } = scheduler;
  switch (state) {
    case 'leader':
      return t`This console does the background jobs.`;
    case 'standby':
      return standbySentence(lease, now);
    case 'none': {
      const seconds = nobodyFor(scheduler, now);
      const lead =
        seconds === undefined ? t`Nobody does the background jobs.` : t`Nobody has done the background jobs for ${duration(seconds)}.`;
      return `${lead} ${t`A console takes them over by itself, after about a minute at the latest.`}`;
    }
    case 'stepping_down':
      return t`This console gives the background jobs away: ${reasonInWords(lease?.why ?? '')}.`;
    case 'blocked':
      return t`The background jobs wait until the database answers: ${visible(lease?.why ?? '')}.`;
    case 'asking':
      return t`Asking who does the background jobs.`;
    default:
      return lease === undefined
        ? t`Who does the background jobs can't be said now.`
        : t`Who does the background jobs can't be said now; what stands here is ${duration(ageSeconds)} old.`;
  }
}

function standbySentence(lease: Lease | undefined, now: number): string {
  const holder = lease?.holder;
  if (holder == null) return t`Another console does the background jobs; this one stands by.`;
  return t`${holderInWords(holder)} does the background jobs, since ${shortTime(holder.since, now)}. This console stands by: it serves everything else, and takes them over when that one falls silent.`;
}

/** What happened to the lease. */
export function changeInWords(kind: LeaseEvent['kind']): Spoken {
  switch (kind) {
    case 'acquired':
      return { mark: '●', word: t`Took over`, tone: 'ok' };
    case 'released':
      return { mark: '○', word: t`Gave back`, tone: 'neutral' };
    case 'stolen':
      return { mark: '✕', word: t`Taken away`, tone: 'warn' };
    default:
      return { mark: '▲', word: t`Lost it`, tone: 'warn' };
  }
}

function known(reason: string): string | undefined {
  const words: Record<string, string> = {
    free: t`nobody had it`,
    self: t`its own earlier term was over`,
    crashed: t`the system knew that the holder was dead`,
    silent: t`the holder was silent for its whole time-out`,
    'db-stale': t`by the database's clock the last beat was too old`,
    shutdown: t`the console was stopped`,
    'its work has ended': t`its work had ended`,
    'it took too long to begin': t`taking over took too long`,
    'a transaction was refused: the term is over': t`a write was refused: its term was over`,
    'somebody else renews with our identity: was this machine cloned?': t`somebody else beats under its name: was the machine cloned?`,
  };
  return Object.hasOwn(words, reason) ? words[reason] : undefined;
}

/** Why it happened: our own reasons in the reader's language, a person's in that person's words. */
export function reasonInWords(reason: string): string {
  const said = known(reason);
  if (said !== undefined) return said;
  const [, span] = /^it was not renewed for (\S+)$/.exec(reason) ?? [];
  if (span !== undefined) return t`it could not beat for ${visible(span)}`;
  if (/^the lease was taken away \(epoch \d+\)$/.test(reason)) return t`it was taken away from it`;
  const [, whom] = /^(.+) holds the lease \(epoch \d+\)$/.exec(reason) ?? [];
  if (whom !== undefined) return t`${visible(whom)} has it`;
  return visible(reason);
}

const unitSeconds: Record<string, number> = { second: 1, minute: 60, hour: 3600, day: 86_400 };

function everyOne(unit: string): string | undefined {
  const words: Record<string, string> = { second: t`every second`, minute: t`every minute`, hour: t`every hour`, day: t`every day` };
  return words[unit];
}

/** A timetable in the reader's language, where it is one that we know. */
export function timetableInWords(timetable: string): string {
  const [, count, unit = ''] = /^every (?:(\d+) )?(second|minute|hour|day)s?$/.exec(timetable) ?? [];
  const size = unitSeconds[unit];
  if (size !== undefined) return (count === undefined ? everyOne(unit) : undefined) ?? t`every ${duration(Number(count ?? 1) * size)}`;
  const [, at, zone = 'Local'] = /^daily at (\d\d:\d\d)(?: \((.+)\))?$/.exec(timetable) ?? [];
  if (at !== undefined) return zone === 'Local' ? t`daily at ${at}` : t`daily at ${at} (${visible(zone)})`;
  return weekly(timetable) ?? visible(timetable.replace(/ \(Local\)$/, ''));
}

/** A cron expression for one time of one day of the week; undefined for any other. */
function weekly(timetable: string): string | undefined {
  const [, minute = '', hour = '', day = '', zone = 'Local'] = /^cron (\d+) (\d+) \* \* ([0-6])(?: \((.+)\))?$/.exec(timetable) ?? [];
  const days = [t`Sundays`, t`Mondays`, t`Tuesdays`, t`Wednesdays`, t`Thursdays`, t`Fridays`, t`Saturdays`];
  const weekday = day === '' ? undefined : days[Number(day)];
  if (weekday === undefined) return undefined;
  const at = `${hour.padStart(2, '0')}:${minute.padStart(2, '0')}`;
  return zone === 'Local' ? t`${weekday} at ${at}` : t`${weekday} at ${at} (${visible(zone)})`;
}

/** How a run ended. */
export function outcomeInWords(outcome: JobRun['outcome']): Spoken {
  switch (outcome) {
    case 'running':
      return { mark: '…', word: t`Running`, tone: 'accent' };
    case 'ok':
      return { mark: '✓', word: t`Done`, tone: 'ok' };
    case 'timed_out':
      return { mark: '✕', word: t`Took too long`, tone: 'danger' };
    case 'cancelled':
      return { mark: '○', word: t`Broken off`, tone: 'warn' };
    case 'lost':
      return { mark: '?', word: t`Lost`, tone: 'warn' };
    default:
      return { mark: '✕', word: t`Failed`, tone: 'danger' };
  }
}

/** Why a run was. */
export function causeInWords({ cause, asked_by, missed }: JobRun): string {
  const why = () => {
    switch (cause) {
      case 'asked':
        return asked_by === null ? t`asked for` : t`asked for by ${visible(asked_by)}`;
      case 'catch_up':
        return t`made up for, later`;
      case 'again':
        return t`again, since the run before was cut off`;
      default:
        return t`by its timetable`;
    }
  };
  return missed > 0 ? `${why()}; ${plural(missed, { one: 'for # missed time as well', other: 'for # missed times as well' })}` : why();
}

/** How long a run took: to the millisecond where that says more than "0 s". */
export function tookInWords(seconds: number): string {
  if (seconds >= 60) return duration(seconds);
  const small = seconds < 1;
  return number(small ? Math.round(seconds * 1000) : seconds, {
    style: 'unit',
    unit: small ? 'millisecond' : 'second',
    unitDisplay: 'short',
    maximumFractionDigits: 1,
  });
}

/** When a job runs next. */
export function nextInWords({ kind, next, paused, quiet, asked_at }: Job, now: number): string {
  if (asked_at !== null) return t`asked for now`;
  if (paused) return t`paused`;
  if (quiet && kind === 'job') return t`as needed`;
  if (next === null) return t`not planned yet`;
  return Date.parse(next) <= now ? t`any moment` : relativeTime(next, now);
}
