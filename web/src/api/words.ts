import { plural, t } from '@lingui/core/macro';
import { visible } from '../lib/plain';
import { duration, expiry } from '../lib/time';
import type { Deed } from './access';
import type { Ban, Closure, Host, Jail, Role } from './types';

/** Which ports a ban closes, for one action. */
function closure({ action, ports, protocol, all_ports, known }: Closure): string {
  if (!known) return t`unknown ports (${visible(action)})`;
  if (all_ports) return protocol === null || protocol === 'all' ? t`every port` : t`every ${visible(protocol)} port`;
  if (ports === null) return t`nothing (${visible(action)})`;
  const list = visible(ports.replaceAll(',', ', '));
  const many = /[,:]/.test(ports);
  const named = many ? t`ports ${list}` : t`port ${list}`;
  return protocol === null || protocol === 'tcp' ? named : `${named} (${visible(protocol)})`;
}

/** Which ports a ban in a jail closes, in words. */
export function closesInWords(closes: readonly Closure[]): string {
  return closes.length === 0 ? t`nothing: the jail has no action` : closes.map(closure).join(' + ');
}

/** Whether a ban in this jail shuts an address out of the whole machine. */
export function closesAll(jail: Jail): boolean {
  return jail.closes.some((c) => c.known && c.all_ports);
}

/** What a jail waits for before it bans. */
export function trigger({ max_retry, find_seconds, state }: Jail): string {
  if (state === 'stopped' && max_retry === 0) return '–';
  const span = duration(find_seconds);
  return plural(max_retry, { one: `# failure in ${span}`, other: `# failures in ${span}` });
}

/** How a ban ended. */
export function endInWords(reason: string | null): string {
  switch (reason) {
    case 'expired':
      return t`ran out`;
    case 'unbanned':
      return t`lifted`;
    case 'fail2ban-stopped':
      return t`fail2ban stopped`;
    case 'replaced':
      return t`replaced by a newer ban`;
    default:
      return t`ended, reason not known`;
  }
}

/** When a ban will end. */
export function endsInWords({ expires_at, ban_seconds }: Pick<Ban, 'expires_at' | 'ban_seconds'>, now: number): string {
  if (expires_at === null) return ban_seconds < 0 ? t`never ends` : t`end not known`;
  return t`ends ${expiry(expires_at, ban_seconds, now)}`;
}

/** Who banned, and why where somebody said so. */
export function originInWords({ origin, actor, reason }: Pick<Ban, 'origin' | 'actor' | 'reason'>): string {
  if (origin === 'fail2ban') return t`fail2ban`;
  const who = actor === null ? t`by hand` : t`by ${visible(actor)}`;
  return reason === null ? who : `${who}: ${visible(reason)}`;
}

/** A host's state: picture, word and tone; colour is never the only carrier. */
export function hostStateInWords(state: Host['state']): { mark: string; word: string; tone: 'ok' | 'warn' | 'danger' | 'neutral' } {
  switch (state) {
    case 'online':
      return { mark: '●', word: t`Online`, tone: 'ok' };
    case 'degraded':
      return { mark: '▲', word: t`Degraded`, tone: 'warn' };
    case 'unreachable':
      return { mark: '✕', word: t`Unreachable`, tone: 'danger' };
    default:
      return { mark: '○', word: t`Starting`, tone: 'neutral' };
  }
}

/** A jail's state, likewise. */
export function jailStateInWords(state: Jail['state']): { mark: string; word: string; tone: 'ok' | 'warn' | 'danger' | 'neutral' } {
  switch (state) {
    case 'running':
      return { mark: '●', word: t`Running`, tone: 'ok' };
    case 'idle':
      return { mark: '‖', word: t`Paused`, tone: 'warn' };
    default:
      return { mark: '✕', word: t`Not running`, tone: 'danger' };
  }
}

/** A role's name. */
export function roleInWords(role: Role): string {
  switch (role) {
    case 'admin':
      return t`Administrator`;
    case 'operator':
      return t`Operator`;
    default:
      return t`Viewer`;
  }
}

/** What a role may do. */
export function rightsInWords(role: Role): string {
  switch (role) {
    case 'admin':
      return t`all of it: users, the audit log, the jail for bans by hand`;
    case 'operator':
      return t`looks at everything, bans and unbans, starts and stops jails`;
    default:
      return t`looks at everything and changes nothing`;
  }
}

/** Why a deed is not offered, for who sees its place. */
export function refusedInWords(deed: Deed): string {
  switch (deed) {
    case 'ban':
      return t`Bans are made and lifted by operators and administrators.`;
    case 'run-job':
      return t`Jobs are run by operators and administrators.`;
    case 'steer':
      return t`Jails are steered by operators and administrators.`;
    default:
      return t`This is for administrators.`;
  }
}
