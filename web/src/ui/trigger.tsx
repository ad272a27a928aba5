import { type ComponentProps, cloneElement, type ReactElement, useState } from 'react';

/** What a button must take to open something. */
export type TriggerProps = ComponentProps<'button'> & { 'data-popup-open'?: '' | undefined };

/**
 * Makes a button open something whose code is not there yet: it is fetched when
 * the pointer or the focus comes near, and opens when it has come.
 */
export function useTrigger(trigger: ReactElement<TriggerProps>, what: 'menu' | 'dialog', want: () => void) {
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const [open, setOpen] = useState(false);
  const [byKeys, setByKeys] = useState(false);
  const show = (button: HTMLElement, next: boolean, keys: boolean) => {
    want();
    setAnchor(button);
    setByKeys(keys);
    setOpen(next);
  };
  const button = cloneElement(trigger, {
    'aria-haspopup': what,
    'aria-expanded': open,
    'data-popup-open': open ? '' : undefined,
    onPointerEnter: want,
    onFocus: want,
    // Enter and Space click as well, without a pointer.
    onClick: (event) => show(event.currentTarget, !open, event.detail === 0),
    onKeyDown: (event) => {
      if (what !== 'menu' || (event.key !== 'ArrowDown' && event.key !== 'ArrowUp')) return;
      event.preventDefault();
      show(event.currentTarget, true, true);
    },
  });
  return { button, anchor, open, byKeys, close: () => setOpen(false) };
}

/** Whether a press was at the button itself, which opens and closes by its own click. */
export function pressedAt(anchor: HTMLElement | null, event: Event): boolean {
  return event.type !== 'keydown' && event.target instanceof Node && (anchor?.contains(event.target) ?? false);
}
