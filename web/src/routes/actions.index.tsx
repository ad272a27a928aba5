import { createFileRoute } from '@tanstack/react-router';
import * as v from 'valibot';
import { RecipesPage } from '@/features/recipes/page';

const search = v.object({
  q: v.optional(v.fallback(v.string(), '')),
  show: v.optional(v.fallback(v.picklist(['', 'active', 'mine', 'broken']), '')),
});

export const Route = createFileRoute('/actions/')({ validateSearch: search, component: Actions });

function Actions() {
  const { q = '', show = '' } = Route.useSearch();
  const navigate = Route.useNavigate();
  return <RecipesPage kind="action" view={{ q, show }} onView={(next, replace) => navigate({ search: next, replace })} />;
}
