/** What a key does in a grid. */
export type GridMove = { kind: 'move'; to: number; extend: boolean } | { kind: 'open' | 'select' | 'all' } | undefined;

interface Place {
  /** The active row, -1 = none. */
  active: number;
  rows: number;
  /** Rows that fit on the screen. */
  page: number;
}

interface Press {
  key: string;
  shiftKey: boolean;
  mod: boolean;
  /** Letters j, k, x act only while single keys are on. */
  letters: boolean;
}

const letters: Record<string, string> = { j: 'ArrowDown', k: 'ArrowUp', x: ' ' };

/** Says what a key press does. */
export function gridKey(press: Press, { active, rows, page }: Place): GridMove {
  const small = press.key.toLowerCase();
  if (press.mod) return small === 'a' ? { kind: 'all' } : undefined;
  const key = (press.letters && letters[small]) || press.key;
  const targets: Record<string, number> = {
    ArrowDown: active + 1,
    ArrowUp: active - 1,
    PageDown: active + page,
    PageUp: active - page,
    Home: 0,
    End: rows - 1,
  };
  const to = targets[key];
  if (to !== undefined) {
    return rows === 0 ? undefined : { kind: 'move', to: Math.max(0, Math.min(rows - 1, to)), extend: press.shiftKey };
  }
  if (key === 'Enter') return { kind: 'open' };
  return key === ' ' ? { kind: 'select' } : undefined;
}
