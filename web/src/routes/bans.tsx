import { createFileRoute } from '@tanstack/react-router';
import * as v from 'valibot';
import { BansPage } from '@/features/bans/page';

const text = v.optional(v.fallback(v.string(), ''));

const search = v.object({
  state: v.optional(v.fallback(v.picklist(['active', 'ended', 'all']), 'active')),
  jail: text,
  q: text,
});

export const Route = createFileRoute('/bans')({ validateSearch: search, component: Bans });

function Bans() {
  const { state = 'active', jail = '', q = '' } = Route.useSearch();
  const navigate = Route.useNavigate();
  return (
    <BansPage
      view={{ state, jail, q }}
      onView={(next, replace) =>
        navigate({
          search: { state: next.state === 'active' ? undefined : next.state, jail: next.jail || undefined, q: next.q || undefined },
          replace,
        })
      }
    />
  );
}
