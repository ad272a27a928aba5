import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import { type HistoryFilter, historyCountQuery, historyQuery } from '@/api/queries';

const screenful = 50;
const quickPages = 10;
// A search through log lines may take thousands of pages; the server lets one client ask 200 times a minute.
const pauseMs = 700;

/** What the archive holds of a filter. Pages that are short, because a text is rarely found, are followed by the next ones. */
export function useHistory(filter: HistoryFilter) {
  const client = useQueryClient();
  const query = useInfiniteQuery(historyQuery(filter));
  const { data, hasNextPage, isFetching, isError, fetchNextPage } = query;
  const rows = useMemo(() => data?.pages.flatMap((page) => page.items ?? []) ?? [], [data]);
  const pages = data?.pages.length ?? 0;
  const lacking = rows.length < screenful || (data?.pages.at(-1)?.items ?? []).length === 0;
  const onward = lacking && hasNextPage && !isFetching && !isError;
  useEffect(() => {
    if (!onward) return;
    const timer = setTimeout(() => void fetchNextPage(), pages < quickPages ? 0 : pauseMs);
    return () => clearTimeout(timer);
  }, [onward, pages, fetchNextPage]);
  const more = () => {
    if (hasNextPage && !isFetching) void fetchNextPage();
  };
  const again = () => {
    void client.resetQueries({ queryKey: historyQuery(filter).queryKey });
    void client.invalidateQueries({ queryKey: historyCountQuery(filter).queryKey });
  };
  return { query, rows, pages, more, again };
}
