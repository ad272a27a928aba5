import { createStore } from '../lib/store';
import { api, take } from './client';

/** A request that waits for the password of who made it. */
export interface Waiting {
  settle: (confirmed: boolean) => void;
}

/** What waits now; the window that asks for the password follows it. */
export const waiting = createStore<Waiting | undefined>(undefined);

let asked: Promise<boolean> | undefined;

/** Asks for the password once, however many requests want it at a time; false when it was not given. */
export function confirmSelf(): Promise<boolean> {
  asked ??= new Promise<boolean>((resolve) => {
    const settle = (confirmed: boolean) => {
      asked = undefined;
      waiting.set(undefined);
      resolve(confirmed);
    };
    waiting.set({ settle });
  });
  return asked;
}

/** Gives the password; throws a Problem. */
export async function stepUp(password: string): Promise<void> {
  await take(api.POST('/api/v1/auth/step-up', { body: { password } }));
}
