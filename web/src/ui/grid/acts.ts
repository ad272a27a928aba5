import type { KeyboardEvent, MouseEvent } from 'react';
import { singleKeys } from '../../lib/preferences';
import { gridKey } from './keyboard';
import { extend, type Selection, toggle, toggleAll } from './selection';

interface Acting<Row> {
  rows: readonly Row[];
  /** The keys of the rows, in their order. */
  order: readonly string[];
  current: number;
  keyOf: (row: Row) => string;
  selection?: Selection;
  onSelect?: (next: Selection) => void;
  onOpen: (row: Row) => void;
  onMenu?: (row: Row, anchor: HTMLElement) => void;
  toActive: (index: number) => void;
  moveTo: (index: number) => void;
  pageRows: () => number;
}

function rowAt(target: HTMLElement): number {
  return Number(target.closest<HTMLElement>('[data-index]')?.dataset.index ?? -1);
}

/** What presses of pointer and keys do in a grid; one handler for all rows. */
export function useGridActs<Row>(grid: Acting<Row>) {
  const { rows, order, current, selection, onSelect } = grid;

  const choose = (index: number, event: MouseEvent, onBox: boolean): boolean => {
    const key = order[index];
    if (selection === undefined || key === undefined) return false;
    if (event.shiftKey) onSelect?.(extend(selection, key, order));
    else if (onBox || event.ctrlKey || event.metaKey) onSelect?.(toggle(selection, key));
    else return false;
    return true;
  };

  const onClick = (event: MouseEvent) => {
    const target = event.target as HTMLElement;
    const index = rowAt(target);
    const row = rows[index];
    if (row === undefined) return;
    const act = target.closest<HTMLElement>('[data-act]');
    if (act?.dataset.act === 'menu') return grid.onMenu?.(row, act);
    if (target.closest('a, button')) return;
    grid.toActive(index);
    if (choose(index, event, act?.dataset.act === 'select')) return;
    // Text that was just marked is wanted, not the next page.
    if ((window.getSelection()?.toString() ?? '') === '') grid.onOpen(row);
  };

  const move = (to: number, extending: boolean) => {
    const from = order[current];
    const key = order[to];
    if (extending && selection !== undefined && from !== undefined && key !== undefined) {
      const anchored = selection.anchor === undefined ? { ...selection, anchor: from } : selection;
      onSelect?.(extend(anchored, key, order));
    }
    grid.moveTo(to);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[current];
    if (row === undefined || event.altKey || (event.target as HTMLElement).getAttribute('role') !== 'row') return;
    const press = { key: event.key, shiftKey: event.shiftKey, mod: event.ctrlKey || event.metaKey, letters: singleKeys.get() };
    const what = gridKey(press, { active: current, rows: rows.length, page: grid.pageRows() });
    if (what === undefined || (selection === undefined && what.kind !== 'move' && what.kind !== 'open')) return;
    event.preventDefault();
    if (what.kind === 'open') grid.onOpen(row);
    else if (what.kind === 'move') move(what.to, what.extend);
    else if (selection !== undefined) onSelect?.(what.kind === 'all' ? toggleAll(selection, order) : toggle(selection, grid.keyOf(row)));
  };

  return { onClick, onKeyDown };
}
