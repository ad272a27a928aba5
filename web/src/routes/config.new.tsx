import { createFileRoute } from '@tanstack/react-router';
import * as v from 'valibot';
import { NewRecipePage } from '@/features/recipes/new-page';

const search = v.object({
  kind: v.optional(v.fallback(v.picklist(['filter', 'action']), 'filter')),
  from: v.optional(v.fallback(v.string(), '')),
});

export const Route = createFileRoute('/config/new')({ validateSearch: search, component: NewRecipe });

function NewRecipe() {
  const { kind = 'filter', from = '' } = Route.useSearch();
  return <NewRecipePage key={`${kind} ${from}`} kind={kind} from={from} />;
}
