import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { unifiedMergeView } from '@codemirror/merge';
import { EditorState, type Extension, StateEffect, StateField } from '@codemirror/state';
import {
  Decoration,
  type DecorationSet,
  EditorView,
  highlightActiveLine,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from '@codemirror/view';
import { fail2banLanguage } from './language';
import { theme } from './theme';

/** How the lines of a text end; the first one decides. */
export function lineEnd(text: string): string {
  return /\r\n|\r|\n/.exec(text)?.[0] ?? '\n';
}

const wrongLine = StateEffect.define<number | undefined>();
const wrong = Decoration.line({ class: 'cm-wrong' });

/** The line that the server found fault with, until it is edited. */
const wrongField = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, change) {
    let next = change.docChanged ? Decoration.none : marks;
    for (const effect of change.effects) {
      if (!effect.is(wrongLine)) continue;
      const { value } = effect;
      const there = value !== undefined && value >= 1 && value <= change.state.doc.lines;
      next = there ? Decoration.set(wrong.range(change.state.doc.line(value).from)) : Decoration.none;
    }
    return next;
  },
  provide: (field) => EditorView.decorations.from(field),
});

export interface Settings {
  text: string;
  label: string;
  readOnly: boolean;
  onText?: (text: string) => void;
  onSave?: () => void;
}

function common({ text, label, readOnly }: Settings): Extension[] {
  return [
    lineNumbers(),
    highlightSpecialChars(),
    EditorView.lineWrapping,
    fail2banLanguage(),
    theme,
    EditorState.lineSeparator.of(lineEnd(text)),
    EditorState.readOnly.of(readOnly),
    EditorView.contentAttributes.of({ 'aria-label': label, 'aria-readonly': String(readOnly) }),
  ];
}

function writing({ readOnly, onText, onSave }: Settings): Extension[] {
  if (readOnly) return [keymap.of(defaultKeymap)];
  const save = {
    preventDefault: true,
    run: () => {
      onSave?.();
      return true;
    },
  };
  return [
    history(),
    highlightActiveLine(),
    wrongField,
    keymap.of([{ key: 'Mod-s', ...save }, { key: 'Mod-Enter', ...save }, ...historyKeymap, ...defaultKeymap, indentWithTab]),
    // Whoever only passes by with Tab is let through; Tab indents once something was typed, and after Escape leaves again.
    EditorView.domEventHandlers({
      focus: (_, view) => {
        view.setTabFocusMode(true);
      },
      // Where the browser itself puts a letter in place of several lines, it styles what is left of them, which the policy forbids.
      beforeinput: (event, view) => {
        if (event.inputType !== 'insertText' || event.data === null || event.isComposing || view.state.selection.main.empty) return false;
        view.dispatch(view.state.replaceSelection(event.data), { userEvent: 'input.type', scrollIntoView: true });
        event.preventDefault();
        return true;
      },
      keydown: (event, view) => {
        if (event.key === 'Escape') view.setTabFocusMode(true);
        return false;
      },
    }),
    EditorView.updateListener.of(({ docChanged, state, view, transactions }) => {
      if (!docChanged) return;
      if (transactions.some((one) => one.isUserEvent('input') || one.isUserEvent('delete'))) view.setTabFocusMode(false);
      onText?.(state.sliceDoc());
    }),
  ];
}

/** The element in which an editor may put its style sheets: the page's policy allows no style tags, sheets in a shadow root are none. */
function rootOf(element: HTMLElement): ShadowRoot {
  return element.shadowRoot ?? element.attachShadow({ mode: 'open' });
}

/** Puts an editor into an element. */
export function mountEditor(element: HTMLElement, settings: Settings): EditorView {
  const root = rootOf(element);
  return new EditorView({ doc: settings.text, extensions: [common(settings), writing(settings)], parent: root, root });
}

/** Puts a text into an element, with what differs from an older one. */
export function mountDiff(element: HTMLElement, settings: Settings, original: string): EditorView {
  const root = rootOf(element);
  const differences = unifiedMergeView({
    original: original.replaceAll(/\r\n?/g, '\n'),
    mergeControls: false,
    highlightChanges: true,
    gutter: true,
    collapseUnchanged: { margin: 3, minSize: 6 },
  });
  return new EditorView({ doc: settings.text, extensions: [common(settings), keymap.of(defaultKeymap), differences], parent: root, root });
}

/** Shows a line as the one that is wrong; undefined = none. */
export function markLine(view: EditorView, line: number | undefined): void {
  view.dispatch({ effects: wrongLine.of(line) });
}

/** Goes to a line. */
export function goToLine(view: EditorView, line: number): void {
  const at = view.state.doc.line(Math.min(Math.max(line, 1), view.state.doc.lines)).from;
  view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: 'center' }) });
  view.focus();
}
