import { Field as Base } from '@base-ui/react/field';
import type { ComponentProps, ReactNode } from 'react';
import { classes } from './classes';

const control =
  'w-full rounded-md border border-line-strong bg-surface px-2.5 text-sm text-text max-md:text-lg ' +
  'focus-visible:outline-offset-0 data-[invalid]:border-danger-solid';

interface FieldProps {
  label: string;
  hint?: ReactNode;
  error?: ReactNode;
  children: ReactNode;
}

/** A control with its name, a hint and what is wrong with it. */
export function Field({ label, hint, error, children }: FieldProps) {
  return (
    <Base.Root invalid={Boolean(error)} className="flex flex-col gap-1">
      <Base.Label className="text-sm font-medium">{label}</Base.Label>
      {children}
      {hint !== undefined && <Base.Description className="text-xs text-muted">{hint}</Base.Description>}
      {Boolean(error) && (
        <Base.Error match className="text-xs text-danger">
          {error}
        </Base.Error>
      )}
    </Base.Root>
  );
}

/** One line of text. */
export function Input({ className, ...rest }: ComponentProps<'input'>) {
  return <Base.Control render={<input className={classes(control, 'h-(--control)', className)} {...rest} />} />;
}

/** One choice among many. */
export function Select({ className, ...rest }: ComponentProps<'select'>) {
  return <Base.Control render={<select className={classes(control, 'h-(--control)', className)} {...rest} />} />;
}

/** Several lines of text. */
export function TextArea({ className, ...rest }: ComponentProps<'textarea'>) {
  return <Base.Control render={<textarea className={classes(control, 'py-1.5', className)} {...rest} />} />;
}

/** A native checkbox with its words. */
export function Check({ children, ...rest }: ComponentProps<'input'> & { children: ReactNode }) {
  return (
    <label className="flex min-h-6 items-start gap-2 text-sm max-md:min-h-11 max-md:items-center">
      <input type="checkbox" className="mt-0.5 size-4 shrink-0 accent-accent max-md:mt-0" {...rest} />
      <span>{children}</span>
    </label>
  );
}
