import { createFileRoute } from '@tanstack/react-router';
import * as v from 'valibot';
import { TesterPage } from '@/features/expressions/page';

const text = v.optional(v.fallback(v.string(), ''));

const search = v.object({ filter: text, log: text, journal: text });

export const Route = createFileRoute('/tools/expressions')({ validateSearch: search, component: Expressions });

function Expressions() {
  const { filter = '', log = '', journal = '' } = Route.useSearch();
  const navigate = Route.useNavigate();
  return (
    <TesterPage
      view={{ filter, log, journal }}
      onView={(next) =>
        navigate({
          search: { filter: next.filter || undefined, log: next.log || undefined, journal: next.journal || undefined },
          replace: true,
        })
      }
    />
  );
}
