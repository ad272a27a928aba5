import { Menu as Base } from '@base-ui/react/menu';
import { Check } from 'lucide-react';
import { type ReactNode, useRef } from 'react';
import { classes } from './classes';
import type { MenuEntry } from './menu';
import { pressedAt } from './trigger';

const item =
  'flex min-h-8 items-center gap-2 rounded px-2 text-sm outline-none select-none data-[highlighted]:bg-hover ' +
  'data-[disabled]:text-muted max-md:min-h-11 [&>svg]:size-4 [&>svg]:shrink-0';

function Entries({ entries }: { entries: MenuEntry[] }) {
  return entries.map(({ label, icon, onSelect, danger, disabled, checked, apart, note }) => (
    <div key={label} className="contents">
      {apart && <Base.Separator className="mx-1 my-1 h-px bg-line" />}
      {checked === undefined ? (
        <Base.Item disabled={disabled} onClick={onSelect} className={classes(item, danger && 'text-danger')}>
          {icon}
          <span className="flex flex-col">
            {label}
            {note !== undefined && <span className="max-w-56 pb-1 text-xs text-muted">{note}</span>}
          </span>
        </Base.Item>
      ) : (
        <Base.CheckboxItem checked={checked} onCheckedChange={onSelect} closeOnClick className={item}>
          {icon}
          <span className="min-w-0 flex-1 wrap-anywhere">{label}</span>
          {checked && <Check aria-hidden />}
        </Base.CheckboxItem>
      )}
    </div>
  ));
}

/** Whether the focus has gone on to something else than a menu. */
function isElsewhere(list: HTMLElement | null): boolean {
  const { activeElement, body } = document;
  return activeElement !== body && !list?.contains(activeElement) && activeElement?.closest('[role="dialog"]') != null;
}

interface MenuPopupProps {
  open: boolean;
  anchor: HTMLElement | null;
  entries: MenuEntry[];
  head?: ReactNode;
  /** The first line has the focus when it opens: keys opened it. */
  atFirst?: boolean;
  onClose: () => void;
}

/** What opens at a menu's button; gives the focus back to it. */
export function MenuPopup({ open, anchor, entries, head, atFirst, onClose }: MenuPopupProps) {
  const list = useRef<HTMLDivElement>(null);
  const toFirst = () => list.current?.querySelector<HTMLElement>('[role^="menuitem"]')?.focus();
  return (
    <Base.Root
      open={open}
      onOpenChange={(next, { event }) => !next && !pressedAt(anchor, event) && onClose()}
      onOpenChangeComplete={(now) => now && atFirst && toFirst()}
    >
      <Base.Portal>
        <Base.Positioner anchor={anchor} sideOffset={4} align="end" className="z-50">
          <Base.Popup
            ref={list}
            className="float z-50 max-h-(--available-height) max-w-[min(26rem,var(--available-width))] min-w-44 overflow-y-auto overscroll-contain rounded-lg border border-line bg-surface p-1 shadow-float outline-none"
            // A dialog that a line opened may have it already.
            finalFocus={() => (isElsewhere(list.current) ? false : (anchor ?? true))}
          >
            {head}
            <Entries entries={entries} />
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
