import { createFileRoute } from '@tanstack/react-router';
import * as v from 'valibot';
import { AuditPage } from '@/features/audit/page';

const text = v.optional(v.fallback(v.string(), ''));

const search = v.object({
  actor: text,
  action: text,
  outcome: v.optional(v.fallback(v.picklist(['', 'ok', 'refused', 'failed', 'begun']), '')),
  from: text,
  to: text,
});

export const Route = createFileRoute('/audit')({ validateSearch: search, component: Audit });

function Audit() {
  const { actor = '', action = '', outcome = '', from = '', to = '' } = Route.useSearch();
  const navigate = Route.useNavigate();
  return (
    <AuditPage
      view={{ actor, action, outcome, from, to }}
      onView={(next, replace) =>
        navigate({
          search: {
            actor: next.actor || undefined,
            action: next.action || undefined,
            outcome: next.outcome || undefined,
            from: next.from || undefined,
            to: next.to || undefined,
          },
          replace,
        })
      }
    />
  );
}
