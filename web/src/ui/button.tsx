import type { ComponentProps, ReactNode } from 'react';
import { classes } from './classes';
import { Tip } from './tip';

type Look = 'primary' | 'plain' | 'quiet' | 'danger';

const looks: Record<Look, string> = {
  primary: 'border-transparent bg-accent text-on-accent hover:bg-[color-mix(in_oklab,var(--accent)_88%,var(--text))]',
  plain: 'border-line-strong bg-surface text-text hover:bg-hover',
  quiet: 'border-transparent bg-transparent text-text hover:bg-hover',
  danger: 'border-transparent bg-danger-solid text-on-danger hover:bg-[color-mix(in_oklab,var(--danger-solid)_88%,var(--text))]',
};

const base =
  'inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md border font-medium whitespace-nowrap transition-colors ' +
  'disabled:cursor-not-allowed disabled:border-line disabled:bg-hover disabled:text-muted [&>svg]:size-4 [&>svg]:shrink-0';

const sizes = {
  normal: 'h-(--control) px-3 text-sm',
  small: 'h-7 px-2 text-sm max-md:h-(--control) max-md:px-3',
};

interface ButtonProps extends ComponentProps<'button'> {
  look?: Look;
  size?: keyof typeof sizes;
}

/** A push button; the verb stands on it. */
export function Button({ look = 'plain', size = 'normal', className, ...rest }: ButtonProps) {
  return <button type="button" className={classes(base, looks[look], sizes[size], className)} {...rest} />;
}

interface IconButtonProps extends ComponentProps<'button'> {
  label: string;
  keys?: string;
  children: ReactNode;
}

const square =
  'inline-flex size-8 shrink-0 items-center justify-center rounded-md text-muted transition-colors hover:bg-hover hover:text-text ' +
  'disabled:text-line-strong data-[popup-open]:bg-hover data-[popup-open]:text-text max-md:size-11 [&>svg]:size-4';

/** A button that is only a picture: its name is the tooltip and what a screen reader says. */
export function IconButton({ label, keys, className, ...rest }: IconButtonProps) {
  return (
    <Tip text={label} keys={keys}>
      <button type="button" aria-label={label} className={classes(square, className)} {...rest} />
    </Tip>
  );
}
