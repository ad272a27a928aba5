import { queryOptions } from '@tanstack/react-query';
import { api, take } from './client';
import { configQuery, type Terms } from './config';
import { type Review, review } from './config-review';
import type { ConfigChange, Recipe } from './types';

const host = 'local';
const onHost = { params: { path: { host } } } as const;

/** Filters say whom to ban, actions what a ban does; both are files that jails name. */
export type RecipeKind = 'filter' | 'action';

/** All filters or actions; for administrators. */
export const recipesQuery = (kind: RecipeKind) =>
  queryOptions({
    queryKey: ['recipes', kind],
    queryFn: async ({ signal }): Promise<Recipe[]> =>
      (kind === 'filter'
        ? await take(api.GET('/api/v1/hosts/{host}/config/filters', { ...onHost, signal }))
        : await take(api.GET('/api/v1/hosts/{host}/config/actions', { ...onHost, signal }))
      ).items ?? [],
    staleTime: 10_000,
  });

/** One of them with its options. */
export const recipeQuery = (kind: RecipeKind, name: string) =>
  queryOptions({
    queryKey: ['recipe', kind, name],
    queryFn: ({ signal }) => {
      const at = { params: { path: { host, name } }, signal };
      return kind === 'filter'
        ? take(api.GET('/api/v1/hosts/{host}/config/filters/{name}', at))
        : take(api.GET('/api/v1/hosts/{host}/config/actions/{name}', at));
    },
  });

/** A file of the configuration with the ETag to change it under; '' where it is not there. */
export interface ConfigText {
  etag: string;
  content: string;
}

/** One file. The ETag is asked for first: whoever writes between the two makes the change a conflict, and loses nothing. */
export const fileQuery = (name: string) =>
  queryOptions({
    queryKey: ['config-file', name],
    queryFn: async ({ signal }): Promise<ConfigText> => {
      const { etag } = await take(api.GET('/api/v1/hosts/{host}/config', { ...onHost, signal }));
      const query = { name };
      const { content } = await take(api.GET('/api/v1/hosts/{host}/config/file', { params: { path: { host }, query }, signal }));
      return { etag, content };
    },
    // What is being edited must not be exchanged under the hands.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });

/** A whole file; null = it goes. */
export interface FileEdit {
  name: string;
  content: string | null;
}

/** Says what whole files would do, and has the server try them on a copy; throws a Problem. */
export function tryFiles(etag: string, files: FileEdit[], signal?: AbortSignal): Promise<ConfigChange> {
  return take(api.POST('/api/v1/hosts/{host}/config/changes', { ...onHost, body: { etag, files, dry_run: true }, signal }));
}

function applyFiles(etag: string, files: FileEdit[], { reason, confirmSeconds }: Terms): Promise<ConfigChange> {
  return take(
    api.POST('/api/v1/hosts/{host}/config/changes', { ...onHost, body: { etag, files, reason, confirm_seconds: confirmSeconds } }),
  );
}

/** Asks for a look at whole files, made from the configuration of that ETag. */
export function askForFiles(etag: string, files: FileEdit[], { title, ...rest }: Omit<Review, 'attempt' | 'apply'>): void {
  review.set({
    title,
    attempt: (signal) => tryFiles(etag, files, signal),
    apply: (terms) => applyFiles(etag, files, terms),
    ...rest,
  });
}

/** What a change of files or options makes old. */
export const configKeys = [['recipes'], ['recipe'], ['config-file'], configQuery.queryKey] as const;
