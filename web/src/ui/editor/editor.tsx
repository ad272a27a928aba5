import type { EditorView } from '@codemirror/view';
import { t } from '@lingui/core/macro';
import { useEffect, useRef, useState } from 'react';
import { classes } from '../classes';
import { goToLine, markLine, mountDiff, mountEditor } from './mount';

const frame = 'overflow-hidden rounded-md border border-line-strong bg-surface focus-within:outline-2 focus-within:outline-accent';

interface EditorProps {
  /** What it begins with; give it another key to begin anew. */
  text: string;
  label: string;
  readOnly?: boolean;
  onText?: (text: string) => void;
  /** Ctrl+S and Ctrl+Enter, with the text as it then is: the page may not have drawn the last key yet. */
  onSave?: (text: string) => void;
  /** The line that is wrong; a new object goes there again. */
  wrong?: { line: number };
  className?: string;
}

/** A text of fail2ban's files, to be read or written. */
export function Editor({ text, label, readOnly = false, onText, onSave, wrong, className }: EditorProps) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const calls = useRef({ onText, onSave });
  calls.current = { onText, onSave };
  // Under another label or right it goes on with what was typed.
  const latest = useRef(text);
  const [focused, setFocused] = useState(false);
  useEffect(() => {
    if (place.current === null) return;
    const made = mountEditor(place.current, {
      text: latest.current,
      label,
      readOnly,
      onText: (next) => {
        latest.current = next;
        calls.current.onText?.(next);
      },
      onSave: () => calls.current.onSave?.(latest.current),
    });
    view.current = made;
    const element = place.current;
    const follow = ({ type }: FocusEvent) => setFocused(type === 'focusin');
    element.addEventListener('focusin', follow);
    element.addEventListener('focusout', follow);
    return () => {
      element.removeEventListener('focusin', follow);
      element.removeEventListener('focusout', follow);
      made.destroy();
    };
  }, [label, readOnly]);
  useEffect(() => {
    if (view.current === undefined || readOnly) return;
    markLine(view.current, wrong?.line);
    if (wrong !== undefined) goToLine(view.current, wrong.line);
  }, [wrong, readOnly]);
  return (
    <div className="flex flex-col gap-1">
      <div ref={place} className={classes(frame, className ?? 'h-[60dvh] min-h-64')} />
      {!readOnly && (
        // Its room stays when it goes: a button below must not move away from under the press that takes the focus.
        <p className={classes('text-xs text-muted', !focused && 'invisible')}>
          {t`Tab leaves the text until you type; then it indents. Escape, then Tab leaves it again. Ctrl+S reviews.`}
        </p>
      )}
    </div>
  );
}

/** A text with what differs from an older one; both stay as they are. */
export function DiffView({ original, text, label }: { original: string; text: string; label: string }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (place.current === null) return;
    const made = mountDiff(place.current, { text, label, readOnly: true }, original);
    return () => made.destroy();
  }, [original, text, label]);
  return <div ref={place} className={classes(frame, 'max-h-[60dvh] overflow-y-auto')} />;
}
