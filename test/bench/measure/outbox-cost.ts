import { join } from 'node:path';
import { cpuSeconds, residentMemory } from '../host/process-figures.ts';
import { Daemon } from '../procmond/daemon.ts';
import { DrivenSource } from '../procmond/driven-source.ts';
import type { CycleCpu, DrivenCycle } from '../procmond/driver-process.ts';

/** What cycles of `--emit all` cost beside what waits in the outbox. */
export interface OutboxCost {
  /** How many were to wait at least in the full one. */
  readonly records: number;
  /** With everything delivered after each; its CPU is not among what is compared. */
  readonly empty: readonly DrivenCycle[];
  /** With nothing delivered. */
  readonly full: readonly DrivenCycle[];
  /** What waited before the first of them was run. */
  readonly waiting: { readonly records: number; readonly pageBytes: number; readonly storeBytes: number };
}

/** What a start costs beside what waits: from exec to the first committed cycle, the endpoint down. */
export interface StartWithOutbox {
  readonly cpuSeconds: number;
  readonly anonymousBytes: number;
}

export interface LargeOutboxCost {
  readonly cycles: OutboxCost;
  readonly start: { readonly empty: StartWithOutbox; readonly full: StartWithOutbox };
}

/** The phases of a cycle that deliver nothing. */
export const COMMITTING: readonly (keyof CycleCpu)[] = ['enumerate', 'diff', 'commit'];

/** Nothing listens there. */
const NO_ENDPOINT = 'http://127.0.0.1:9/v1/logs';

/** What V8 compiles it has compiled by then, on both sides. */
const WARM_UP_CYCLES = 60;

export interface OutboxCostOptions {
  readonly directory: string;
  /** Where the empty one delivers. */
  readonly url: string;
  readonly rounds: number;
  /** How many wait at least in the full one. */
  readonly records: number;
}

/** The two take turns, in an order that is reversed from round to round. */
export async function measureOutboxCost(options: OutboxCostOptions): Promise<OutboxCost> {
  const { directory, url, rounds, records } = options;
  await using drained = await DrivenSource.start({ dataDirectory: join(directory, 'drained'), url, emit: 'all' });
  await using filled = await DrivenSource.start({ dataDirectory: join(directory, 'filled'), url, emit: 'all' });
  for (let cycle = 0; cycle < WARM_UP_CYCLES; cycle++) await drained.cycle();
  let waiting: DrivenCycle;
  let filling = 0;
  do {
    waiting = await filled.cycle({ deliver: false });
    filling += 1;
  } while (waiting.outbox.records < records || filling < WARM_UP_CYCLES);
  const empty: DrivenCycle[] = [];
  const full: DrivenCycle[] = [];
  const turns = [
    async () => empty.push(await drained.cycle()),
    async () => full.push(await filled.cycle({ deliver: false })),
  ];
  for (let round = 0; round < rounds; round++) {
    for (const turn of turns) await turn();
    turns.reverse();
  }
  return { records, empty, full, waiting: { ...waiting.outbox, storeBytes: waiting.storeBytes } };
}

/** The same with the outbox of an outage that lasts, and what starting with it costs. */
export async function measureLargeOutbox(options: OutboxCostOptions): Promise<LargeOutboxCost> {
  const cycles = await measureOutboxCost(options);
  const empty = await startWith(join(options.directory, 'none'));
  const full = await startWith(join(options.directory, 'filled'));
  return { cycles, start: { empty, full } };
}

async function startWith(dataDirectory: string): Promise<StartWithOutbox> {
  await using daemon = await Daemon.start({ dataDirectory, url: NO_ENDPOINT, emit: 'all' });
  await daemon.nextCycle();
  return { cpuSeconds: cpuSeconds(daemon.pid), anonymousBytes: residentMemory(daemon.pid).anonymousBytes };
}
