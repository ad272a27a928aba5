import { Menu as Base } from '@base-ui/react/menu';
import { Check } from 'lucide-react';
import type { ReactElement, ReactNode } from 'react';
import { classes } from './classes';

const item =
  'flex min-h-8 items-center gap-2 rounded px-2 text-sm outline-none select-none data-[highlighted]:bg-hover ' +
  'data-[disabled]:text-muted max-md:min-h-11 [&>svg]:size-4 [&>svg]:shrink-0';

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
          <span className="flex-1">{label}</span>
          {checked && <Check aria-hidden />}
        </Base.CheckboxItem>
      )}
    </div>
  ));
}

const popup = 'float z-50 min-w-44 rounded-lg border border-line bg-surface p-1 shadow-float outline-none';

/** A menu that opens at its trigger. */
export function Menu({ trigger, entries, head }: { trigger: ReactElement; entries: MenuEntry[]; head?: ReactNode }) {
  return (
    <Base.Root>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner sideOffset={4} align="end" className="z-50">
          <Base.Popup className={popup}>
            {head}
            <Entries entries={entries} />
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

/** The one menu of a list: opens at the pressed button and gives the focus back to it. */
export function SharedMenu({ anchor, entries, onClose }: { anchor: HTMLElement | null; entries: MenuEntry[]; onClose: () => void }) {
  return (
    <Base.Root open={anchor !== null} onOpenChange={(open) => !open && onClose()}>
      <Base.Portal>
        <Base.Positioner anchor={anchor} sideOffset={4} align="end" className="z-50">
          <Base.Popup className={popup} finalFocus={() => anchor ?? true}>
            <Entries entries={entries} />
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
