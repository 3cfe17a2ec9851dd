import { join } from 'node:path';
import { DrivenSource, PHASES } from './driven-source.ts';
import type { CycleCpu, DrivenCycle, DriverOptions } from './driver-process.ts';
import type { ForkOptions } from './forked-part.ts';
import type { ReferenceReader, ReferenceReaders } from './reference-reader.ts';
import { median } from './statistics.ts';

export const VARIANTS = {
  changes: { emit: 'changes' },
  changesWithoutRefresh: { emit: 'changes', refreshCycles: 0 },
  all: { emit: 'all' },
  allWithoutRefresh: { emit: 'all', refreshCycles: 0 },
} as const satisfies Readonly<Record<string, Pick<DriverOptions, 'emit' | 'refreshCycles'>>>;

export type Variant = keyof typeof VARIANTS;

export interface CycleCost {
  readonly variants: Readonly<Record<Variant, VariantCost>>;
  /** CPU milliseconds of each run; undefined where there was nothing to run. */
  readonly fullReader: readonly number[] | undefined;
  readonly ps: readonly number[] | undefined;
}

export interface VariantCost {
  /** The first cycle of the process: nothing is known, and no code is compiled yet. */
  readonly first: DrivenCycle;
  /** Steady cycles, in order. */
  readonly cycles: readonly DrivenCycle[];
}

/** V8 has compiled by then what it will compile, and each process was read again once. */
const WARM_UP_ROUNDS = 15;

/**
 * All variants and all references take turns, in an order that is reversed from round to round, so that what else the
 * machine does hits them alike.
 */
export async function measureCycleCost(options: {
  readonly rounds: number;
  readonly url: string;
  readonly directory: string;
  readonly references: ReferenceReaders;
  readonly fork: ForkOptions;
}): Promise<CycleCost> {
  await using drivers = new AsyncDisposableStack();
  const driven = await Promise.all(
    Object.entries(VARIANTS).map(async ([name, variant]) => {
      const dataDirectory = join(options.directory, name);
      return new DrivenVariant(
        drivers.use(await DrivenSource.start({ dataDirectory, url: options.url, ...variant }, options.fork)),
      );
    }),
  );
  const references = [options.references.fullReader, options.references.ps].map((reader) => new ReferenceRuns(reader));
  const contenders: Contender[] = [...driven, ...references];
  for (let round = 0; round < WARM_UP_ROUNDS + options.rounds; round++) {
    for (const contender of contenders) await contender.turn(round >= WARM_UP_ROUNDS);
    contenders.reverse();
  }
  const costs = Object.keys(VARIANTS).map((name, index) => [name, (driven[index] as DrivenVariant).cost()]);
  const [fullReader, ps] = references;
  return {
    variants: Object.fromEntries(costs) as Record<Variant, VariantCost>,
    fullReader: fullReader?.cpuMillis,
    ps: ps?.cpuMillis,
  };
}

interface Contender {
  turn(measured: boolean): Promise<void>;
}

class DrivenVariant implements Contender {
  readonly #source: DrivenSource;
  #first: DrivenCycle | undefined;
  readonly #cycles: DrivenCycle[] = [];

  constructor(source: DrivenSource) {
    this.#source = source;
  }

  async turn(measured: boolean): Promise<void> {
    const cycle = await this.#source.cycle();
    this.#first ??= cycle;
    if (measured) this.#cycles.push(cycle);
  }

  cost(): VariantCost {
    if (this.#first === undefined) throw new Error('no cycle was run');
    return { first: this.#first, cycles: this.#cycles };
  }
}

class ReferenceRuns implements Contender {
  readonly #reader: ReferenceReader | undefined;
  readonly cpuMillis: number[] | undefined;

  constructor(reader: ReferenceReader | undefined) {
    this.#reader = reader;
    this.cpuMillis = reader === undefined ? undefined : [];
  }

  async turn(measured: boolean): Promise<void> {
    const millis = this.#reader?.read();
    if (measured && millis !== undefined) this.cpuMillis?.push(millis);
  }
}

/** Median of each phase. */
export function medianPhases(cycles: readonly DrivenCycle[]): CycleCpu {
  const of = (phase: keyof CycleCpu) => median(cycles.map(({ cpuMillis }) => cpuMillis[phase]));
  return { enumerate: of('enumerate'), diff: of('diff'), commit: of('commit'), deliver: of('deliver') };
}

/** Median of the sums of some phases, which is not the sum of their medians. */
export function medianSum(cycles: readonly DrivenCycle[], phases: readonly (keyof CycleCpu)[] = PHASES): number {
  return median(cycles.map((cycle) => sumOf(cycle, phases)));
}

/** Median of what a whole cycle costs by the processes it saw. */
export function medianPerProcess(cycles: readonly DrivenCycle[]): number {
  return median(cycles.map((cycle) => sumOf(cycle, PHASES) / cycle.processes));
}

/** Seen by all cycles, median. */
export function medianProcesses({ variants }: CycleCost): number {
  return median(Object.values(variants).flatMap(({ cycles }) => cycles.map(({ processes }) => processes)));
}

function sumOf({ cpuMillis }: DrivenCycle, phases: readonly (keyof CycleCpu)[]): number {
  return phases.reduce((sum, phase) => sum + cpuMillis[phase], 0);
}
