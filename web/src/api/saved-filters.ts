import { queryOptions } from '@tanstack/react-query';
import { api, take } from './client';
import type { SavedFilter } from './types';

/** The reader's own saved filters of bans, by name. */
export const savedFiltersQuery = queryOptions({
  queryKey: ['saved-filters'],
  queryFn: async ({ signal }) => (await take(api.GET('/api/v1/saved-filters', { signal }))).items ?? [],
  staleTime: 60_000,
});

/** Keeps a filter under a name; throws a Problem. */
export function saveFilter(name: string, filter: SavedFilter['filter']): Promise<SavedFilter> {
  return take(api.POST('/api/v1/saved-filters', { body: { name, filter } }));
}

/** Gives a saved filter another name or content; throws a Problem. */
export function changeSavedFilter({ id, name, filter }: Pick<SavedFilter, 'id' | 'name' | 'filter'>): Promise<SavedFilter> {
  return take(api.PUT('/api/v1/saved-filters/{id}', { params: { path: { id } }, body: { name, filter } }));
}

/** Deletes a saved filter; throws a Problem. */
export async function deleteSavedFilter(id: string): Promise<void> {
  await take(api.DELETE('/api/v1/saved-filters/{id}', { params: { path: { id } } }));
}
