import { t } from '@lingui/core/macro';
import type { ReactNode } from 'react';
import { number } from '../lib/time';
import { classes } from './classes';

/** One of what is ranked. */
export interface Rank {
  key: string;
  name: ReactNode;
  value: number;
  /** What it means, where the pointer rests on it. */
  title?: string;
  /** Absent where it can't be chosen. */
  onChoose?: () => void;
  chosen?: boolean;
}

/** Values with bars, largest first; pressing one chooses it. */
export function Ranks({ ranks, others }: { ranks: readonly Rank[]; others: number }) {
  const most = Math.max(1, ...ranks.map(({ value }) => value));
  return (
    <ul className="flex flex-col p-2">
      {ranks.map((rank) => (
        <li key={rank.key}>
          <Row rank={rank} share={rank.value / most} />
        </li>
      ))}
      {others > 0 && (
        <li className="flex justify-between gap-3 px-2 py-1.5 text-sm text-muted">
          <span>{t`All others`}</span>
          <span>{number(others)}</span>
        </li>
      )}
    </ul>
  );
}

const line = 'flex w-full flex-col gap-1 rounded-md px-2 py-1.5 text-left text-sm max-md:min-h-11';

function Row({ rank: { name, value, title, onChoose, chosen }, share }: { rank: Rank; share: number }) {
  const inside = (
    <>
      <span className="flex w-full items-center justify-between gap-3">
        <span className="min-w-0 truncate">{name}</span>
        <span className="font-medium">{number(value)}</span>
      </span>
      <span className="block h-1.5 w-full overflow-hidden rounded-full bg-hover" aria-hidden>
        <span className="block h-full rounded-full bg-series-1" style={{ width: `${100 * share}%` }} />
      </span>
    </>
  );
  if (onChoose === undefined) {
    return (
      <div className={classes(line, 'text-muted')} title={title}>
        {inside}
      </div>
    );
  }
  return (
    <button
      type="button"
      aria-pressed={chosen ?? false}
      onClick={onChoose}
      title={title}
      className={classes(line, chosen ? 'bg-accent-soft text-accent-text' : 'hover:bg-hover')}
    >
      {inside}
    </button>
  );
}
