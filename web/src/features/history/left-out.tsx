import { t } from '@lingui/core/macro';
import { visible } from '@/lib/plain';
import { FilterChip } from '@/ui/filter-chip';
import { type HistoryView, splitNot } from './view';
import { traitInWords } from './words';

/** What no field shows of the filter: the one host, and what the list leaves out, each to be taken back. */
export function LeftOut({ view, onView }: { view: HistoryView; onView: (next: HistoryView) => void }) {
  if (view.not.length === 0 && view.host === '') return null;
  return (
    <ul aria-label={t`Further filters`} className="flex flex-wrap items-center gap-2 px-6 pb-3 max-md:px-4">
      {view.host !== '' && (
        <li>
          <FilterChip text={t`host ${visible(view.host)}`} onRemove={() => onView({ ...view, host: '' })} />
        </li>
      )}
      {view.not.map((one) => {
        const [trait, value] = splitNot(one) ?? ['jail', one];
        return (
          <li key={one}>
            <FilterChip
              without
              text={t`without ${traitInWords(trait, value)}`}
              onRemove={() => onView({ ...view, not: view.not.filter((other) => other !== one) })}
            />
          </li>
        );
      })}
    </ul>
  );
}
