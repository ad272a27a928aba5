import { t } from '@lingui/core/macro';
import { defaultRangeExtractor, type Range, useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, type Ref, useCallback, useImperativeHandle, useMemo, useRef, useState } from 'react';
import { classes } from '../classes';
import { useGridActs } from './acts';
import { type Column, GridRow } from './row';
import { type Selection, toggleAll } from './selection';

/** What a page may do to its grid. */
export interface GridHandle {
  toTop(): void;
  atTop(): boolean;
  /** Whether the reader's pointer or focus is in it: then rows must not move. */
  busy(): boolean;
  focus(): void;
}

interface GridProps<Row> {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string;
  /** What a screen reader calls the row. */
  nameOf: (row: Row) => string;
  rowHeight: number;
  /** How many there are in all, loaded or not. */
  total?: number;
  selection?: Selection;
  onSelect?: (next: Selection) => void;
  onOpen: (row: Row) => void;
  onMenu?: (row: Row, anchor: HTMLElement) => void;
  /** True for rows that have ended since the list was asked for. */
  over?: (row: Row) => boolean;
  /** The end comes near: load more. */
  onNearEnd?: () => void;
  onActive?: (row: Row | undefined) => void;
  headless?: boolean;
  footer?: ReactNode;
  className?: string;
  ref?: Ref<GridHandle>;
}

/** A list of any length: only the rows in sight exist. Keys: see keyboard.ts. */
export function DataGrid<Row>(props: GridProps<Row>) {
  const { rows, columns, keyOf, selection, rowHeight } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const current = Math.min(active, Math.max(0, rows.length - 1));
  const order = useMemo(() => rows.map(keyOf), [rows, keyOf]);
  const rangeExtractor = useCallback((range: Range) => withActive(defaultRangeExtractor(range), current, range.count), [current]);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    rangeExtractor,
    scrollPaddingStart: props.headless ? 0 : 36,
    getItemKey: (index) => order[index] ?? index,
    onChange: (instance) => {
      const last = instance.range?.endIndex ?? 0;
      if (rows.length > 0 && last > rows.length - 400) props.onNearEnd?.();
    },
  });

  const moveTo = (index: number, focus = true) => {
    setActive(index);
    props.onActive?.(rows[index]);
    virtual.scrollToIndex(index, { align: 'auto' });
    if (!focus) return;
    const take = () => {
      const row = scroller.current?.querySelector<HTMLElement>(`[data-index="${index}"]`);
      row?.focus({ preventScroll: true });
      return row !== null && row !== undefined;
    };
    // A row that was out of sight is there after the next drawing.
    if (!take()) requestAnimationFrame(take);
  };

  useImperativeHandle(props.ref, () => ({
    toTop: () => virtual.scrollToOffset(0),
    atTop: () => (scroller.current?.scrollTop ?? 0) < rowHeight,
    busy: () => scroller.current?.matches(':hover, :focus-within') ?? false,
    focus: () => moveTo(current),
  }));

  const toActive = (index: number) => {
    setActive(index);
    props.onActive?.(rows[index]);
  };
  const pageRows = () => Math.max(1, Math.floor((scroller.current?.clientHeight ?? rowHeight) / rowHeight) - 1);
  const acts = useGridActs({ ...props, order, current, toActive, moveTo, pageRows });

  const tracks = [selection && '28px', ...columns.map((c) => c.width), props.onMenu && 'minmax(28px, auto)'];
  return (
    <div ref={scroller} className={classes('grid-scroll', props.className)}>
      <div
        role="grid"
        tabIndex={-1}
        aria-label={props.label}
        aria-rowcount={(props.total ?? rows.length) + 1}
        aria-colcount={columns.length + (selection ? 1 : 0) + (props.onMenu ? 1 : 0)}
        aria-multiselectable={selection !== undefined}
        style={{ '--columns': tracks.filter(Boolean).join(' ') } as React.CSSProperties}
        className="min-w-max md:min-w-0"
        onClick={acts.onClick}
        onKeyDown={acts.onKeyDown}
      >
        <Head {...props} order={order} />
        <div role="rowgroup" className="grid-body" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index] as Row;
            return (
              <GridRow
                key={item.key}
                row={row}
                index={item.index}
                start={item.start}
                name={props.nameOf(row)}
                columns={columns}
                active={item.index === current}
                selected={selection?.keys.has(order[item.index] ?? '')}
                menu={props.onMenu !== undefined}
                over={props.over?.(row) ?? false}
              />
            );
          })}
        </div>
      </div>
      {props.footer}
    </div>
  );
}

function Head<Row>({ columns, selection, onSelect, onMenu, headless, order }: GridProps<Row> & { order: string[] }) {
  const all = selection !== undefined && order.length > 0 && selection.keys.size >= order.length;
  const some = selection !== undefined && selection.keys.size > 0 && !all;
  return (
    <div role="row" aria-rowindex={1} className={headless ? 'sr-only' : 'grid-head'}>
      {selection !== undefined && (
        <div role="columnheader" className="grid-check">
          <input
            type="checkbox"
            checked={all}
            ref={(box) => {
              if (box) box.indeterminate = some;
            }}
            onChange={() => onSelect?.(toggleAll(selection, order))}
            aria-label={t`Choose all loaded rows`}
          />
        </div>
      )}
      {columns.map((column) => (
        <div role="columnheader" key={column.id} className="grid-cell" data-end={column.align === 'end' || undefined}>
          {column.header}
        </div>
      ))}
      {onMenu !== undefined && (
        <div role="columnheader">
          <span className="sr-only">{t`Actions`}</span>
        </div>
      )}
    </div>
  );
}

/** The active row stays in the page when it is scrolled away: the focus is in it. */
function withActive(indexes: number[], active: number, count: number): number[] {
  if (active >= count || indexes.includes(active)) return indexes;
  return [...indexes, active].sort((a, b) => a - b);
}
