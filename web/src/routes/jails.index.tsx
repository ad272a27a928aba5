import { createFileRoute } from '@tanstack/react-router';
import * as v from 'valibot';
import { JailsPage } from '@/features/jails/page';

const search = v.object({
  q: v.optional(v.fallback(v.string(), '')),
  show: v.optional(v.fallback(v.picklist(['active', 'inactive', 'problems', 'all']), 'active')),
});

export const Route = createFileRoute('/jails/')({ validateSearch: search, component: Jails });

function Jails() {
  const { q = '', show = 'active' } = Route.useSearch();
  const navigate = Route.useNavigate();
  return (
    <JailsPage
      view={{ q, show }}
      onView={(next, replace) =>
        navigate({ search: { q: next.q || undefined, show: next.show === 'active' ? undefined : next.show }, replace })
      }
    />
  );
}
