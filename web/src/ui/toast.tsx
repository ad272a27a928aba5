import { Toast } from '@base-ui/react/toast';
import { t } from '@lingui/core/macro';
import { CircleCheck, TriangleAlert, X } from 'lucide-react';
import { type Problem, problemOf } from '../lib/problem';
import { classes } from './classes';

/** The one queue of notices; usable from anywhere. */
export const toasts = Toast.createToastManager();

const undoMs = 8000;
let lastUndo: { id: string; run: () => void } | undefined;

interface Notice {
  title: string;
  detail?: string;
  /** Offers to take it back while the notice is there. */
  undo?: () => void;
}

/** Tells that something was done, for 8 s. */
export function tell({ title, detail, undo }: Notice): void {
  const id = crypto.randomUUID?.() ?? String(performance.now());
  const run = () => {
    toasts.close(id);
    undo?.();
  };
  if (undo !== undefined) lastUndo = { id, run };
  toasts.add({
    id,
    title,
    description: detail,
    timeout: undoMs,
    actionProps: undo === undefined ? undefined : { children: t`Undo`, onClick: run },
    onClose: () => {
      if (lastUndo?.id === id) lastUndo = undefined;
    },
  });
}

/** Tells that something failed; stays until it is dismissed. */
export function tellProblem(title: string, error: unknown): void {
  const problem: Problem = problemOf(error);
  const detail = [problem.message, problem.mend].filter(Boolean).join(' ');
  const request = problem.requestId === '' ? '' : ` (${problem.requestId})`;
  toasts.add({ title, description: detail + request, type: 'problem', timeout: 0, priority: 'high' });
}

/** Takes back what the newest living notice offers to take back. */
export function undoLast(): boolean {
  const undo = lastUndo;
  lastUndo = undefined;
  undo?.run();
  return undo !== undefined;
}

function Toasts() {
  const { toasts: all } = Toast.useToastManager();
  return all.map((toast) => (
    <Toast.Root
      key={toast.id}
      toast={toast}
      swipeDirection={['right', 'down']}
      className={classes(
        'float w-full rounded-lg border bg-surface shadow-float data-[limited]:hidden',
        toast.type === 'problem' ? 'border-danger-solid' : 'border-line',
      )}
    >
      <Toast.Content className="flex items-start gap-3 py-2.5 pr-2 pl-3">
        {toast.type === 'problem' ? (
          <TriangleAlert className="mt-0.5 size-4 shrink-0 text-danger" aria-hidden />
        ) : (
          <CircleCheck className="mt-0.5 size-4 shrink-0 text-ok" aria-hidden />
        )}
        <div className="min-w-0 flex-1">
          <Toast.Title className="text-sm font-medium wrap-anywhere" />
          <Toast.Description className="text-xs text-muted wrap-anywhere" />
        </div>
        <Toast.Action className="h-7 shrink-0 rounded-md px-2 text-sm font-medium text-accent hover:bg-hover max-md:h-11" />
        <Toast.Close
          aria-label={t`Dismiss`}
          className="inline-flex size-7 shrink-0 items-center justify-center rounded-md text-muted hover:bg-hover max-md:size-11"
        >
          <X className="size-4" aria-hidden />
        </Toast.Close>
      </Toast.Content>
    </Toast.Root>
  ));
}

/** Where notices appear: bottom right, on phones above the bar. F6 goes there. */
export function ToastCorner() {
  return (
    <Toast.Provider toastManager={toasts} limit={3}>
      <Toast.Portal>
        <Toast.Viewport className="fixed right-4 bottom-4 z-50 flex w-[min(400px,calc(100vw-2rem))] flex-col-reverse gap-2 max-md:bottom-20">
          <Toasts />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}
