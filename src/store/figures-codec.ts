import type { ProcessFigures } from '../event/process-row.ts';
import { compress, decompress } from './compression.ts';

/** Numbers of one process, zstd over IEEE 754 doubles, little-endian: pid, state, user and system ticks, nice, threads, virtual and resident bytes. */
const DOUBLES = 8;

/** Packs the figures of all processes into one value: written every cycle, so it has to be small and quick. */
export function encodeFigures(processes: readonly (ProcessFigures & { readonly pid: number })[]): Buffer {
  const doubles = new Float64Array(processes.length * DOUBLES);
  let at = 0;
  for (const process of processes) {
    doubles[at] = process.pid;
    doubles[at + 1] = process.stateCode.charCodeAt(0);
    doubles[at + 2] = process.userTicks;
    doubles[at + 3] = process.systemTicks;
    doubles[at + 4] = process.nice;
    doubles[at + 5] = process.threads;
    doubles[at + 6] = process.virtualMemoryBytes;
    doubles[at + 7] = process.rssBytes;
    at += DOUBLES;
  }
  return compress(doubles);
}

export function decodeFigures(packed: Uint8Array): Map<number, ProcessFigures> {
  // A copy, because a Float64Array must be aligned; not `slice`, which gives a view of the same memory when it is a Buffer's.
  const doubles = new Float64Array(new Uint8Array(decompress(packed)).buffer);
  const figures = new Map<number, ProcessFigures>();
  for (let at = 0; at + DOUBLES <= doubles.length; at += DOUBLES) {
    const number = (offset: number) => doubles[at + offset] as number;
    figures.set(number(0), {
      stateCode: String.fromCharCode(number(1)),
      userTicks: number(2),
      systemTicks: number(3),
      nice: number(4),
      threads: number(5),
      virtualMemoryBytes: number(6),
      rssBytes: number(7),
    });
  }
  return figures;
}
