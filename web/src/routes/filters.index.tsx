import { createFileRoute } from '@tanstack/react-router';
import * as v from 'valibot';
import { RecipesPage } from '@/features/recipes/page';

const search = v.object({
  q: v.optional(v.fallback(v.string(), '')),
  show: v.optional(v.fallback(v.picklist(['', 'active', 'mine', 'broken']), '')),
});

export const Route = createFileRoute('/filters/')({ validateSearch: search, component: Filters });

function Filters() {
  const { q = '', show = '' } = Route.useSearch();
  const navigate = Route.useNavigate();
  return <RecipesPage kind="filter" view={{ q, show }} onView={(next, replace) => navigate({ search: next, replace })} />;
}
