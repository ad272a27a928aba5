import { type ComponentProps, cloneElement, type ReactElement, useEffect, useRef } from 'react';
import { later, usePart } from '../lib/later';
import { createStore, useStore } from '../lib/store';

/** A name that is shown at a control now. */
export interface Shown {
  anchor: HTMLElement;
  text: string;
  keys?: string;
}

const shown = createStore<Shown | undefined>(undefined);
const popup = later(() => import('./tip-popup').then((m) => m.TipPopup));
const restMs = 500;
// Who goes along a row of buttons has waited once.
const alongMs = 400;
const awayMs = 80;
let timer: ReturnType<typeof setTimeout> | undefined;
let hiddenAt = Number.NEGATIVE_INFINITY;

function show(tip: Shown, afterMs: number): void {
  popup.want();
  clearTimeout(timer);
  timer = setTimeout(() => tip.anchor.isConnected && shown.set(tip), performance.now() - hiddenAt < alongMs ? 0 : afterMs);
}

/** Keeps what is shown while the pointer is on it. */
export function keepTip(): void {
  clearTimeout(timer);
}

/** Takes away what is shown. */
export function hideTip(afterMs = 0): void {
  clearTimeout(timer);
  const hide = () => {
    if (shown.get() !== undefined) hiddenAt = performance.now();
    shown.set(undefined);
  };
  // The pointer may be on its way to what is shown.
  if (afterMs === 0) hide();
  else timer = setTimeout(hide, afterMs);
}

/** Names what a control does when the pointer rests on it or it has the focus. */
export function Tip({ text, keys, children }: { text: string; keys?: string; children: ReactElement<ComponentProps<'button'>> }) {
  const own = useRef<HTMLElement>(null);
  const { onPointerEnter, onPointerLeave, onPointerDown, onFocus, onBlur } = children.props;
  useEffect(() => {
    const now = shown.get();
    if (now !== undefined && now.anchor === own.current) shown.set({ anchor: now.anchor, text, keys });
  }, [text, keys]);
  useEffect(
    () => () => {
      if (own.current !== null && shown.get()?.anchor === own.current) hideTip();
    },
    [],
  );
  const at = (anchor: HTMLElement, afterMs: number) => {
    own.current = anchor;
    show({ anchor, text, keys }, afterMs);
  };
  return cloneElement(children, {
    onPointerEnter: (event) => {
      onPointerEnter?.(event);
      if (event.pointerType === 'mouse') at(event.currentTarget, restMs);
    },
    onPointerLeave: (event) => {
      onPointerLeave?.(event);
      hideTip(awayMs);
    },
    onPointerDown: (event) => {
      onPointerDown?.(event);
      hideTip();
    },
    onFocus: (event) => {
      onFocus?.(event);
      if (event.currentTarget.matches(':focus-visible')) at(event.currentTarget, 0);
    },
    onBlur: (event) => {
      onBlur?.(event);
      hideTip();
    },
  });
}

/** Where the name appears; one for the page. */
export function TipLayer() {
  const Popup = usePart(popup);
  const tip = useStore(shown);
  return Popup === undefined ? null : <Popup tip={tip} />;
}
