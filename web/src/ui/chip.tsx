import type { ComponentProps } from 'react';
import { classes } from './classes';

/** A small switch for what a list shows. */
export function Chip({ pressed, className, ...rest }: ComponentProps<'button'> & { pressed: boolean }) {
  return (
    <button
      type="button"
      aria-pressed={pressed}
      className={classes(
        'h-7 rounded-full border px-2.5 text-xs font-medium whitespace-nowrap max-md:h-11 max-md:px-3.5',
        pressed ? 'border-transparent bg-accent-soft text-accent-text' : 'border-line-strong text-muted hover:bg-hover',
        className,
      )}
      {...rest}
    />
  );
}
