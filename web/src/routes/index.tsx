import { createFileRoute } from '@tanstack/react-router';
import * as v from 'valibot';
import { OverviewPage } from '@/features/overview/page';
import { readView, toSearch } from '@/features/overview/view';

const text = v.optional(v.fallback(v.string(), ''));

const search = v.object({
  range: v.optional(v.fallback(v.picklist(['', '24h', '7d', '30d', '365d']), '')),
  from: text,
  to: text,
  jail: text,
  country: text,
  origin: v.optional(v.fallback(v.picklist(['', 'fail2ban', 'manual']), '')),
  asn: text,
  host: text,
});

export const Route = createFileRoute('/')({ validateSearch: search, component: Overview });

function Overview() {
  const view = readView(Route.useSearch());
  const navigate = Route.useNavigate();
  return <OverviewPage view={view} onView={(next) => void navigate({ search: toSearch(next), resetScroll: false })} />;
}
