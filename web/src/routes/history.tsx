import { createFileRoute } from '@tanstack/react-router';
import { useMemo } from 'react';
import * as v from 'valibot';
import { HistoryPage } from '@/features/history/page';
import { everything, readAsn, readCountry, splitNot, toSearch } from '@/features/history/view';

const text = v.optional(v.fallback(v.string(), ''));
const read = (how: (typed: string) => string | undefined) =>
  v.optional(
    v.fallback(
      v.pipe(
        v.string(),
        v.transform((typed) => how(typed) ?? ''),
      ),
      '',
    ),
  );

const search = v.object({
  state: v.optional(v.fallback(v.picklist(['all', 'active', 'ended']), 'all')),
  jail: text,
  q: text,
  country: read(readCountry),
  asn: read(readAsn),
  origin: v.optional(v.fallback(v.picklist(['', 'fail2ban', 'manual']), '')),
  host: text,
  range: v.optional(v.fallback(v.picklist(['', '24h', '7d', '30d', '365d']), '')),
  from: text,
  to: text,
  text,
  not: v.optional(v.fallback(v.union([v.string(), v.array(v.string())]), '')),
  ban: text,
});

export const Route = createFileRoute('/history')({ validateSearch: search, component: History });

function History() {
  const { not, ...rest } = Route.useSearch();
  const left = JSON.stringify([not ?? []].flat().filter((one) => splitNot(one) !== undefined));
  // The same list as long as it says the same: the query follows it.
  const leftOut = useMemo((): string[] => JSON.parse(left), [left]);
  const view = { ...everything, ...rest, not: leftOut };
  const navigate = Route.useNavigate();
  return <HistoryPage view={view} onView={(next, replace) => navigate({ search: toSearch(next), replace })} />;
}
