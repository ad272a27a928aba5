/**
 * What any part of the page may ask for without knowing who does it: the shell
 * mounts the dialogs, the features that own them answer.
 */
export interface Requests {
  palette: { text?: string };
  keys: Record<never, never>;
  'sign-out': Record<never, never>;
  ban: { addresses: string[]; jail?: string };
  unban: { bans: BanRef[] };
}

/** Enough of a ban to lift it and to put it back. */
export interface BanRef {
  id: string;
  address: string;
  jail: string;
  /** Whether it ends at expires_at whatever the time of its jail. */
  own_end?: boolean;
  expires_at?: string | null;
}

type Handler<K extends keyof Requests> = (request: Requests[K]) => void;

const handlers: { [K in keyof Requests]?: Set<Handler<K>> } = {};

/** Asks; nobody listening means that nothing happens. */
export function ask<K extends keyof Requests>(what: K, request: Requests[K]): void {
  for (const handler of handlers[what] ?? []) (handler as Handler<K>)(request);
}

/** Answers requests of one kind until the returned function is called. */
export function answer<K extends keyof Requests>(what: K, handler: Handler<K>): () => void {
  const all = (handlers[what] ?? new Set()) as Set<Handler<K>>;
  handlers[what] = all as never;
  all.add(handler);
  return () => void all.delete(handler);
}
