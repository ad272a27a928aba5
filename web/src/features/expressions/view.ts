import type { ExpressionOrder } from '@/api/types';

/** What the address of the page says: a link "test this" names a filter and a log. */
export interface TesterView {
  filter: string;
  log: string;
  journal: string;
}

export type SourceKind = 'text' | 'log' | 'journal';

/** What the two forms hold. */
export interface Draft {
  kind: SourceKind;
  text: string;
  path: string;
  match: string;
  lines: number;
  contains: string;
  filter: string;
  /** Expressions of one's own, in place of those of the filter where one is named. */
  own: boolean;
  failregex: string;
  ignoreregex: string;
  prefregex: string;
  datepattern: string;
  maxlines: string;
  hostNames: boolean;
}

export function draftOf({ filter, log, journal }: TesterView): Draft {
  return {
    kind: log !== '' ? 'log' : journal !== '' ? 'journal' : 'text',
    text: '',
    path: log,
    match: journal,
    lines: 500,
    contains: '',
    filter,
    own: false,
    failregex: '',
    ignoreregex: '',
    prefregex: '',
    datepattern: '',
    maxlines: '',
    hostNames: false,
  };
}

/** What is missing before it can be tried; undefined = nothing. */
export function missingIn(draft: Draft): 'lines' | 'log' | 'expression' | undefined {
  if (draft.kind === 'text' && draft.text.trim() === '') return 'lines';
  if (draft.kind === 'log' && draft.path.trim() === '') return 'log';
  const own = draft.own && draft.failregex.trim() !== '';
  return draft.filter.trim() === '' && !own ? 'expression' : undefined;
}

/** What is asked of the server. */
export function orderOf(draft: Draft): ExpressionOrder {
  const options: ExpressionOrder['options'] = {};
  if (draft.own) {
    for (const name of ['failregex', 'ignoreregex', 'prefregex', 'datepattern', 'maxlines'] as const) {
      if (draft[name].trim() !== '') options[name] = draft[name].replace(/^\s*\n|\s+$/g, '');
    }
  }
  const { kind, lines } = draft;
  const source: ExpressionOrder['source'] = { kind, lines };
  if (kind === 'text') source.text = draft.text;
  if (kind === 'log') source.path = draft.path.trim();
  if (kind === 'journal' && draft.match.trim() !== '') source.match = draft.match.trim();
  if (kind !== 'text' && draft.contains !== '') source.contains = draft.contains;
  return { source, filter: draft.filter.trim(), options, host_names: draft.hostNames };
}
