import { useEffect, useRef } from 'react';
import { singleKeys } from './preferences';

/** Keys by their spelling: "mod+k", "/", "g b", "u". Later registrations win. */
export type Keys = Record<string, (event: KeyboardEvent) => void>;

const layers: { current: Keys }[] = [];
let prefix: string | undefined;
let prefixTimer: ReturnType<typeof setTimeout> | undefined;

/** Spells a key press: Ctrl and Cmd are "mod". */
export function spell(event: KeyboardEvent): string {
  const mod = event.ctrlKey || event.metaKey ? 'mod+' : '';
  const alt = event.altKey ? 'alt+' : '';
  return `${mod}${alt}${event.key.length === 1 ? event.key.toLowerCase() : event.key}`;
}

function typing(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !['checkbox', 'radio', 'button'].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || target.isContentEditable;
}

/** While a dialog is open, the page behind it is deaf. */
function behindDialog(event: KeyboardEvent): boolean {
  return document.querySelector('[role="dialog"], [role="alertdialog"]') !== null && !event.ctrlKey && !event.metaKey;
}

function find(name: string): ((event: KeyboardEvent) => void) | undefined {
  return layers.findLast((layer) => Object.hasOwn(layer.current, name))?.current[name];
}

/** Runs what a key press stands for; exported for tests. */
export function handleKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return;
  // Inside a shadow root (the editor) the target is its host, and only the path tells of the field.
  const target = event.composedPath()[0] ?? event.target;
  const key = spell(event);
  const single = !key.startsWith('mod+');
  if (single && (!singleKeys.get() || typing(target) || behindDialog(event))) return;
  if (typing(target) && key === 'mod+z') return; // the field's own undo
  const before = prefix;
  prefix = undefined;
  const action = (before === undefined ? undefined : find(`${before} ${key}`)) ?? find(key);
  if (action !== undefined) {
    event.preventDefault();
    action(event);
  } else if (key === 'g') {
    prefix = key;
    clearTimeout(prefixTimer);
    prefixTimer = setTimeout(() => {
      prefix = undefined;
    }, 1200);
  }
}

/** Makes keys act while the component is there. */
export function useHotkeys(keys: Keys): void {
  const layer = useRef(keys);
  layer.current = keys;
  useEffect(() => {
    if (layers.length === 0) document.addEventListener('keydown', handleKey);
    layers.push(layer);
    return () => {
      layers.splice(layers.indexOf(layer), 1);
      if (layers.length === 0) document.removeEventListener('keydown', handleKey);
    };
  }, []);
}
