import { createStore, type Store } from './store';

const inputs = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const;
const sharedKey = 'bangui.active';
// Other tabs need not know it to the moment.
const shareEveryMs = 5000;
const lookEveryMs = 1000;
const warnMs = 60_000;

interface IdleOptions {
  /** How long nothing may be done, in milliseconds; undefined = for ever. Asked again each second. */
  span: () => number | undefined;
  /** Called once when that time is over. */
  onIdle: () => void;
}

function shared(): number {
  try {
    return Number(localStorage.getItem(sharedKey) ?? 0) || 0;
  } catch {
    return 0; // storage is off: each tab counts for itself
  }
}

function share(at: number): void {
  try {
    localStorage.setItem(sharedKey, String(at));
  } catch {
    // as above
  }
}

/**
 * Follows whether anybody is there: the page asks the server by itself all the time, so
 * the server can't tell. What is done in one tab counts in all. The store has the seconds
 * that are left once they are few; undefined before.
 */
export function watchIdle({ span, onIdle }: IdleOptions): { left: Store<number | undefined>; stop: () => void } {
  const left = createStore<number | undefined>(undefined);
  let active = Date.now();
  let told = 0;
  const touch = () => {
    active = Date.now();
    left.set(undefined);
    if (active - told < shareEveryMs) return;
    told = active;
    share(active);
  };
  const look = () => {
    const most = span();
    if (most === undefined) return left.set(undefined);
    const now = Date.now();
    const other = shared();
    // A moment to come is a clock that was set back: it must keep nothing open.
    active = Math.min(now, active);
    const rest = Math.max(active, other <= now ? other : 0) + most - now;
    left.set(rest <= Math.min(warnMs, most / 2) ? Math.max(0, Math.ceil(rest / 1000)) : undefined);
    if (rest > 0) return;
    stop();
    onIdle();
  };
  const timer = setInterval(look, lookEveryMs);
  const stop = () => {
    clearInterval(timer);
    for (const kind of inputs) window.removeEventListener(kind, touch, { capture: true });
  };
  share(active);
  for (const kind of inputs) window.addEventListener(kind, touch, { capture: true, passive: true });
  return { left, stop };
}
