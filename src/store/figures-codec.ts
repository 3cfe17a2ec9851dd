import type { ProcessFigures } from '../event/process-row.ts';
import { compress, decompress } from './compression.ts';

type NumericFigure = Exclude<keyof ProcessFigures, 'stateCode'>;

/** Behind pid and state letter, in this order. A change of it is a change of the layout's version. */
const NUMERIC_FIGURES = [
  'userTicks',
  'systemTicks',
  'nice',
  'schedulingPolicy',
  'realtimePriority',
  'threads',
  'virtualMemoryBytes',
  'rssBytes',
  'minorFaults',
  'majorFaults',
  'refreshedAtMillis',
  'swapBytes',
  'readBytes',
  'writtenBytes',
  'voluntarySwitches',
  'involuntarySwitches',
  'oomScore',
  'openFiles',
] as const satisfies readonly NumericFigure[];

const COLUMNS = 2 + NUMERIC_FIGURES.length;

/**
 * Packs the figures of all processes into one value: written every cycle, so it has to be small and quick. zstd over
 * IEEE 754 doubles, little-endian, column by column; NaN = absent.
 */
export function encodeFigures(processes: readonly (ProcessFigures & { readonly pid: number })[]): Buffer {
  const count = processes.length;
  const doubles = new Float64Array(count * COLUMNS);
  for (let index = 0; index < count; index++) {
    const process = processes[index] as (typeof processes)[number];
    doubles[index] = process.pid;
    doubles[count + index] = process.stateCode?.charCodeAt(0) ?? Number.NaN;
    for (let figure = 0; figure < NUMERIC_FIGURES.length; figure++) {
      doubles[(2 + figure) * count + index] = process[NUMERIC_FIGURES[figure] as NumericFigure] ?? Number.NaN;
    }
  }
  return compress(doubles);
}

export function decodeFigures(packed: Uint8Array): Map<number, ProcessFigures> {
  // A copy, because a Float64Array must be aligned; not `slice`, which gives a view of the same memory when it is a Buffer's.
  const doubles = new Float64Array(new Uint8Array(decompress(packed)).buffer);
  const count = Math.floor(doubles.length / COLUMNS);
  const figures = new Map<number, ProcessFigures>();
  for (let index = 0; index < count; index++) {
    const state = known(doubles[count + index]);
    const decoded: { -readonly [Key in keyof ProcessFigures]: ProcessFigures[Key] } = {
      stateCode: state === undefined ? undefined : String.fromCharCode(state),
    };
    for (const [figure, name] of NUMERIC_FIGURES.entries()) {
      decoded[name] = known(doubles[(2 + figure) * count + index]);
    }
    figures.set(doubles[index] as number, decoded);
  }
  return figures;
}

function known(value: number | undefined): number | undefined {
  return value === undefined || Number.isNaN(value) ? undefined : value;
}
