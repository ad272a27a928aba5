import { Popover as Base } from '@base-ui/react/popover';
import type { ReactElement, ReactNode } from 'react';

interface PopoverProps {
  trigger: ReactElement;
  title: ReactNode;
  children: ReactNode;
}

/** More about a thing, beside it; nothing in it is needed to go on. */
export function Popover({ trigger, title, children }: PopoverProps) {
  return (
    <Base.Root>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner sideOffset={6} align="end" collisionPadding={8} className="z-50">
          <Base.Popup className="float flex w-[min(360px,calc(100vw-1rem))] flex-col gap-3 rounded-lg border border-line bg-surface p-4 shadow-float outline-none">
            <Base.Title className="text-base font-semibold">{title}</Base.Title>
            {children}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
