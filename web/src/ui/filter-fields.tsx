import { useRouterState } from '@tanstack/react-router';
import { type ReactNode, type Ref, useEffect, useState } from 'react';
import { classes } from './classes';

const typingMs = 300;
const control = 'h-(--control) rounded-md border border-line-strong bg-surface px-2.5 text-sm max-md:text-lg';

interface TypedProps {
  label: string;
  value: string;
  onValue: (value: string) => void;
  /** What a text stands for; undefined = it stands for nothing, and is not asked for. */
  read?: (text: string) => string | undefined;
  /** What a text that stands for nothing should be. */
  hint?: string;
  className: string;
  ref?: Ref<HTMLInputElement>;
}

/** A field whose text counts when one has stopped typing, and is still there: it often stands in the address, and would call back who follows a link. */
export function Typed({ label, value, onValue, read = asItIs, hint, className, ref }: TypedProps) {
  const [text, setText] = useState(value);
  useEffect(() => setText((old) => (read(old) === value ? old : value)), [value, read]);
  const meant = read(text);
  const leaving = useLeaving();
  useEffect(() => {
    if (leaving || meant === undefined || meant === value) return;
    const timer = setTimeout(() => onValue(meant), typingMs);
    return () => clearTimeout(timer);
  }, [leaving, meant, value, onValue]);
  return (
    <input
      ref={ref}
      type="text"
      aria-label={label}
      placeholder={label}
      aria-invalid={meant === undefined || undefined}
      title={meant === undefined ? hint : undefined}
      autoComplete="off"
      autoCapitalize="off"
      spellCheck={false}
      maxLength={100}
      value={text}
      onChange={(event) => setText(event.target.value)}
      onKeyDown={(event) => event.key === 'Escape' && (text === '' ? event.currentTarget.blur() : setText(''))}
      className={classes(control, 'min-w-0 aria-invalid:border-danger', className)}
    />
  );
}

/** Whether one is on the way to another page, which has not come yet. */
function useLeaving(): boolean {
  return useRouterState({
    select: ({ location, resolvedLocation }) => resolvedLocation !== undefined && location.pathname !== resolvedLocation.pathname,
  });
}

function asItIs(text: string): string {
  return text;
}

interface ChoiceProps {
  label: string;
  value: string;
  onValue: (value: string) => void;
  choices: readonly (readonly [value: string, label: string])[];
  className?: string;
}

/** One of several. */
export function Choice({ label, value, onValue, choices, className }: ChoiceProps) {
  return (
    <select
      aria-label={label}
      value={value}
      onChange={(event) => onValue(event.target.value)}
      className={classes(control, 'min-w-0 max-md:flex-[1_0_40%]', className)}
    >
      {choices.map(([one, text]) => (
        <option key={one} value={one}>
          {text}
        </option>
      ))}
    </select>
  );
}

/** A day, or where its value has a time or it asks for one a day and time; '' = none. */
export function Day({ label, value, onValue, clock }: { label: ReactNode; value: string; onValue: (v: string) => void; clock?: boolean }) {
  const timed = clock || value.includes('T');
  return (
    <label className="flex items-center gap-1.5 text-xs text-muted max-md:flex-[1_0_40%]">
      {label}
      <input
        type={timed ? 'datetime-local' : 'date'}
        value={value}
        max={timed ? '9999-12-31T23:59' : '9999-12-31'}
        onChange={(event) => onValue(event.target.value)}
        className={classes(control, 'min-w-0 text-text max-md:w-full max-md:px-1.5')}
      />
    </label>
  );
}
