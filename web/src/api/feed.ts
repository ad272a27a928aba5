import { createStore } from '../lib/store';
import type { HostEvent } from './events';
import type { LiveSource } from './live';

/** One line of the live feed. */
export interface FeedLine extends HostEvent {
  /** Grows by one for each line; never used twice. */
  key: number;
}

const keep = 200;

/** The newest events, newest first; kept while the reader is on other pages. */
export const feed = createStore<readonly FeedLine[]>([]);
let nextKey = 0;

/** Lets the feed follow the event stream. */
export function fillFeed(live: LiveSource): () => void {
  return live.subscribe(({ events }) => {
    // What this program does for itself has a page of its own.
    const ofHost = events.filter(({ kind }) => kind !== 'lease' && kind !== 'job');
    if (ofHost.length > 0) feed.set(addLines(feed.get(), ofHost));
  });
}

/** The feed with newer events on top; what was told before under the same id is left out. */
export function addLines(lines: readonly FeedLine[], events: HostEvent[]): readonly FeedLine[] {
  const known = new Set(lines.map((line) => line.id));
  const fresh: FeedLine[] = [];
  for (const event of events) {
    if (event.id !== null && known.has(event.id)) continue;
    known.add(event.id);
    nextKey += 1;
    fresh.push({ ...event, key: nextKey });
  }
  return [...fresh.reverse(), ...lines].slice(0, keep);
}
