import type { Gap } from './types';

/** The gaps that touch a time; '' = open to that side. */
export function gapsWithin(gaps: readonly Gap[], { since, until }: { since: string; until: string }): Gap[] {
  const start = since === '' ? Number.NEGATIVE_INFINITY : Date.parse(since);
  const end = until === '' ? Number.POSITIVE_INFINITY : Date.parse(until);
  return gaps.filter((gap) => Date.parse(gap.to) >= start && Date.parse(gap.from) < end);
}
