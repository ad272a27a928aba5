import { Toast } from '@base-ui/react/toast';
import { t } from '@lingui/core/macro';
import { CircleCheck, TriangleAlert, X } from 'lucide-react';
import { useEffect, useState } from 'react';
import { classes } from './classes';
import { type Notice, type Showing, showNotices } from './toast';

type Manager = ReturnType<typeof Toast.createToastManager>;

function showingOf(manager: Manager): Showing {
  return {
    add: ({ id, title, detail, problem, undo, forMs, onGone }: Notice) => {
      manager.add({
        id,
        title,
        description: detail,
        timeout: forMs,
        type: problem ? 'problem' : undefined,
        priority: problem ? 'high' : 'low',
        actionProps: undo === undefined ? undefined : { children: t`Undo`, onClick: undo },
        onClose: onGone,
      });
    },
    close: (id) => manager.close(id),
  };
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

/** The corner of notices: bottom right, on phones above the bar. F6 goes there. */
export function Corner() {
  const [manager] = useState(() => Toast.createToastManager());
  // After the provider below listens to it.
  useEffect(() => showNotices(showingOf(manager)), [manager]);
  return (
    <Toast.Provider toastManager={manager} limit={3}>
      <Toast.Portal>
        <Toast.Viewport className="fixed right-4 bottom-4 z-50 flex w-[min(400px,calc(100vw-2rem))] flex-col-reverse gap-2 max-md:bottom-20">
          <Toasts />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}
