import type { ReactNode } from 'react';

/** One bar: its name, its value and where it leads. */
export interface Bar {
  key: string;
  label: ReactNode;
  value: number;
  text: string;
}

/** Values as bars, largest first; the number stands beside each. */
export function BarList({ bars }: { bars: Bar[] }) {
  const most = Math.max(1, ...bars.map((b) => b.value));
  return (
    <ul className="flex flex-col gap-2.5">
      {bars.map(({ key, label, value, text }) => (
        <li key={key} className="flex flex-col gap-1">
          <div className="flex items-center justify-between gap-3 text-sm">
            <span className="min-w-0">{label}</span>
            <span className="font-medium">{text}</span>
          </div>
          <div className="h-1.5 overflow-hidden rounded-full bg-hover" aria-hidden>
            <div className="h-full rounded-full bg-series-1" style={{ width: `${(100 * value) / most}%` }} />
          </div>
        </li>
      ))}
    </ul>
  );
}
