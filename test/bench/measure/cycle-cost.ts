import { join } from 'node:path';
import type { ForkOptions } from '../host/forked-part.ts';
import { DrivenSource, PHASES } from '../procmond/driven-source.ts';
import type { CycleCpu, DrivenCycle, DriverOptions } from '../procmond/driver-process.ts';
import { isMissing, type MissingReference, type Reference } from '../references/reference.ts';
import type { ReferenceName, References } from '../references/references.ts';
import { median } from '../report/statistics.ts';

export const VARIANTS = {
  changes: { emit: 'changes' },
  changesWithoutRefresh: { emit: 'changes', refreshCycles: 0 },
  changesWithoutEnhanced: { emit: 'changes', enhanced: false },
  all: { emit: 'all' },
  alwaysNew: { emit: 'changes', alwaysNew: true },
} as const satisfies Readonly<Record<string, Omit<DriverOptions, 'dataDirectory' | 'url'>>>;

export type Variant = keyof typeof VARIANTS;

export interface CycleCost {
  readonly variants: Readonly<Record<Variant, VariantCost>>;
  readonly references: Readonly<Record<ReferenceName, ReferenceCost>>;
}

export interface VariantCost {
  /** The first cycle of the process: nothing is known, and no code is compiled yet. */
  readonly first: DrivenCycle;
  /** Warm cycles, in order; steady ones, unless the variant is `alwaysNew`. */
  readonly cycles: readonly DrivenCycle[];
}

export type ReferenceCost = ReferenceRuns | MissingReference;

export interface ReferenceRuns {
  readonly name: string;
  /** Of each run. */
  readonly cpuMillis: readonly number[];
}

/** V8 has compiled by then what it will compile, and each process was read again once. */
const WARM_UP_ROUNDS = 15;

/** So many of the measured rounds have a turn of the slow ones. */
const SLOW_TURNS = 6;

/**
 * All variants and all references take turns, in an order that is reversed from round to round, so that what else the
 * machine does hits them alike.
 */
export async function measureCycleCost(options: {
  readonly rounds: number;
  readonly url: string;
  readonly directory: string;
  readonly references: References;
  readonly fork: ForkOptions;
}): Promise<CycleCost> {
  await using drivers = new AsyncDisposableStack();
  const driven = await eachOf(VARIANTS, async (variant: (typeof VARIANTS)[Variant], name) => {
    const dataDirectory = join(options.directory, name);
    const source = await DrivenSource.start({ dataDirectory, url: options.url, ...variant }, options.fork);
    return new DrivenTurns(drivers.use(source), { deliver: !('alwaysNew' in variant) });
  });
  const slowEvery = Math.max(1, Math.floor(options.rounds / SLOW_TURNS));
  const references = await eachOf(options.references, async (reference) =>
    isMissing(reference) ? reference : new ReferenceTurns(reference, slowEvery),
  );
  const contenders: Contender[] = [...Object.values(driven), ...Object.values(references).filter((it) => 'turn' in it)];
  for (let round = -WARM_UP_ROUNDS; round < options.rounds; round++) {
    for (const contender of contenders) await contender.turn(round);
    contenders.reverse();
  }
  return {
    variants: await eachOf(driven, async (turns) => turns.cost()),
    references: await eachOf(references, async (it): Promise<ReferenceCost> => ('turn' in it ? it.runs() : it)),
  };
}

async function eachOf<Name extends string, Value, Result>(
  values: Readonly<Record<Name, Value>>,
  make: (value: Value, name: Name) => Promise<Result>,
): Promise<Record<Name, Result>> {
  const made: [string, Result][] = [];
  for (const [name, value] of Object.entries<Value>(values)) made.push([name, await make(value, name as Name)]);
  return Object.fromEntries(made) as Record<Name, Result>;
}

interface Contender {
  /** @param round below 0 = to warm up, not measured */
  turn(round: number): Promise<void>;
}

class DrivenTurns implements Contender {
  readonly #source: DrivenSource;
  readonly #deliver: boolean;
  #first: DrivenCycle | undefined;
  readonly #cycles: DrivenCycle[] = [];

  constructor(source: DrivenSource, { deliver }: { readonly deliver: boolean }) {
    this.#source = source;
    this.#deliver = deliver;
  }

  async turn(round: number): Promise<void> {
    const cycle = await this.#source.cycle({ deliver: this.#deliver });
    this.#first ??= cycle;
    if (round >= 0) this.#cycles.push(cycle);
  }

  cost(): VariantCost {
    if (this.#first === undefined) throw new Error('no cycle was run');
    return { first: this.#first, cycles: this.#cycles };
  }
}

class ReferenceTurns implements Contender {
  readonly #reference: Reference;
  readonly #slowEvery: number;
  readonly #cpuMillis: number[] = [];

  /** @param slowEvery in which rounds a slow one has its turn */
  constructor(reference: Reference, slowEvery: number) {
    this.#reference = reference;
    this.#slowEvery = slowEvery;
  }

  async turn(round: number): Promise<void> {
    // One round to warm up has to do for a slow one.
    if (this.#reference.slow && (round < -1 || round % this.#slowEvery > 0)) return;
    const millis = await this.#reference.read();
    if (round >= 0) this.#cpuMillis.push(millis);
  }

  runs(): ReferenceRuns {
    return { name: this.#reference.name, cpuMillis: this.#cpuMillis };
  }
}

/** What one reads the process table for: what is there, and what has changed. */
export const READING: readonly (keyof CycleCpu)[] = ['enumerate', 'diff'];

/** Median of each phase. */
export function medianPhases(cycles: readonly DrivenCycle[]): CycleCpu {
  const of = (phase: keyof CycleCpu) => median(cycles.map(({ cpuMillis }) => cpuMillis[phase]));
  return { enumerate: of('enumerate'), diff: of('diff'), commit: of('commit'), deliver: of('deliver') };
}

/** Median of the sums of some phases, which is not the sum of their medians. */
export function medianSum(cycles: readonly DrivenCycle[], phases: readonly (keyof CycleCpu)[] = PHASES): number {
  return median(cycles.map((cycle) => sumOf(cycle, phases)));
}

/** Median of what some phases cost by the processes the cycle saw. */
export function medianPerProcess(cycles: readonly DrivenCycle[], phases: readonly (keyof CycleCpu)[] = PHASES): number {
  return median(cycles.map((cycle) => sumOf(cycle, phases) / cycle.processes));
}

/** Seen by all cycles, median. */
export function medianProcesses({ variants }: CycleCost): number {
  return median(Object.values(variants).flatMap(({ cycles }) => cycles.map(({ processes }) => processes)));
}

function sumOf({ cpuMillis }: DrivenCycle, phases: readonly (keyof CycleCpu)[]): number {
  return phases.reduce((sum, phase) => sum + cpuMillis[phase], 0);
}
