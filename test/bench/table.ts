/** One line of the summary: a number, what it is compared with, and what it should be. */
export interface SummaryRow {
  readonly what: string;
  readonly measured: number;
  readonly unit: string;
  readonly reference?: { readonly name: string; readonly value: number };
  /** At most this, of the number itself or of its ratio to the reference. */
  readonly bar?: { readonly atMost: number; readonly of: 'measured' | 'ratio' };
}

/** Cells in columns: the first one to the left, numbers to the right. */
export function formatTable(lines: readonly (readonly string[])[]): string {
  const columns = Math.max(...lines.map((line) => line.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  const format = (line: readonly string[]) =>
    line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)));
  return lines.map((line) => format(line).join('  ').trimEnd()).join('\n');
}

export function formatSummary(rows: readonly SummaryRow[]): string {
  const missed = rows.filter((row) => isMet(row) === false);
  const verdict = missed.length === 0 ? 'every bar is met' : `NOT MET: ${missed.map(({ what }) => what).join('; ')}`;
  const head = ['what', 'measured', 'reference', 'ratio', 'bar', 'met?'];
  return `${formatTable([head, ...rows.map(cells)])}\n\n${verdict}`;
}

/** undefined where there is no bar. */
export function isMet(row: SummaryRow): boolean | undefined {
  const value = row.bar?.of === 'ratio' ? ratio(row) : row.measured;
  return row.bar === undefined || value === undefined ? undefined : value <= row.bar.atMost;
}

export function ratio({ measured, reference }: SummaryRow): number | undefined {
  return reference === undefined ? undefined : measured / reference.value;
}

function cells(row: SummaryRow): readonly string[] {
  const met = isMet(row);
  return [
    row.what,
    quantity(row.measured, row.unit),
    row.reference === undefined ? '' : `${quantity(row.reference.value, row.unit)} (${row.reference.name})`,
    ratio(row)?.toFixed(2) ?? '',
    row.bar === undefined ? '' : `<= ${row.bar.of === 'ratio' ? row.bar.atMost : quantity(row.bar.atMost, row.unit)}`,
    met === undefined ? '' : met ? 'yes' : 'NO',
  ];
}

function quantity(value: number, unit: string): string {
  const digits = Number.isInteger(value) || value >= 1000 ? 0 : value >= 100 ? 1 : 2;
  return `${value.toFixed(digits)} ${unit}`.trim();
}
