import { useSyncExternalStore } from 'react';

/** Whether a media query matches now, followed. */
function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (listener) => {
      const list = window.matchMedia(query);
      list.addEventListener('change', listener);
      return () => list.removeEventListener('change', listener);
    },
    () => window.matchMedia(query).matches,
  );
}

/** Narrow screens get cards instead of columns. */
export function usePhone(): boolean {
  return useMedia('(max-width: 767px)');
}
