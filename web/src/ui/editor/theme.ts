import { EditorView } from '@codemirror/view';

/** Looks like the rest of the page: its colours come through the shadow root as variables. */
export const theme = EditorView.theme({
  '&': { color: 'var(--text)', backgroundColor: 'var(--surface)', fontSize: '13px', height: '100%' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '20px', overflow: 'auto' },
  '.cm-content': { caretColor: 'var(--text)', padding: '8px 0' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '.cm-line': { padding: '0 12px 0 8px' },
  '.cm-gutters': { color: 'var(--muted)', backgroundColor: 'var(--canvas)', border: 'none', borderRight: '1px solid var(--line)' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'color-mix(in oklab, var(--hover) 60%, transparent)' },
  '.cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground': {
    backgroundColor: 'var(--accent-soft)',
  },
  '.cm-specialChar': { color: 'var(--danger)' },
  '.cm-wrong': { backgroundColor: 'var(--danger-soft)', boxShadow: 'inset 3px 0 var(--danger-solid)' },
  '.cm-changedLine': { backgroundColor: 'var(--ok-soft) !important' },
  '.cm-changedText': { background: 'none !important', textDecoration: 'underline' },
  '.cm-deletedChunk': { backgroundColor: 'var(--danger-soft) !important', paddingLeft: '8px' },
  '.cm-deletedChunk .cm-deletedText': { background: 'none !important', textDecoration: 'underline' },
  '.cm-changeGutter': { width: '3px', paddingLeft: '0' },
  '.cm-collapsedLines': { color: 'var(--accent-text)', background: 'var(--accent-soft)', cursor: 'pointer', padding: '4px 8px' },
});
