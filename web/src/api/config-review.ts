import { createStore } from '../lib/store';
import { applyEdits, type Terms, tryEdits } from './config';
import type { ConfigChange, ConfigEdit } from './types';

/**
 * A change of fail2ban's configuration that a person is to look at before it is made. Any feature asks with
 *
 *     review.set({ title: t`Settings of sshd`, attempt, apply, onApplied, onConflict });
 *
 * and the shell shows features/config/review.tsx, fetched when it is first asked for: what the change does (attempt is
 * the dry run: files, effects, steps, notes), whether it has to be confirmed, and the button that applies it. What
 * waits to be confirmed then stands as a banner over every page (features/config/banner.tsx, from the host's
 * config_waiting); nobody has to do anything for it. For
 * edits of options askForEdits (below) makes one; for whole files or an older version give attempt and apply of your own.
 */
export interface Review {
  title: string;
  /** The dry run; throws a Problem. */
  attempt: (signal: AbortSignal) => Promise<ConfigChange>;
  /** Makes it; throws a Problem, and then nothing has changed. */
  apply: (terms: Terms) => Promise<ConfigChange>;
  /** It was applied (and may wait to be confirmed). */
  onApplied?: (change: ConfigChange) => void;
  /** The window was closed and nothing was applied. */
  onCancel?: () => void;
  /** Somebody changed the configuration meanwhile and the reader wants to look again: ask for it anew and keep what was typed. */
  onConflict?: () => void;
  /** Goes where what is asked for can be tried on the logs first; nothing that was typed is lost. */
  onBacktest?: () => void;
}

/** What is to be looked at now; the window follows it. */
export const review = createStore<Review | undefined>(undefined);

/** Asks for a look at edits of options, made from the configuration of that ETag. */
export function askForEdits(etag: string, edits: ConfigEdit[], { title, ...rest }: Omit<Review, 'attempt' | 'apply'>): void {
  review.set({
    title,
    attempt: (signal) => tryEdits(etag, edits, signal),
    apply: (terms) => applyEdits(etag, edits, terms),
    ...rest,
  });
}
