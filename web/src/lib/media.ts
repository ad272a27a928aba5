import { useSyncExternalStore } from 'react';
import { theme } from './preferences';
import { useStore } from './store';

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

/** Whether the page is dark now, by choice or as the system has it. */
export function useDark(): boolean {
  const chosen = useStore(theme);
  const system = useMedia('(prefers-color-scheme: dark)');
  return chosen === 'system' ? system : chosen === 'dark';
}

/** Narrow screens get cards instead of columns. */
export function usePhone(): boolean {
  return useMedia('(max-width: 767px)');
}
