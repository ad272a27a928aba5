import type { ReactElement, ReactNode } from 'react';
import { later, usePart } from '../lib/later';
import { type TriggerProps, useTrigger } from './trigger';

const popup = later(() => import('./popover-popup').then((m) => m.PopoverPopup));

/** Fetches what opens a popover, so that the first press finds it there. */
export const warmPopovers = popup.want;

interface PopoverProps {
  trigger: ReactElement<TriggerProps>;
  title: ReactNode;
  children: ReactNode;
}

/** More about a thing, beside it; nothing in it is needed to go on. */
export function Popover({ trigger, title, children }: PopoverProps) {
  const { button, anchor, open, close } = useTrigger(trigger, 'dialog', popup.want);
  const Popup = usePart(popup);
  return (
    <>
      {button}
      {Popup !== undefined && anchor !== null && (
        <Popup open={open} anchor={anchor} title={title} onClose={close}>
          {children}
        </Popup>
      )}
    </>
  );
}
