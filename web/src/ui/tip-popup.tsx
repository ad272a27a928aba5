import { Tooltip } from '@base-ui/react/tooltip';
import { useRef } from 'react';
import { Keys } from './keys';
import { hideTip, keepTip, type Shown } from './tip';

/** The name of a control, at it. */
export function TipPopup({ tip }: { tip: Shown | undefined }) {
  // It keeps its words while it goes.
  const last = useRef(tip);
  if (tip !== undefined) last.current = tip;
  const { anchor, text, keys } = last.current ?? {};
  return (
    <Tooltip.Root open={tip !== undefined} onOpenChange={(open) => !open && hideTip()}>
      <Tooltip.Portal>
        <Tooltip.Positioner anchor={anchor} sideOffset={6} className="z-50">
          <Tooltip.Popup
            onPointerEnter={keepTip}
            onPointerLeave={() => hideTip()}
            className="float flex items-center gap-2 rounded-md border border-line bg-surface px-2 py-1 text-xs shadow-float"
          >
            {text}
            {keys !== undefined && <Keys keys={keys} />}
          </Tooltip.Popup>
        </Tooltip.Positioner>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}
