import type { QueryClient } from '@tanstack/react-query';
import type { Batch, Counters, HostEvent } from './events';
import type { LiveSource } from './live';
import { hostQuery, jailsQuery, leaseQuery } from './queries';

/** Keeps what the page has asked for in step with what the event stream tells. */
export function followLive(live: LiveSource, client: QueryClient): () => void {
  const stopEvents = live.subscribe((batch) => apply(batch, client));
  const stopResets = live.onReconnect(() => void client.invalidateQueries({ predicate: (q) => q.queryKey[0] !== 'bans' }));
  // A lost stream is the first sign that our server is away: ask at once and not at the next turn.
  const stopStates = live.state.subscribe(() => {
    if (live.state.get() === 'lost') void client.invalidateQueries({ queryKey: hostQuery.queryKey });
  });
  return () => {
    stopStates();
    stopEvents();
    stopResets();
  };
}

function apply({ events, counters }: Batch, client: QueryClient): void {
  if (counters !== undefined) applyCounters(counters, client);
  const has = (...kinds: HostEvent['kind'][]) => events.some((e) => kinds.includes(e.kind));
  if (has('host', 'notice')) void client.invalidateQueries({ queryKey: hostQuery.queryKey });
  if (has('lease')) void client.invalidateQueries({ queryKey: leaseQuery.queryKey });
  if (has('lease', 'job')) {
    for (const key of ['jobs', 'job']) void client.invalidateQueries({ queryKey: [key] });
  }
  if (has('jail', 'host')) {
    for (const key of ['jails', 'jail', 'manual-jail']) void client.invalidateQueries({ queryKey: [key] });
  }
  if (has('ban', 'unban')) {
    recount(client);
    const touched = new Set(events.map((e) => e.address));
    void client.invalidateQueries({
      predicate: (q) => q.queryKey[0] === 'address' && (touched.has(q.queryKey[1] as string) || touched.size > 50),
    });
  }
}

let recountTimer: ReturnType<typeof setTimeout> | undefined;

/** Counts again at most once a second, also while thousands are being banned. */
function recount(client: QueryClient): void {
  if (recountTimer !== undefined) return;
  recountTimer = setTimeout(() => {
    recountTimer = undefined;
    void client.invalidateQueries({ queryKey: ['ban-count'] });
  }, 1000);
}

/** Writes counters into the host and its jails; a jail we don't know asks for the list. */
function applyCounters(counters: Counters, client: QueryClient): void {
  const host = client.getQueryData(hostQuery.queryKey);
  if (host !== undefined && host.state !== counters.state) void client.invalidateQueries({ queryKey: hostQuery.queryKey });
  client.setQueryData(hostQuery.queryKey, (old) =>
    old === undefined ? old : { ...old, state: counters.state, as_of: counters.as_of, totals: counters.totals },
  );
  const jails = client.getQueryData(jailsQuery.queryKey);
  if (jails === undefined) return;
  const news = new Map(counters.jails.map((j) => [j.name, j]));
  if (jails.length !== news.size || jails.some((j) => !news.has(j.name))) {
    void client.invalidateQueries({ queryKey: jailsQuery.queryKey });
  }
  client.setQueryData(jailsQuery.queryKey, (old) => old?.map((j) => ({ ...j, ...news.get(j.name) })));
}
