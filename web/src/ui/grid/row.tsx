import { t } from '@lingui/core/macro';
import { EllipsisVertical } from 'lucide-react';
import { memo, type ReactNode } from 'react';

/** One column: how wide (a grid track) and what stands in it. */
export interface Column<Row> {
  id: string;
  header: string;
  width: string;
  align?: 'end';
  /** tabIndex is 0 for controls in the active row, else -1. */
  cell: (row: Row, tabIndex: 0 | -1) => ReactNode;
}

interface RowProps<Row> {
  row: Row;
  index: number;
  start: number;
  name: string;
  columns: readonly Column<Row>[];
  active: boolean;
  /** Undefined where rows can't be chosen. */
  selected: boolean | undefined;
  menu: boolean;
  over: boolean;
}

function PlainRow<Row>({ row, index, start, name, columns, active, selected, menu, over }: RowProps<Row>) {
  const tabIndex = active ? 0 : -1;
  return (
    <div
      role="row"
      className="grid-row"
      data-index={index}
      data-over={over || undefined}
      aria-rowindex={index + 2}
      aria-selected={selected}
      tabIndex={tabIndex}
      style={{ transform: `translateY(${start}px)` }}
    >
      {selected !== undefined && (
        <div role="gridcell" className="grid-check" data-act="select">
          <input type="checkbox" checked={selected} readOnly tabIndex={-1} aria-label={t`Choose ${name}`} />
        </div>
      )}
      {columns.map((column) => (
        <div role="gridcell" key={column.id} className="grid-cell" data-end={column.align === 'end' || undefined}>
          {column.cell(row, tabIndex)}
        </div>
      ))}
      {menu && (
        <div role="gridcell" className="flex justify-end">
          <button
            type="button"
            className="grid-menu"
            data-act="menu"
            tabIndex={tabIndex}
            aria-label={t`Actions for ${name}`}
            aria-haspopup="menu"
          >
            <EllipsisVertical className="size-4" aria-hidden />
          </button>
        </div>
      )}
    </div>
  );
}

/** A row of plain elements, drawn again only when it changes. */
export const GridRow = memo(PlainRow) as typeof PlainRow;
