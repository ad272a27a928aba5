import type { ReactNode } from 'react';

/** One choice among few, with what it means. */
export interface Choice<Value extends string> {
  value: Value;
  label: ReactNode;
  note?: ReactNode;
}

interface PickProps<Value extends string> {
  legend: string;
  name: string;
  choices: readonly Choice<Value>[];
  value: Value;
  onPick: (value: Value) => void;
}

/** A choice among few that are all in sight. */
export function Pick<Value extends string>({ legend, name, choices, value, onPick }: PickProps<Value>) {
  return (
    <fieldset className="flex flex-col gap-1.5">
      <legend className="pb-1 text-sm font-medium">{legend}</legend>
      <div className="flex flex-col rounded-md border border-line-strong">
        {choices.map((one) => (
          <label
            key={one.value}
            className="flex min-h-10 items-center gap-3 border-b border-line px-3 py-1.5 text-sm first:rounded-t-md last:rounded-b-md last:border-b-0 hover:bg-hover has-checked:bg-accent-soft max-md:min-h-11"
          >
            <input
              type="radio"
              name={name}
              checked={one.value === value}
              onChange={() => onPick(one.value)}
              className="size-4 shrink-0 accent-accent"
            />
            <span className="min-w-0 flex-1">
              <span className="font-medium">{one.label}</span>
              {one.note !== undefined && <span className="block text-xs text-muted">{one.note}</span>}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
