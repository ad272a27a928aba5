import { type ReactNode, useId } from 'react';
import { classes } from './classes';

interface CardProps {
  title: ReactNode;
  aside?: ReactNode;
  children: ReactNode;
  className?: string;
  /** Content reaches the card's edge, as lists do. */
  flush?: boolean;
}

/** A titled part of a page. */
export function Card({ title, aside, children, className, flush }: CardProps) {
  const id = useId();
  return (
    <section aria-labelledby={id} className={classes('flex min-w-0 flex-col rounded-lg border border-line bg-surface', className)}>
      <header className="flex min-h-11 items-center justify-between gap-3 max-md:flex-wrap border-b border-line py-1 pr-2 pl-4">
        <h2 id={id} className="text-sm font-semibold">
          {title}
        </h2>
        {aside}
      </header>
      <div className={classes('min-h-0 flex-1', !flush && 'p-4')}>{children}</div>
    </section>
  );
}
