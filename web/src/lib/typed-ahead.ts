const longest = 200;
const patienceMs = 5000;

let typed = '';
let stop: (() => void) | undefined;

/**
 * Keeps what is typed for a field that was asked for and is not there yet: its part of the program may have to be loaded.
 * Ends with takeTyped, with Escape, or after five seconds.
 */
export function keepTyping(): void {
  takeTyped();
  // What is open has the focus, and may be that field.
  if (document.querySelector('[role="dialog"]') !== null) return;
  const onKey = (event: KeyboardEvent) => {
    const { key, ctrlKey, metaKey, altKey, isComposing } = event;
    if (key === 'Escape') takeTyped();
    if (ctrlKey || metaKey || altKey || isComposing || (key.length !== 1 && key !== 'Backspace')) return;
    // No short cut of the page behind.
    event.preventDefault();
    event.stopPropagation();
    typed = key === 'Backspace' ? typed.slice(0, -1) : `${typed}${key}`.slice(0, longest);
  };
  document.addEventListener('keydown', onKey, true);
  const timer = setTimeout(takeTyped, patienceMs);
  stop = () => {
    document.removeEventListener('keydown', onKey, true);
    clearTimeout(timer);
  };
}

/** What was typed since keepTyping, for the field that has the focus now. */
export function takeTyped(): string {
  stop?.();
  stop = undefined;
  const taken = typed;
  typed = '';
  return taken;
}
