import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { ban } from '@/api/changes';
import type { Outcome } from '@/api/types';
import type { Target } from '@/lib/address';

/** What is about to be banned. */
export interface Draft {
  targets: Target[];
  jail: string;
  allowWide: boolean;
}

/** What the server says would come of it. */
export interface Preflight {
  state: 'empty' | 'asking' | 'failed' | 'known';
  outcomes: Outcome[];
  error: unknown;
  retry: () => void;
}

/** What stands in the way of pressing the button, if anything does. */
export interface Verdict {
  willBan: number;
  wide: Outcome[];
  refused: Outcome[];
  already: number;
  ready: boolean;
}

/** Judges a rehearsal: one refusal or an open question keeps the button shut. */
export function judgePreflight({ state, outcomes }: Pick<Preflight, 'state' | 'outcomes'>, wrong: number): Verdict {
  const of = (...kinds: Outcome['outcome'][]) => outcomes.filter((o) => kinds.includes(o.outcome));
  const willBan = of('would_ban').length;
  const wide = of('needs_confirmation');
  const refused = of('refused', 'failed');
  const ready = state === 'known' && wrong === 0 && willBan > 0 && wide.length === 0 && refused.length === 0;
  return { willBan, wide, refused, already: of('already_banned').length, ready };
}

const settleMs = 300;

function useSettled<T>(value: T, key: string): { value: T; settled: boolean } {
  const [kept, setKept] = useState({ value, key });
  useEffect(() => {
    if (kept.key === key) return;
    const timer = setTimeout(() => setKept({ value, key }), settleMs);
    return () => clearTimeout(timer);
  }, [kept.key, key, value]);
  return { value: kept.value, settled: kept.key === key };
}

/** Asks the server, while one types, what the ban would do; nothing is banned by that. */
export function usePreflight(draft: Draft): Preflight {
  const addresses = draft.targets.map((t) => t.text);
  const key = JSON.stringify([addresses, draft.jail, draft.allowWide]);
  const { value, settled } = useSettled(draft, key);
  const asked = value.targets.map((t) => t.text);
  const query = useQuery({
    queryKey: ['preflight', asked, value.jail, value.allowWide],
    queryFn: ({ signal }) => ban({ addresses: asked, jails: [value.jail], allow_wide: value.allowWide, dry_run: true }, signal),
    enabled: asked.length > 0 && value.jail !== '',
    staleTime: 0,
    gcTime: 0,
  });
  const retry = () => void query.refetch();
  if (addresses.length === 0 || draft.jail === '') return { state: 'empty', outcomes: [], error: null, retry };
  if (!settled || query.isFetching) return { state: 'asking', outcomes: settled ? (query.data ?? []) : [], error: null, retry };
  if (query.isError) return { state: 'failed', outcomes: [], error: query.error, retry };
  return { state: 'known', outcomes: query.data ?? [], error: null, retry };
}
