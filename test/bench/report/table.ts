import { barOf, isMet, quantity, type Row, ratioOf } from './row.ts';

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

export function formatRows(rows: readonly Row[]): string {
  return formatTable([['what', 'measured', 'reference', 'ratio', 'bar', 'met?'], ...rows.map(cells)]);
}

/** Which bars are missed, at which number of processes; a missed bar is no failure of the benchmark. */
export function formatVerdict(rows: readonly Row[]): string {
  const missed = rows.filter((row) => isMet(row) === false);
  if (missed.length === 0) return 'every bar that could be measured is met';
  return `NOT MET:\n${missed.map((row) => `  ${missedText(row)}`).join('\n')}`;
}

function missedText(row: Row): string {
  const { processes, what, measured, unit, reference } = row;
  const of = reference === undefined ? quantity(measured, unit) : `${ratioText(row)} of ${reference.name}`;
  return `${processes} processes: ${what}: ${of}, bar ${barText(row)}`;
}

function cells(row: Row): readonly string[] {
  return [row.what, quantity(row.measured, row.unit), referenceText(row), ratioText(row), barText(row), metText(row)];
}

function metText(row: Row): string {
  const met = isMet(row);
  return met === undefined ? '' : met ? 'yes' : 'NO';
}

function referenceText({ reference, unit }: Row): string {
  if (reference === undefined) return '';
  if ('missing' in reference) return `not measurable: ${reference.missing} (${reference.name})`;
  return `${quantity(reference.value, unit)} (${reference.name})`;
}

export function ratioText(row: Row): string {
  const ratio = ratioOf(row);
  return ratio?.toFixed(ratio < 0.1 ? 3 : 2) ?? '';
}

export function barText(row: Row): string {
  const bar = barOf(row);
  if (bar === undefined) return '';
  return `<= ${bar.of === 'ratio' ? bar.atMost : quantity(bar.atMost, row.unit)}`;
}
