import { queryOptions } from '@tanstack/react-query';
import { api, take } from './client';
import type { ExpressionOrder } from './types';

const host = 'local';

/** The logs that jails read, the filters, the units. */
export const logsQuery = queryOptions({
  queryKey: ['logs'],
  queryFn: ({ signal }) => take(api.GET('/api/v1/hosts/{host}/config/log-sources', { params: { path: { host } }, signal })),
  staleTime: 60_000,
  retry: false,
});

interface LogSource {
  kind: 'log' | 'journal';
  path?: string;
  match?: string;
  contains?: string;
  lines: number;
}

/** The last lines of a log. */
export const logLinesQuery = ({ kind, path, match, contains, lines }: LogSource) =>
  queryOptions({
    queryKey: ['log-lines', kind, path, match, contains, lines],
    queryFn: ({ signal }) =>
      take(
        api.GET('/api/v1/hosts/{host}/config/logs/lines', {
          params: {
            path: { host },
            query: { kind, path: path || undefined, match: match || undefined, contains: contains || undefined, lines },
          },
          signal,
        }),
      ),
    staleTime: 5_000,
    retry: false,
  });

/** Tries expressions on lines; throws a Problem. */
export function tryExpressions(body: ExpressionOrder) {
  return take(api.POST('/api/v1/hosts/{host}/config/expression-test', { params: { path: { host } }, body }));
}
