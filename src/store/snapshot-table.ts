import type { ProcessFigures, ProcessRow } from '../event/process-row.ts';
import type { SnapshotState } from '../event/snapshot-state.ts';
import { decodeFigures, encodeFigures } from './figures-codec.ts';
import type { Layout } from './layout.ts';

const STATE_KEY = 'snapshot';
/** Version of their packing: other versions' figures are not read. */
const FIGURES_KEY = 2;

/** The process table as of the last committed cycle. The writing calls belong into `SnapshotStore.transact`. */
export class SnapshotTable {
  readonly #layout: Layout;

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  /** undefined before the first committed cycle. */
  state(): SnapshotState | undefined {
    return this.#layout.meta.get(STATE_KEY) as SnapshotState | undefined;
  }

  /** All rows, ascending by pid. */
  rows(): readonly ProcessRow[] {
    return Array.from(this.#layout.identities.getRange(), ({ value }) => value as ProcessRow);
  }

  figures(): ReadonlyMap<number, ProcessFigures> {
    const packed = this.#layout.figures.get(FIGURES_KEY);
    return packed === undefined ? new Map() : decodeFigures(packed);
  }

  putState(state: SnapshotState): void {
    this.#layout.meta.putSync(STATE_KEY, state);
  }

  putRow(row: ProcessRow): void {
    this.#layout.identities.putSync(row.pid, row);
  }

  removeRow(pid: number): void {
    this.#layout.identities.removeSync(pid);
  }

  clearRows(): void {
    for (const pid of Array.from(this.#layout.identities.getKeys())) this.#layout.identities.removeSync(pid);
  }

  putFigures(processes: readonly (ProcessFigures & { readonly pid: number })[]): void {
    this.#layout.figures.putSync(FIGURES_KEY, encodeFigures(processes));
  }
}
