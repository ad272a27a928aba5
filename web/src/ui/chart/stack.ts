/** Bars over time: each has its start and one value for each part, lowest part first. */
export interface Bars {
  /** Where each bar begins, in seconds, growing; the last ends at end. */
  starts: readonly number[];
  end: number;
  parts: readonly (readonly number[])[];
}

/** The heights of the parts when they stand on each other. */
export function stacked({ parts }: Bars): number[][] {
  const sums: number[][] = [];
  for (const part of parts) {
    const below = sums.at(-1);
    sums.push(part.map((value, i) => value + (below?.[i] ?? 0)));
  }
  return sums;
}

/** The bar that a moment is in; undefined before the first and after the last. */
export function barAt({ starts, end }: Bars, at: number): number | undefined {
  if (at >= end) return undefined;
  const index = starts.findLastIndex((start) => start <= at);
  return index < 0 ? undefined : index;
}

/** The whole bars that a stretch touches, from the start of its first to the end of its last. */
export function wholeBars(bars: Bars, from: number, to: number): [from: number, to: number] | undefined {
  const first = bars.starts[0];
  if (first === undefined || to <= first || from >= bars.end) return undefined;
  const start = bars.starts[barAt(bars, Math.max(from, first)) ?? 0] ?? first;
  const last = barAt(bars, Math.min(to, bars.end - 1)) ?? bars.starts.length - 1;
  const end = bars.starts[last] === to ? to : (bars.starts[last + 1] ?? bars.end);
  return end > start ? [start, end] : undefined;
}
