import { t } from '@lingui/core/macro';
import { type ReactNode, useEffect, useState } from 'react';
import { Chip } from '@/ui/chip';
import { classes } from '@/ui/classes';
import type { AuditView } from './view';
import { actionInWords, actionKinds } from './words';

interface AuditFiltersProps {
  view: AuditView;
  onView: (next: AuditView, replace?: boolean) => void;
}

const typingMs = 300;
const control = 'h-(--control) rounded-md border border-line-strong bg-surface px-2.5 text-sm max-md:text-lg';

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

/** A field whose text counts when one has stopped typing. */
function Typed({ label, value, onValue, className }: { label: string; value: string; onValue: (v: string) => void; className: string }) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => onValue(text), typingMs);
    return () => clearTimeout(timer);
  }, [text, value, onValue]);
  return (
    <input
      type="text"
      aria-label={label}
      placeholder={label}
      autoComplete="off"
      autoCapitalize="off"
      spellCheck={false}
      maxLength={100}
      value={text}
      onChange={(event) => setText(event.target.value)}
      className={classes(control, 'min-w-0', className)}
    />
  );
}

function Kind({ value, onValue }: { value: string; onValue: (v: string) => void }) {
  const kinds = actionKinds();
  // A link may name one action only.
  const all = value === '' || kinds.some(([prefix]) => prefix === value) ? kinds : [...kinds, [value, actionInWords(value)] as const];
  return (
    <select
      aria-label={t`What`}
      value={value}
      onChange={(event) => onValue(event.target.value)}
      className={classes(control, 'min-w-0 max-md:flex-[1_0_40%]')}
    >
      <option value="">{t`Everything`}</option>
      {all.map(([prefix, label]) => (
        <option key={prefix} value={prefix}>
          {label}
        </option>
      ))}
    </select>
  );
}

function Day({ label, value, onValue }: { label: ReactNode; value: string; onValue: (v: string) => void }) {
  return (
    <label className="flex items-center gap-1.5 text-xs text-muted max-md:flex-[1_0_40%]">
      {label}
      <input
        type="date"
        value={value}
        max="9999-12-31"
        onChange={(event) => onValue(event.target.value)}
        className={classes(control, 'min-w-0 text-text max-md:w-full max-md:px-1.5')}
      />
    </label>
  );
}
