import { t } from '@lingui/core/macro';
import { Link } from '@tanstack/react-router';
import { type Range, spans } from '@/api/stats';
import { Chip } from '@/ui/chip';
import { FilterChip } from '@/ui/filter-chip';
import { Day } from '@/ui/filter-fields';
import { flip, isNarrowed, isNarrowedBy, type OverviewView, toHistory } from './view';
import { narrowingInWords, rangeInWords } from './words';

interface RangeBarProps {
  view: OverviewView;
  onView: (next: OverviewView) => void;
}

/** Of which time the figures are, and what they are narrowed to. */
export function RangeBar({ view, onView }: RangeBarProps) {
  const free = (part: Partial<OverviewView>) => {
    const next = { ...view, ...part };
    onView({ ...next, range: next.from + next.to === '' ? '24h' : '' });
  };
  return (
    <search className="flex flex-col gap-2" aria-label={t`Time and filter`}>
      <div className="flex flex-wrap items-center gap-2">
        {(Object.keys(spans) as Range[]).map((range) => (
          <Chip key={range} pressed={view.range === range} onClick={() => onView({ ...view, range, from: '', to: '' })}>
            {rangeInWords(range)}
          </Chip>
        ))}
        <Day label={t`from`} value={view.from} clock onValue={(from) => free({ from })} />
        <Day label={t`to`} value={view.to} clock onValue={(to) => free({ to })} />
        <Link to="/history" search={toHistory(view)} className="ml-auto py-1 text-sm text-accent underline max-md:ml-0">
          {t`These bans in the history`}
        </Link>
      </div>
      {isNarrowed(view) && (
        <div className="flex flex-wrap items-center gap-2">
          {isNarrowedBy(view).map((name) => (
            <FilterChip key={name} text={narrowingInWords(name, view)} onRemove={() => onView(flip(view, name, view[name]))} />
          ))}
          <span className="text-xs text-muted">{t`Applies to everything but failures, jails and the live list, which are of now.`}</span>
        </div>
      )}
    </search>
  );
}
