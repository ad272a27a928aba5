/** Which rows of a list are chosen, by key, and from where Shift extends. */
export interface Selection {
  readonly keys: ReadonlySet<string>;
  readonly anchor: string | undefined;
}

/** Nothing chosen. */
export const nothing: Selection = { keys: new Set(), anchor: undefined };

/** Turns one row; it becomes the anchor. */
export function toggle(selection: Selection, key: string): Selection {
  const keys = new Set(selection.keys);
  if (!keys.delete(key)) keys.add(key);
  return { keys, anchor: key };
}

/** Adds all rows between the anchor and a row; without an anchor just that row. */
export function extend(selection: Selection, key: string, order: readonly string[]): Selection {
  const from = selection.anchor === undefined ? -1 : order.indexOf(selection.anchor);
  const to = order.indexOf(key);
  if (to < 0) return selection;
  const start = from < 0 ? to : Math.min(from, to);
  const end = from < 0 ? to : Math.max(from, to);
  const keys = new Set(selection.keys);
  for (const each of order.slice(start, end + 1)) keys.add(each);
  return { keys, anchor: selection.anchor ?? key };
}

/** Chooses all rows of the list, or none when all are chosen. */
export function toggleAll(selection: Selection, order: readonly string[]): Selection {
  const all = order.length > 0 && order.every((key) => selection.keys.has(key));
  return all ? nothing : { keys: new Set(order), anchor: selection.anchor };
}
