import { t } from '@lingui/core/macro';
import type { ReactNode } from 'react';
import { problemOf } from '../lib/problem';
import { Button } from './button';
import { classes } from './classes';

/** Nothing to show, said in one sentence, with one thing to do about it. */
export function Empty({ children, hint, action }: { children: ReactNode; hint?: ReactNode; action?: ReactNode }) {
  return (
    <div className="flex flex-col items-center gap-3 px-6 py-10 text-center">
      <div className="flex max-w-md flex-col gap-1">
        <p className="text-base font-medium">{children}</p>
        {hint !== undefined && <p className="text-sm text-muted">{hint}</p>}
      </div>
      {action}
    </div>
  );
}

/** What failed, why, what to do, and the request's id; the rest of the page goes on. */
export function Failure({ error, retry, title, inset }: { error: unknown; retry?: () => void; title?: string; inset?: boolean }) {
  const problem = problemOf(error);
  return (
    <div
      role="alert"
      className={classes('flex flex-col items-start gap-2 rounded-md border border-line bg-danger-soft p-4', inset && 'm-4')}
    >
      <p className="text-sm font-medium text-danger wrap-anywhere">
        {title !== undefined && <span>{title} </span>}
        {problem.message}
      </p>
      {problem.mend !== '' && <p className="text-sm text-text wrap-anywhere">{problem.mend}</p>}
      <div className="flex flex-wrap items-center gap-3">
        {retry !== undefined && (
          <Button size="small" onClick={retry}>
            {t`Try again`}
          </Button>
        )}
        {problem.requestId !== '' && (
          <span className="text-xs text-text">
            {t`Request`} <code className="font-mono">{problem.requestId}</code>
          </span>
        )}
      </div>
    </div>
  );
}

/** Grey bars in the shape of what is being asked for; they show after 150 ms. */
export function Bars({ lines, className }: { lines: number; className?: string }) {
  return (
    <div className={classes('flex flex-col gap-3', className)} aria-hidden>
      {Array.from({ length: lines }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they have nothing else
        <div key={i} className={classes('skeleton h-4', i % 3 === 1 ? 'w-4/5' : i % 3 === 2 ? 'w-3/5' : 'w-full')} />
      ))}
    </div>
  );
}
