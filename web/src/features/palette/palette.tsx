import { Dialog } from '@base-ui/react/dialog';
import { t } from '@lingui/core/macro';
import { Search } from 'lucide-react';
import { type KeyboardEvent, useId, useState } from 'react';
import { takeTyped } from '@/lib/typed-ahead';
import { classes } from '@/ui/classes';
import { usePaletteItems } from './items';

/** Finds a page, a jail or an address, and does the thing with it; all by keys. */
export function Palette({ onClose, text: initial }: { onClose: () => void; text: string }) {
  const [text, setText] = useState(initial);
  const [active, setActive] = useState(0);
  const { items, note } = usePaletteItems(text);
  const id = useId();
  const current = Math.min(active, items.length - 1);
  const run = (index: number) => {
    const item = items[index];
    if (item === undefined) return;
    onClose();
    // After the window is gone, so that what opens next gets the focus.
    setTimeout(item.run, 0);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0 && items.length > 0) {
      event.preventDefault();
      setActive((current + step + items.length) % items.length);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      run(current);
    }
  };
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="scrim fixed inset-0 z-40 bg-scrim" />
        <Dialog.Viewport className="fixed inset-0 z-40 flex items-start justify-center p-4 pt-[12vh]">
          <Dialog.Popup className="float flex max-h-[70dvh] w-full max-w-[600px] flex-col overflow-hidden rounded-lg border border-line bg-surface shadow-float">
            <Dialog.Title className="sr-only">{t`Find`}</Dialog.Title>
            <div className="flex items-center gap-3 border-b border-line px-4">
              <Search className="size-4 shrink-0 text-muted" aria-hidden />
              <input
                role="combobox"
                aria-expanded="true"
                aria-controls={`${id}-list`}
                aria-activedescendant={items.length > 0 ? `${id}-${current}` : undefined}
                aria-label={t`Page, jail or address`}
                aria-autocomplete="list"
                autoComplete="off"
                spellCheck={false}
                placeholder={t`Page, jail, or an address to look up or ban`}
                value={text}
                onFocus={() => setText(text + takeTyped())}
                onChange={(event) => {
                  setText(event.target.value);
                  setActive(0);
                }}
                onKeyDown={onKeyDown}
                className="h-12 w-full bg-transparent text-lg outline-none"
              />
            </div>
            {note !== undefined && (
              <p role="status" className="border-b border-line bg-canvas px-4 py-2 text-sm">
                {note}
              </p>
            )}
            <div id={`${id}-list`} role="listbox" aria-label={t`Found`} className="overflow-y-auto p-1.5">
              {items.map((item, index) => (
                // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the field
                // biome-ignore lint/a11y/useKeyWithClickEvents: keys are handled in the field
                <div
                  key={item.id}
                  id={`${id}-${index}`}
                  role="option"
                  aria-selected={index === current}
                  onClick={() => run(index)}
                  onPointerMove={() => setActive(index)}
                  className={classes(
                    'flex min-h-9 items-center gap-3 rounded-md px-2.5 text-sm max-md:min-h-11 [&>svg]:size-4 [&>svg]:shrink-0 [&>svg]:text-muted',
                    index === current && 'bg-hover',
                  )}
                >
                  {item.icon}
                  <span className="min-w-0 flex-1 truncate">{item.label}</span>
                  <span className="text-xs text-muted">{item.kind}</span>
                </div>
              ))}
            </div>
            {items.length === 0 && (
              <p className="px-4 pb-4 text-sm text-muted">{t`Nothing found. An address can be looked up when it is complete.`}</p>
            )}
          </Dialog.Popup>
        </Dialog.Viewport>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
