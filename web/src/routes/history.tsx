import { createFileRoute } from '@tanstack/react-router';
import * as v from 'valibot';
import { HistoryPage } from '@/features/history/page';
import { everything, readAsn, readCountry, toSearch } from '@/features/history/view';

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
  range: v.optional(v.fallback(v.picklist(['', '24h', '7d', '30d', '365d']), '')),
  from: text,
  to: text,
  text,
  ban: text,
});

export const Route = createFileRoute('/history')({ validateSearch: search, component: History });

function History() {
  const view = { ...everything, ...Route.useSearch() };
  const navigate = Route.useNavigate();
  return <HistoryPage view={view} onView={(next, replace) => navigate({ search: toSearch(next), replace })} />;
}
