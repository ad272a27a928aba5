import { createFileRoute } from '@tanstack/react-router';
import * as v from 'valibot';
import { RecipePage } from '@/features/recipes/detail-page';

const search = v.object({
  tab: v.optional(v.fallback(v.picklist(['', 'source', 'diff', 'uses']), '')),
  file: v.optional(v.fallback(v.string(), '')),
});

export const Route = createFileRoute('/filters/$name')({ validateSearch: search, component: Filter });

function Filter() {
  const { name } = Route.useParams();
  const { tab = '', file = '' } = Route.useSearch();
  const navigate = Route.useNavigate();
  return <RecipePage key={name} kind="filter" name={name} view={{ tab, file }} onView={(next) => navigate({ search: next })} />;
}
