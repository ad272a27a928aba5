import type { AuditFilter } from '@/api/queries';
import { dayBegins } from '@/lib/time';

/** What the page's address says about the list; days as 2026-11-24, '' = not narrowed. */
export interface AuditView {
  actor: string;
  action: string;
  outcome: AuditFilter['outcome'];
  from: string;
  to: string;
}

export const everything: AuditView = { actor: '', action: '', outcome: '', from: '', to: '' };

/** The view as the API takes it: days are whole, in the zone that the page shows. */
export function toFilter({ actor, action, outcome, from, to }: AuditView): AuditFilter {
  return { actor: actor.trim(), action: action.trim(), outcome, since: dayBegins(from) ?? '', until: dayBegins(to, 1) ?? '' };
}

/** Whether anything is left out. */
export function isNarrowed(view: AuditView): boolean {
  return Object.values(view).some((value) => value !== '');
}
