import { escapeForDisplay } from '../base/escape-for-display.ts';
import type { ProcessEvent } from '../event/process-event.ts';
import { type ColumnName, cellText, columnOf, type ProcessColumn } from '../listing/process-columns.ts';
import { cellsOf, cutToWidth } from './cut-to-width.ts';
import type { Display } from './display.ts';
import { fitColumns } from './fit-columns.ts';

export interface TableLine {
  readonly process: ProcessEvent;
  /** Stands before the last cell. */
  readonly guides?: string;
  /** Whether it matters less: dim where there are colours. */
  readonly dim?: boolean;
}

export interface TableLayout {
  readonly columns: readonly ColumnName[];
  /** Those among them that a narrow terminal does without, the first to go first. */
  readonly droppedFirst: readonly ColumnName[];
  readonly display: Display;
}

/**
 * A head, and one line per process. On a terminal no line is longer than it is wide; in a pipe nothing is cut or dropped.
 * Whatever a process put into its texts is escaped.
 */
export function processTable(lines: readonly TableLine[], { columns, droppedFirst, display }: TableLayout): string {
  const all = columns.map((name) => filledColumn(columnOf(name), lines, { isLast: name === columns.at(-1) }));
  const shown = display.width === undefined ? all : fitted(all, display.width, droppedFirst);
  const { ellipsis } = display.glyphs;
  const lineText = (row: number) => {
    const cells = shown.map((column) => padded(cutToWidth(column.cells[row] ?? '', column.width, ellipsis), column));
    const text = cells.join(GAP);
    return display.width === undefined ? text : cutToWidth(text, display.width, ellipsis);
  };
  const head = display.color ? `${BOLD}${lineText(0)}${RESET}` : lineText(0);
  const body = lines.map(({ dim }, index) => {
    const text = lineText(index + 1);
    return display.color && dim ? `${DIM}${text}${RESET}` : text;
  });
  return [head, ...body].map((line) => `${line}\n`).join('');
}

const GAP = '  ';
/** How many cells of guides a narrow terminal makes room for beside the least of the column they stand in. */
const MOST_GUIDE_CELLS = 24;
const BOLD = '\u001b[1m';
const DIM = '\u001b[2m';
const RESET = '\u001b[0m';

interface FilledColumn {
  readonly column: ProcessColumn;
  /** The title, then a cell for each line. */
  readonly cells: readonly string[];
  readonly align: 'left' | 'right' | 'none';
  /** Cells of the terminal that the widest takes, or as many as it may take. */
  readonly width: number;
  /** How few would do on a terminal. */
  readonly leastWidth: number;
}

function filledColumn(
  column: ProcessColumn,
  lines: readonly TableLine[],
  { isLast }: { readonly isLast: boolean },
): FilledColumn {
  const guides = isLast ? lines.map((line) => line.guides ?? '') : [];
  const cells = lines.map(
    ({ process }, index) => `${guides[index] ?? ''}${escapeForDisplay(cellText(column, process))}`,
  );
  const width = widest([column.title, ...cells]);
  const guideCells = Math.min(widest(guides), MOST_GUIDE_CELLS);
  const left = isLast ? 'none' : 'left';
  return {
    column,
    cells: [column.title, ...cells],
    align: column.kind === 'text' || guideCells > 0 ? left : 'right',
    width,
    leastWidth: column.leastCells === undefined ? width : Math.min(width, column.leastCells + guideCells),
  };
}

function widest(cells: readonly string[]): number {
  return cells.reduce((most, cell) => Math.max(most, cellsOf(cell)), 0);
}

/** The columns a terminal has room for, with the width each gets. */
function fitted(
  columns: readonly FilledColumn[],
  width: number,
  droppedFirst: readonly string[],
): readonly FilledColumn[] {
  const needs = columns.map(({ column, width: natural, leastWidth: least }) => {
    const dropRank = droppedFirst.indexOf(column.name);
    return { natural, least, dropRank: dropRank === -1 ? undefined : dropRank };
  });
  const widths = fitColumns(needs, { width, gap: GAP.length });
  return columns.flatMap((column, index) => {
    const given = widths[index];
    return given === undefined ? [] : [{ ...column, width: given }];
  });
}

function padded(cell: string, { align, width }: FilledColumn): string {
  const blanks = ' '.repeat(align === 'none' ? 0 : Math.max(0, width - cellsOf(cell)));
  return align === 'right' ? `${blanks}${cell}` : `${cell}${blanks}`;
}
