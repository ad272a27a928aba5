import type { ConfigRow, Jail } from '@/api/types';
import type { JailRow } from './columns';

/** Which jails a list shows. */
export type Show = 'active' | 'inactive' | 'problems' | 'all';

/** What is asked of the list; it stands in the page's address. */
export interface JailsView {
  q: string;
  show: Show;
}

const idle = {
  currently_banned: 0,
  total_banned: 0,
  currently_failed: 0,
  total_failed: 0,
  ban_seconds: 0,
  find_seconds: 0,
  max_retry: 0,
  backend: null,
  log_paths: [],
  journal_matches: [],
  closes: [],
  ours: false,
};

/** All jails by name: those that run or should, and those of the configuration that are not active. */
export function allJails(running: readonly Jail[], configured: readonly ConfigRow[]): JailRow[] {
  const faults = new Map(configured.map(({ name, fault }) => [name, fault]));
  const known = new Set(running.map(({ name }) => name));
  const inactive = configured
    .filter(({ name }) => !known.has(name))
    .map(({ name, fault }): JailRow => ({ ...idle, name, fault, state: 'inactive' }));
  const active = running.map((jail): JailRow => ({ ...jail, fault: faults.get(jail.name) ?? null }));
  return [...active, ...inactive].sort((a, b) => a.name.localeCompare(b.name, 'en'));
}

/** Whether something is wrong with a jail: it should run and does not, can't, or closes nothing. */
export function hasProblem({ state, fault, closes }: JailRow): boolean {
  return state === 'stopped' || Boolean(fault) || ((state === 'running' || state === 'idle') && closes.length === 0);
}

/** Whether a list that shows so has the jail. */
export function shows(jail: JailRow, show: Show): boolean {
  switch (show) {
    case 'active':
      return jail.state !== 'inactive';
    case 'inactive':
      return jail.state === 'inactive';
    case 'problems':
      return hasProblem(jail);
    default:
      return true;
  }
}

/** The jails that a view asks for. */
export function viewed(jails: readonly JailRow[], { q, show }: JailsView): JailRow[] {
  const wanted = q.trim().toLowerCase();
  return jails.filter((jail) => shows(jail, show) && jail.name.toLowerCase().includes(wanted));
}
