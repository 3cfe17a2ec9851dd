import type { Bar } from '../bars.ts';

/** One line of the report: a number, what it is compared with, and what it should be. */
export interface Row {
  /** How many processes ran, the idle ones and all others. */
  readonly processes: number;
  readonly what: string;
  readonly measured: number;
  readonly unit: string;
  readonly reference?: RowReference;
  readonly bar?: Bar;
  /** Left out of README.md. */
  readonly detail?: true;
}

/** In the unit of the row; or why it could not be measured. */
export type RowReference =
  | { readonly name: string; readonly value: number }
  | { readonly name: string; readonly missing: string };

export function ratioOf({ measured, reference }: Row): number | undefined {
  return reference !== undefined && 'value' in reference ? measured / reference.value : undefined;
}

/** The bar, where the host is not too large for it. */
export function barOf({ bar, processes }: Row): Bar | undefined {
  return bar !== undefined && processes <= bar.upToProcesses ? bar : undefined;
}

/** undefined where there is no bar, or nothing to hold against it. */
export function isMet(row: Row): boolean | undefined {
  const bar = barOf(row);
  const value = bar?.of === 'ratio' ? ratioOf(row) : row.measured;
  if (bar === undefined || value === undefined) return undefined;
  return value <= bar.atMost;
}

export function quantity(value: number, unit: string): string {
  const digits = Number.isInteger(value) || value >= 1000 ? 0 : value >= 100 ? 1 : 2;
  return `${value.toFixed(digits)} ${unit}`.trim();
}

/** A row as others may read it: numbers as they are, and what follows from them. */
export function toJson(row: Row) {
  const bar = barOf(row);
  const met = isMet(row);
  return {
    processes: row.processes,
    what: row.what,
    measured: row.measured,
    unit: row.unit,
    reference: row.reference,
    ratio: ratioOf(row),
    bar: bar && { atMost: bar.atMost, of: bar.of },
    met: met === undefined ? undefined : met ? 'yes' : 'no',
  };
}
