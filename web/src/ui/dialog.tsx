import { AlertDialog } from '@base-ui/react/alert-dialog';
import { Dialog as Base } from '@base-ui/react/dialog';
import { t } from '@lingui/core/macro';
import { X } from 'lucide-react';
import { type ReactNode, useRef } from 'react';
import { Button } from './button';
import { classes } from './classes';

const scrim = 'scrim fixed inset-0 z-40 bg-scrim';
const popup = 'float flex max-h-full min-h-0 w-full flex-col rounded-lg border border-line bg-surface shadow-float';
// Centred by layout: a transform would put text between pixels.
const stage = 'fixed inset-0 z-40 flex items-center justify-center p-4';

interface DialogProps {
  open: boolean;
  onClose: () => void;
  title: string;
  description?: ReactNode;
  children: ReactNode;
  footer?: ReactNode;
  wide?: boolean;
  narrow?: boolean;
  /** A press beside it doesn't close it: what it shows is not shown again. */
  firm?: boolean;
}

/** A window over the page, for a task with several parts. */
export function Dialog({ open, onClose, title, description, children, footer, wide, narrow, firm }: DialogProps) {
  return (
    <Base.Root open={open} disablePointerDismissal={firm} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={scrim} />
        <Base.Viewport className={stage}>
          <Base.Popup className={classes(popup, wide ? 'max-w-3xl' : narrow ? 'max-w-md' : 'max-w-xl')}>
            <header className="flex items-start justify-between gap-4 border-b border-line py-3 pr-3 pl-5">
              <div>
                <Base.Title className="text-lg font-semibold">{title}</Base.Title>
                {description !== undefined && <Base.Description className="text-sm text-muted">{description}</Base.Description>}
              </div>
              <Base.Close
                aria-label={t`Close`}
                className="inline-flex size-8 shrink-0 items-center justify-center rounded-md text-muted hover:bg-hover hover:text-text max-md:size-11"
              >
                <X className="size-4" aria-hidden />
              </Base.Close>
            </header>
            <div className="min-h-0 flex-1 overflow-y-auto p-5">{children}</div>
            {footer !== undefined && (
              <footer className="flex flex-wrap items-center justify-end gap-2 border-t border-line px-5 py-3">{footer}</footer>
            )}
          </Base.Popup>
        </Base.Viewport>
      </Base.Portal>
    </Base.Root>
  );
}

interface ConfirmProps {
  open: boolean;
  onCancel: () => void;
  onConfirm: () => void;
  title: string;
  children: ReactNode;
  verb: string;
  busy?: boolean;
  danger?: boolean;
}

/** Asks before something reaches far. Cancel has the focus; the verb is on the button. */
export function Confirm({ open, onCancel, onConfirm, title, children, verb, busy, danger }: ConfirmProps) {
  const cancel = useRef<HTMLButtonElement>(null);
  return (
    <AlertDialog.Root open={open} onOpenChange={(next) => !next && onCancel()}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className={scrim} />
        <AlertDialog.Viewport className={stage}>
          <AlertDialog.Popup className={classes(popup, 'max-w-md')} initialFocus={cancel}>
            <div className="flex flex-col gap-2 overflow-y-auto p-5">
              <AlertDialog.Title className="text-lg font-semibold">{title}</AlertDialog.Title>
              <AlertDialog.Description render={<div className="flex flex-col gap-2 text-sm text-muted" />}>
                {children}
              </AlertDialog.Description>
            </div>
            <footer className="flex justify-end gap-2 border-t border-line px-5 py-3">
              <Button ref={cancel} onClick={onCancel}>
                {t`Cancel`}
              </Button>
              <Button look={danger ? 'danger' : 'primary'} onClick={onConfirm} disabled={busy}>
                {verb}
              </Button>
            </footer>
          </AlertDialog.Popup>
        </AlertDialog.Viewport>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
