import type { ComponentType } from 'react';
import { createStore, type Store, useStore } from './store';

/** A part of the page that is fetched when it is first wanted, and not with the page. */
export interface Later<P> {
  /** Fetches it, once; one that can't be had is asked for again the next time. */
  want: () => void;
  part: Store<ComponentType<P> | undefined>;
}

/** Makes such a part. Unlike a lazy component, one that can't be had is a thing that doesn't open and not a page that fails. */
export function later<P>(fetch: () => Promise<ComponentType<P>>): Later<P> {
  const part = createStore<ComponentType<P> | undefined>(undefined);
  let asked = false;
  const want = () => {
    if (asked) return;
    asked = true;
    fetch().then(part.set, () => {
      asked = false;
    });
  };
  return { want, part };
}

/** The part where it has come. */
export function usePart<P>({ part }: Later<P>): ComponentType<P> | undefined {
  return useStore(part);
}
