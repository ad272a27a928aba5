import { t } from '@lingui/core/macro';
import { Chip } from '@/ui/chip';
import { Choice, Day, Typed } from '@/ui/filter-fields';
import type { AuditView } from './view';
import { actionInWords, actionKinds } from './words';

interface AuditFiltersProps {
  view: AuditView;
  onView: (next: AuditView, replace?: boolean) => void;
}

/** Who, what, when, and how it came out; each change is a new address of the page. */
export function AuditFilters({ view, onView }: AuditFiltersProps) {
  const outcomes = [
    ['', t`All`],
    ['ok', t`Done`],
    ['refused', t`Refused`],
    ['failed', t`Failed`],
    ['begun', t`Unfinished`],
  ] as const;
  return (
    <search className="flex flex-wrap items-center gap-2 px-6 pb-3 max-md:px-4">
      <Typed
        label={t`Who`}
        value={view.actor}
        onValue={(actor) => onView({ ...view, actor }, true)}
        className="w-36 max-md:flex-[1_0_40%]"
      />
      <Kind value={view.action} onValue={(action) => onView({ ...view, action })} />
      <Day label={t`from`} value={view.from} onValue={(from) => onView({ ...view, from })} />
      <Day label={t`to`} value={view.to} onValue={(to) => onView({ ...view, to })} />
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would draw a frame of its own */}
      <div className="flex flex-wrap items-center gap-1.5" role="group" aria-label={t`Outcome`}>
        {outcomes.map(([outcome, label]) => (
          <Chip key={outcome} pressed={view.outcome === outcome} onClick={() => onView({ ...view, outcome })}>
            {label}
          </Chip>
        ))}
      </div>
    </search>
  );
}

function Kind({ value, onValue }: { value: string; onValue: (v: string) => void }) {
  const kinds = actionKinds();
  // A link may name one action only.
  const all = value === '' || kinds.some(([prefix]) => prefix === value) ? kinds : [...kinds, [value, actionInWords(value)] as const];
  return <Choice label={t`What`} value={value} onValue={onValue} choices={[['', t`Everything`], ...all]} />;
}
