import type { HostEvent } from './events';
import type { Ban } from './types';

/** How long a ban lasts in all, in seconds; -1 = for ever. With an end of its own that end counts, and not the jail's time. */
export function lengthOf({
  own_end,
  banned_at,
  expires_at,
  ban_seconds,
}: Pick<Ban, 'own_end' | 'banned_at' | 'expires_at' | 'ban_seconds'>): number {
  if (!own_end || expires_at === null) return ban_seconds;
  const seconds = Math.max(0, (Date.parse(expires_at) - Date.parse(banned_at)) / 1000);
  // fail2ban begins a ban on a whole second, up to one before or after it was asked for.
  return seconds < 60 ? Math.round(seconds) : Math.round(seconds / 10) * 10;
}

/** Whether the ban that an event tells of ends at another time than the jail's. */
export function endsByItself({ banned_at, ban_seconds, expires_at }: HostEvent): boolean {
  if (banned_at === null || ban_seconds === null || expires_at === null) return false;
  const byJail = Date.parse(banned_at) / 1000 + ban_seconds;
  return ban_seconds < 0 || Math.abs(Date.parse(expires_at) / 1000 - byJail) >= 1;
}

/** How long a ban that was lifted had still to last, for one that is put back; undefined = as long as its jail bans. */
export function restOf({ own_end, expires_at }: { own_end?: boolean; expires_at?: string | null }, now: number): number | undefined {
  if (own_end !== true || expires_at == null) return undefined;
  return Math.max(shortestBan, Math.ceil((Date.parse(expires_at) - now) / 1000));
}

/** The least and the most that a ban may be given, in seconds. */
export const shortestBan = 10;
export const longestBan = 315_360_000;
