import type { ProcessEvent } from '../event/process-event.ts';
import { type ColumnName, columnOf } from './process-columns.ts';

/** A column to sort by: `+` before it is ascending, `-` descending, as in ps(1); without a sign it is as its kind has it. */
export type SortKey = ColumnName | `+${ColumnName}` | `-${ColumnName}`;

/**
 * Sorts by the first key, where that is equal by the next, at last by pid. `reverse` turns the keys around. Whatever the
 * direction, processes without the value go last.
 */
export function sortProcesses(
  processes: readonly ProcessEvent[],
  keys: readonly SortKey[],
  { reverse }: { readonly reverse: boolean },
): readonly ProcessEvent[] {
  const orders = keys.map((key) => orderOf(key, reverse));
  const rows = processes.map((process) => ({ process, values: orders.map(({ value }) => value(process)) }));
  rows.sort((a, b) => {
    for (const [index, { descending }] of orders.entries()) {
      const difference = compareValues(a.values[index], b.values[index], descending);
      if (difference !== 0) return difference;
    }
    return a.process.pid - b.process.pid;
  });
  return rows.map(({ process }) => process);
}

/** The column a key names, without its sign. */
export function sortColumn(key: SortKey): ColumnName {
  return key.replace(/^[+-]/, '') as ColumnName;
}

function orderOf(key: SortKey, reverse: boolean) {
  const { kind, value } = columnOf(sortColumn(key));
  const descending = key.startsWith('-') || (!key.startsWith('+') && kind === 'quantity');
  return { value, descending: descending !== reverse };
}

type Value = number | string | undefined;

function compareValues(a: Value, b: Value, descending: boolean): number {
  if (a === b) return 0;
  if (a === undefined) return 1;
  if (b === undefined) return -1;
  return a < b === descending ? 1 : -1;
}
