import { createStore } from '../lib/store';
import { type Batch, type Counters, eventKinds, type HostEvent, readMessage } from './events';

/** How the page hears of what happens. "lost" = trying again. */
export type LiveState = 'connecting' | 'live' | 'lost' | 'paused';

/** What the source needs of the world, so that tests can bring their own. */
export interface LiveOptions {
  url: string;
  open?: (url: string) => EventSource;
  /** How many recorded events to ask for at the first connection. */
  replay?: number;
}

// At most four updates a second: faster can't be read, and each costs a render.
const batchMs = 250;
const hiddenMs = 60_000;
const maxQueue = 5000;
const retryMs = [1000, 2000, 5000, 10_000] as const;

/** The one event stream of a tab: batched, resumed, closed while nobody looks. */
export class LiveSource {
  readonly state = createStore<LiveState>('connecting');
  #options: LiveOptions;
  #source: EventSource | undefined;
  #lastId = '';
  #greeted = false;
  #failures = 0;
  #queue: HostEvent[] = [];
  #counters: Counters | undefined;
  #flushTimer: ReturnType<typeof setTimeout> | undefined;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #hiddenTimer: ReturnType<typeof setTimeout> | undefined;
  #lastFlush = 0;
  #readers = new Set<(batch: Batch) => void>();
  #resetters = new Set<() => void>();

  constructor(options: LiveOptions) {
    this.#options = options;
  }

  /** Connects and follows whether the tab is looked at; returns the way to stop. */
  start(): () => void {
    document.addEventListener('visibilitychange', this.#onVisibility);
    window.addEventListener('online', this.reconnect);
    this.#connect();
    return () => {
      document.removeEventListener('visibilitychange', this.#onVisibility);
      window.removeEventListener('online', this.reconnect);
      this.#close();
      clearTimeout(this.#hiddenTimer);
      this.#forget();
    };
  }

  /** Who comes next may be somebody else: nothing of this connection may reach him. */
  #forget(): void {
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    this.#queue = [];
    this.#counters = undefined;
    this.#lastId = '';
    this.#greeted = false;
    this.#failures = 0;
    this.state.set('connecting');
  }

  /** Hands over what comes, in batches. */
  subscribe(reader: (batch: Batch) => void): () => void {
    this.#readers.add(reader);
    return () => void this.#readers.delete(reader);
  }

  /** Calls back once after each reconnection: something may have been missed. */
  onReconnect(resetter: () => void): () => void {
    this.#resetters.add(resetter);
    return () => void this.#resetters.delete(resetter);
  }

  /** Drops the connection and makes a new one: it is silent, though it looks open. */
  readonly reconnect = (): void => {
    if (this.state.get() !== 'paused') this.#connect();
  };

  #connect(): void {
    this.#close();
    const url = new URL(this.#options.url);
    if (this.#lastId !== '') url.searchParams.set('last_event_id', this.#lastId);
    else if (!this.#greeted && this.#options.replay) url.searchParams.set('replay', String(this.#options.replay));
    const source = (this.#options.open ?? ((u) => new EventSource(u)))(url.href);
    this.#source = source;
    source.addEventListener('hello', this.#onHello);
    source.addEventListener('counters', this.#onCounters);
    for (const kind of eventKinds) source.addEventListener(kind, this.#onEvent);
    source.addEventListener('error', this.#onError);
  }

  #close(): void {
    clearTimeout(this.#retryTimer);
    this.#source?.close();
    this.#source = undefined;
  }

  readonly #onHello = (): void => {
    this.#failures = 0;
    this.state.set('live');
    const again = this.#greeted;
    this.#greeted = true;
    if (again) for (const resetter of this.#resetters) resetter();
  };

  readonly #onCounters = (message: MessageEvent): void => {
    const value = readMessage(message.data);
    if (value === undefined || !Array.isArray(value.jails)) return;
    this.#counters = value as unknown as Counters;
    this.#schedule();
  };

  readonly #onEvent = (message: MessageEvent): void => {
    if (message.lastEventId !== '') this.#lastId = message.lastEventId;
    const value = readMessage(message.data);
    if (value === undefined || typeof value.kind !== 'string') return;
    // A tab that can't keep up forgets the oldest: the lists are asked for again anyway.
    if (this.#queue.length >= maxQueue) this.#queue.splice(0, maxQueue / 10);
    this.#queue.push(value as unknown as HostEvent);
    this.#schedule();
  };

  readonly #onError = (): void => {
    this.state.set('lost');
    // The browser tries again by itself unless the answer was no event stream at all.
    if (this.#source?.readyState !== EventSource.CLOSED) return;
    const wait = retryMs[Math.min(this.#failures, retryMs.length - 1)] ?? 10_000;
    this.#failures += 1;
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => this.#connect(), wait);
  };

  #schedule(): void {
    if (this.#flushTimer !== undefined) return;
    const wait = Math.max(0, this.#lastFlush + batchMs - performance.now());
    this.#flushTimer = setTimeout(() => this.#flush(), wait);
  }

  #flush(): void {
    this.#flushTimer = undefined;
    this.#lastFlush = performance.now();
    const batch: Batch = { events: this.#queue, counters: this.#counters };
    this.#queue = [];
    this.#counters = undefined;
    for (const reader of this.#readers) reader(batch);
  }

  readonly #onVisibility = (): void => {
    clearTimeout(this.#hiddenTimer);
    if (document.visibilityState === 'hidden') {
      this.#hiddenTimer = setTimeout(() => {
        this.#close();
        this.state.set('paused');
      }, hiddenMs);
    } else if (this.state.get() === 'paused') {
      this.state.set('connecting');
      this.#connect();
    }
  };
}
