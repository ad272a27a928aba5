import { i18n } from '@lingui/core';
import { t } from '@lingui/core/macro';
import { createStore } from './store';

/** The zone in which times are shown: the console's, unless the viewer chose another. */
export const timeZone = createStore<string | undefined>(undefined);

/** The zone of this device. */
export function deviceZone(): string {
  return new Intl.DateTimeFormat('en').resolvedOptions().timeZone;
}

/** Sets the zone by IANA name; an unknown name leaves the browser's own. */
export function showTimesIn(name: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    formats.clear();
    timeZone.set(name);
  } catch {
    // a zone that this browser doesn't know: its own stays
  }
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${i18n.locale} ${name}`;
  let made = formats.get(key);
  if (made === undefined) {
    // English with 24 hours: 14:02 is what the log lines say.
    const locale = i18n.locale === 'en' ? 'en-GB' : i18n.locale || 'en-GB';
    made = new Intl.DateTimeFormat(locale, { timeZone: timeZone.get(), ...options });
    formats.set(key, made);
  }
  return made;
}

const clock = { hour: '2-digit', minute: '2-digit', second: '2-digit' } as const;
const day = { day: 'numeric', month: 'short' } as const;

/** A moment as short as it stays clear: 14:02:31 today, else 21 Nov, 14:02. */
export function shortTime(iso: string, now: number): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return iso;
  const sameDay = (f: Intl.DateTimeFormat) => f.format(at) === f.format(now);
  if (sameDay(format('date', { ...day, year: 'numeric' }))) return format('clock', clock).format(at);
  if (sameDay(format('year', { year: 'numeric' }))) {
    return format('day', { ...day, hour: '2-digit', minute: '2-digit' }).format(at);
  }
  return format('date', { ...day, year: 'numeric' }).format(at);
}

/** A moment in full, with its zone. */
export function fullTime(iso: string): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return iso;
  return format('full', { ...day, year: 'numeric', ...clock, timeZoneName: 'short' }).format(at);
}

type Step = [limit: number, seconds: number, unit: Intl.RelativeTimeFormatUnit];
const steps: Step[] = [
  [60, 1, 'second'],
  [3600, 60, 'minute'],
  [2 * 86_400, 3600, 'hour'],
  [60 * 86_400, 86_400, 'day'],
  [730 * 86_400, 30 * 86_400, 'month'],
  [Number.POSITIVE_INFINITY, 365 * 86_400, 'year'],
];

/** A moment as a chart names it: 24 Nov, 14:00, or only the day. */
export function chartTime(at: number, withClock: boolean): string {
  const options = withClock ? ({ ...day, hour: '2-digit', minute: '2-digit' } as const) : ({ ...day, year: 'numeric' } as const);
  return format(withClock ? 'day' : 'date', options).format(at);
}

/** A moment as an axis has room for: 14:00, 24 Nov, Nov 2026. */
export function tickTime(at: number, unit: 'clock' | 'day' | 'month'): string {
  const options = {
    clock: { hour: '2-digit', minute: '2-digit' },
    day,
    month: { month: 'short', year: 'numeric' },
  } as const;
  return format(`tick ${unit}`, options[unit]).format(at);
}

/** The day of a moment: 17 Jun 2026. */
export function dayOf(iso: string): string {
  const at = new Date(iso);
  return Number.isNaN(at.getTime()) ? iso : format('date', { ...day, year: 'numeric' }).format(at);
}

/** How far a moment is from now: "3 min. ago", "in 8 min."; in sentences 'long': "3 minutes ago". */
export function relativeTime(iso: string, now: number, style: 'short' | 'long' = 'short'): string {
  const away = Math.round((Date.parse(iso) - now) / 1000);
  if (Number.isNaN(away)) return iso;
  const [, size, unit] = steps.find(([limit]) => Math.abs(away) < limit) ?? (steps.at(-1) as Step);
  const words = new Intl.RelativeTimeFormat(i18n.locale || 'en', { numeric: 'always', style });
  return words.format(Math.round(away / size), unit);
}

/** How long ago a moment was that has passed: never in the future, though the clock that tells it is a little behind. */
export function ago(iso: string, now: number): string {
  const at = Date.parse(iso);
  return relativeTime(iso, Number.isNaN(at) ? now : Math.max(now, at + 1));
}

const units: [seconds: number, unit: string][] = [
  [7 * 86_400, 'week'],
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
];

/** A span in words with at most two units: "10 min", "1 day 6 hr"; -1 is for ever. */
export function duration(seconds: number): string {
  if (seconds < 0) return t`for ever`;
  const parts: string[] = [];
  let rest = Math.round(seconds);
  for (const [size, unit] of units) {
    const count = Math.floor(rest / size);
    // Weeks only where they come out even: "2 weeks", but "9 days".
    if (count === 0 || (unit === 'week' && rest % size !== 0)) continue;
    parts.push(number(count, { style: 'unit', unit, unitDisplay: 'short' }));
    rest -= count * size;
    if (parts.length === 2) break;
  }
  return parts.length === 0 ? number(0, { style: 'unit', unit: 'second', unitDisplay: 'short' }) : parts.join(' ');
}

/** The same in a sentence: "for 10 min", "for ever". */
export function forHowLong(seconds: number): string {
  return seconds < 0 ? t`for ever` : t`for ${duration(seconds)}`;
}

/** When a ban ends, in words. */
export function expiry(expiresAt: string | null, banSeconds: number, now: number): string {
  if (expiresAt === null) return banSeconds < 0 ? t`never` : t`not known`;
  if (Date.parse(expiresAt) <= now) return t`any moment`;
  return relativeTime(expiresAt, now);
}

/** A number as the reader's language writes it. */
export function number(value: number, options?: Intl.NumberFormatOptions): string {
  return new Intl.NumberFormat(i18n.locale || 'en', options).format(value);
}

/**
 * The moment at which a day (2026-11-24) begins in the zone that the page shows, or that
 * of a day and time (2026-11-24T13:00); undefined for neither. daysLater moves days only.
 */
export function dayBegins(text: string, daysLater = 0): string | undefined {
  const [, y, m, d, hours, minutes] = /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2}))?$/.exec(text) ?? [];
  const later = hours === undefined ? daysLater : 0;
  const wall = Date.UTC(Number(y), Number(m) - 1, Number(d) + later, Number(hours ?? 0), Number(minutes ?? 0));
  if (Number.isNaN(wall)) return undefined;
  // Twice: the first guess may lie on the other side of a change of the clock.
  const once = wall - zoneOffset(wall);
  return new Date(wall - zoneOffset(once)).toISOString();
}

/** A moment as day and time of the zone that the page shows: 2026-11-24T13:00. */
export function wallTime(at: number): string {
  return new Date(at + zoneOffset(at)).toISOString().slice(0, 16);
}

/** How far the shown zone's clock is ahead of UTC at a moment, in milliseconds. */
function zoneOffset(at: number): number {
  const parts = new Intl.DateTimeFormat('en', {
    timeZone: timeZone.get(),
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(at);
  const part = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((p) => p.type === type)?.value);
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second')) - at;
}
