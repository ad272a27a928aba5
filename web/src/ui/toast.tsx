import { later, usePart } from '../lib/later';
import { type Problem, problemOf } from '../lib/problem';

/** A notice as the corner shows it. */
export interface Notice {
  id: string;
  title: string;
  detail?: string;
  problem?: boolean;
  undo?: () => void;
  /** 0 = until it is dismissed. */
  forMs: number;
  onGone?: () => void;
}

/** Who shows notices. */
export interface Showing {
  add: (notice: Notice) => void;
  /** Without an id: all of them. */
  close: (id?: string) => void;
}

const corner = later(() => import('./toast-corner').then((m) => m.Corner));
let showing: Showing | undefined;
let untold: Notice[] = [];

/** Fetches what shows notices, so that it stands there before the first. */
export const warmToasts = corner.want;

/** Shows notices from now on, and those that were told before; until the returned function is called. */
export function showNotices(next: Showing): () => void {
  showing = next;
  for (const notice of untold) next.add(notice);
  untold = [];
  return () => {
    if (showing === next) showing = undefined;
  };
}

function add(notice: Notice): void {
  corner.want();
  if (showing === undefined) untold.push(notice);
  else showing.add(notice);
}

/** Takes one notice away, or all. */
export function closeNotices(id?: string): void {
  untold = id === undefined ? [] : untold.filter((notice) => notice.id !== id);
  showing?.close(id);
}

const undoMs = 8000;
let lastUndo: { id: string; run: () => void } | undefined;

const newId = () => crypto.randomUUID?.() ?? String(performance.now());

/** Tells that something was done, for 8 s; where it can be taken back, offers that meanwhile. */
export function tell({ title, detail, undo }: Pick<Notice, 'title' | 'detail' | 'undo'>): void {
  const id = newId();
  const run = () => {
    closeNotices(id);
    undo?.();
  };
  if (undo !== undefined) lastUndo = { id, run };
  const onGone = () => {
    if (lastUndo?.id === id) lastUndo = undefined;
  };
  add({ id, title, detail, undo: undo === undefined ? undefined : run, forMs: undoMs, onGone });
}

/** Tells that something failed; stays until it is dismissed. */
export function tellProblem(title: string, error: unknown): void {
  const problem: Problem = problemOf(error);
  const detail = [problem.message, problem.mend].filter(Boolean).join(' ');
  const request = problem.requestId === '' ? '' : ` (${problem.requestId})`;
  add({ id: newId(), title, detail: detail + request, problem: true, forMs: 0 });
}

/** Takes back what the newest living notice offers to take back. */
export function undoLast(): boolean {
  const undo = lastUndo;
  lastUndo = undefined;
  undo?.run();
  return undo !== undefined;
}

/** Where notices appear; one for the page. */
export function ToastCorner() {
  const Corner = usePart(corner);
  return Corner === undefined ? null : <Corner />;
}
