import { queryOptions } from '@tanstack/react-query';
import { api, take } from './client';
import type { BacktestOrder } from './types';

const host = 'local';
const askAgainMs = 700;

/** Begins to find out whom a jail would have banned; throws a Problem. It goes on while somebody looks at it. */
export function startBacktest(body: BacktestOrder) {
  return take(api.POST('/api/v1/hosts/{host}/config/backtests', { params: { path: { host } }, body }));
}

/** How far a back-test is; asked again and again until it is done. */
export const backtestQuery = (id: string) =>
  queryOptions({
    queryKey: ['backtest', id],
    queryFn: ({ signal }) =>
      take(api.GET('/api/v1/hosts/{host}/config/backtests/{backtest}', { params: { path: { host, backtest: id } }, signal })),
    refetchInterval: ({ state }) => (state.error === null && (state.data?.state ?? 'running') === 'running' ? askAgainMs : false),
    staleTime: ({ state }) => (state.data?.state === 'running' ? 0 : Number.POSITIVE_INFINITY),
    retry: false,
  });

/** Ends one, and forgets it; throws a Problem. */
export async function stopBacktest(id: string): Promise<void> {
  await take(api.DELETE('/api/v1/hosts/{host}/config/backtests/{backtest}', { params: { path: { host, backtest: id } } }));
}
