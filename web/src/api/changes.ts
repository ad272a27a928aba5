import { serverNow } from '../lib/clock';
import type { BanRef } from '../lib/requests';
import { api, take } from './client';
import { restOf } from './ends';
import type { BanOrder, Outcome } from './types';

const host = 'local';
const bulk = 500;

/** What can be done with a jail. */
export type JailVerb = 'start' | 'stop' | 'reload' | 'restart' | 'pause' | 'resume';

/** Does it; throws a Problem. */
export async function steerJail(jail: string, verb: JailVerb): Promise<void> {
  const at = { params: { path: { host, jail } } };
  switch (verb) {
    case 'start':
      return void (await take(api.POST('/api/v1/hosts/{host}/jails/{jail}/start', at)));
    case 'stop':
      return void (await take(api.POST('/api/v1/hosts/{host}/jails/{jail}/stop', at)));
    case 'reload':
    case 'restart': {
      const body = { restart: verb === 'restart' };
      return void (await take(api.POST('/api/v1/hosts/{host}/jails/{jail}/reload', { ...at, body })));
    }
    default: {
      const body = { idle: verb === 'pause' };
      return void (await take(api.POST('/api/v1/hosts/{host}/jails/{jail}/idle', { ...at, body })));
    }
  }
}

/** Makes fail2ban read its whole configuration again. */
export async function reloadHost(): Promise<void> {
  await take(api.POST('/api/v1/hosts/{host}/reload', { params: { path: { host } } }));
}

/** Adds or removes our own jail for bans by hand. */
export function setManualJail(installed: boolean) {
  const at = { params: { path: { host } } };
  return installed ? take(api.PUT('/api/v1/hosts/{host}/manual-jail', at)) : take(api.DELETE('/api/v1/hosts/{host}/manual-jail', at));
}

/** Bans, or says what a ban would do (dry_run). */
export async function ban(order: BanOrder, signal?: AbortSignal): Promise<Outcome[]> {
  return (await take(api.POST('/api/v1/bans', { body: order, signal }))).results ?? [];
}

/**
 * Lifts bans in groups, and tells after each how many are through. A group that
 * fails ends it with its Problem; those before it stay lifted.
 */
export async function liftBans(bans: { address: string; jail: string }[], progress?: (done: number) => void): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let done = 0;
  for (const [jail, addresses] of byJail(bans)) {
    for (let from = 0; from < addresses.length; from += bulk) {
      const part = addresses.slice(from, from + bulk);
      const body = { addresses: part, jails: [jail] };
      outcomes.push(...((await take(api.POST('/api/v1/bans/lift', { body }))).results ?? []));
      done += part.length;
      progress?.(done);
    }
  }
  return outcomes;
}

/** Puts lifted bans back, each in its jail; those with an end of their own for the time that was left. */
export async function restoreBans(bans: BanRef[], reason: string): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const [seconds, same] of byRest(bans)) {
    for (const [jail, addresses] of byJail(same)) {
      const order: BanOrder = { jails: [jail], addresses, reason, allow_wide: true };
      outcomes.push(...(await ban(seconds === undefined ? order : { ...order, duration_seconds: seconds })));
    }
  }
  return outcomes;
}

function byRest(bans: BanRef[]): Map<number | undefined, BanRef[]> {
  const now = serverNow();
  const groups = new Map<number | undefined, BanRef[]>();
  for (const one of bans) {
    const rest = restOf(one, now);
    groups.set(rest, [...(groups.get(rest) ?? []), one]);
  }
  return groups;
}

/** Addresses by jail, in the order in which the jails came. */
export function byJail(bans: { address: string; jail: string }[]): Map<string, string[]> {
  const jails = new Map<string, string[]>();
  for (const { jail, address } of bans) {
    const list = jails.get(jail);
    if (list === undefined) jails.set(jail, [address]);
    else list.push(address);
  }
  return jails;
}
