import { type ReactElement, type ReactNode, useEffect, useRef } from 'react';
import { later, usePart } from '../lib/later';
import { type TriggerProps, useTrigger } from './trigger';

const popup = later(() => import('./menu-popup').then((m) => m.MenuPopup));

/** Fetches what opens a menu, so that the first press finds it there. */
export const warmMenus = popup.want;

/** One line of a menu. */
export interface MenuEntry {
  label: string;
  icon?: ReactNode;
  onSelect: () => void;
  danger?: boolean;
  disabled?: boolean;
  /** Set where the line is one choice among several. */
  checked?: boolean;
  /** Draws a line above. */
  apart?: boolean;
  /** Why it is disabled, or what else is to know. */
  note?: string;
}

interface MenuProps {
  trigger: ReactElement<TriggerProps>;
  entries: MenuEntry[];
  head?: ReactNode;
}

/** A menu that opens at its trigger. */
export function Menu({ trigger, entries, head }: MenuProps) {
  const { button, anchor, open, byKeys, close } = useTrigger(trigger, 'menu', popup.want);
  const Popup = usePart(popup);
  return (
    <>
      {button}
      {Popup !== undefined && anchor !== null && (
        <Popup open={open} anchor={anchor} entries={entries} head={head} atFirst={byKeys} onClose={close} />
      )}
    </>
  );
}

/** The one menu of a list: opens at the pressed button and gives the focus back to it. */
export function SharedMenu({ anchor, entries, onClose }: { anchor: HTMLElement | null; entries: MenuEntry[]; onClose: () => void }) {
  const last = useRef(anchor);
  if (anchor !== null) last.current = anchor;
  useEffect(popup.want, []);
  const Popup = usePart(popup);
  if (Popup === undefined) return null;
  return <Popup open={anchor !== null} anchor={last.current} entries={entries} onClose={onClose} />;
}
