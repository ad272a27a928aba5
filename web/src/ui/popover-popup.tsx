import { Popover as Base } from '@base-ui/react/popover';
import type { ReactNode } from 'react';
import { pressedAt } from './trigger';

interface PopoverPopupProps {
  open: boolean;
  anchor: HTMLElement;
  title: ReactNode;
  children: ReactNode;
  onClose: () => void;
}

/** What opens beside a popover's button; gives the focus back to it. */
export function PopoverPopup({ open, anchor, title, children, onClose }: PopoverPopupProps) {
  return (
    <Base.Root open={open} onOpenChange={(next, { event }) => !next && !pressedAt(anchor, event) && onClose()}>
      <Base.Portal>
        <Base.Positioner anchor={anchor} sideOffset={6} align="end" collisionPadding={8} className="z-50">
          <Base.Popup
            finalFocus={() => anchor}
            className="float flex w-[min(360px,calc(100vw-1rem))] flex-col gap-3 rounded-lg border border-line bg-surface p-4 shadow-float outline-none"
          >
            <Base.Title className="text-base font-semibold">{title}</Base.Title>
            {children}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
