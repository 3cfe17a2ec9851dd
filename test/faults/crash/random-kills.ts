import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { FAULT_POINTS, type FaultPoint } from '../../../src/base/fault-point.ts';
import { bundleProgram } from '../../fake/fault-point-program.ts';
import { ACCEPT, type Answer, status } from '../../fake/otlp-endpoint.ts';
import { seededRandom } from '../../fake/seeded-random.ts';
import { CONTROL_LINE, CrashWorld, type Run } from './crash-world.ts';
import type { LedgerFigures } from './record-ledger.ts';

export interface RandomKillOptions {
  readonly kills: number;
  readonly seed: number;
  /** Told after each kill. */
  readonly progress?: (summary: KillSummary) => void;
}

export interface KillSummary {
  readonly kills: number;
  /** How often each step was the last one that was passed, in the order of a run; `nothing` before the first. */
  readonly byLastStep: ReadonlyMap<string, number>;
  readonly figures: LedgerFigures;
}

const PROCESSES = 20;

/** In a run that lasts until it is killed; few more records than these wait for the endpoint at any time. */
const MOST_CYCLES = 8;
const MANY_WAIT = 1_000;

/** Some runs meet no trouble, so that deliveries get through to their end. */
const RUNS_WITHOUT_TROUBLE = 0.6;

/** Not passed in each run; the matrix has them. */
const RARE_STEPS = /^start\.(schema|instance|redaction)|evicted|^discards|^dead_letter|published/;
const STEPS = FAULT_POINTS.filter((point) => !RARE_STEPS.test(point));

/**
 * Kills procmond again and again while it runs cycles back to back against an endpoint of many moods: half of the times at
 * a random step, else at a random moment. In the end everything that was ever committed has to have arrived.
 * @throws {Error} naming kill and seed, with what did not hold as its cause
 */
export async function killAtRandom(t: TestContext, options: RandomKillOptions): Promise<KillSummary> {
  const { kills, seed, progress } = options;
  const program = join(await bundleProgram(t, { faultPoints: true }), 'main.js');
  const world = await CrashWorld.start(t, { program, processes: PROCESSES });
  const byLastStep = new Map<string, number>(['nothing', ...FAULT_POINTS].map((step) => [step, 0]));
  const summary = (done: number) => ({ kills: done, byLastStep, figures: world.ledger.figures });
  // Each has its own, for it is not known how often the endpoint is asked between two kills.
  const random = seededRandom(seed);
  const moods = seededRandom(seed + 1);
  const killer = new RandomKiller(world, random);
  let kill = 0;
  try {
    while (kill < kills) {
      world.mood = random() < RUNS_WITHOUT_TROUBLE ? () => ACCEPT : () => moody(moods());
      const { end, lastPoint = 'nothing', log } = await killer.run();
      assert.ok(end === 'SIGKILL' || end === 0, log);
      if (end === 'SIGKILL') {
        kill += 1;
        byLastStep.set(lastPoint, (byLastStep.get(lastPoint) ?? 0) + 1);
        progress?.(summary(kill));
      }
      if (world.ledger.figures.waiting > MANY_WAIT) await world.settle();
    }
    await world.settle();
  } catch (error) {
    throw new Error(`failed after ${kill} kills of the seed ${seed}`, { cause: error });
  }
  const { committed, duplicates } = world.ledger.figures;
  t.diagnostic(`${kills} kills of the seed ${seed}, ${committed} records, ${duplicates} of them again`);
  return summary(kills);
}

class RandomKiller {
  readonly #world: CrashWorld;
  readonly #random: () => number;
  /** How long these took the last time. */
  #startMillis = 300;
  #cycleMillis = 20;

  constructor(world: CrashWorld, random: () => number) {
    this.#world = world;
    this.#random = random;
  }

  /** One run, killed on its way, unless the step is not passed before it stops by itself. */
  run(): ReturnType<CrashWorld['run']> {
    if (this.#random() < 0.5) {
      const step = STEPS[Math.floor(this.#random() * STEPS.length)] as FaultPoint;
      const cycles = step.startsWith('stop.') ? 1 : MOST_CYCLES;
      const passings = step.startsWith('start.') || step.startsWith('stop.') ? 1 : 1 + Math.floor(this.#random() * 5);
      return this.#world.run((run) => this.#cyclesBackToBack(run, cycles), { kill: `${step}:${passings}` });
    }
    const afterCycles = Math.floor(this.#random() * 6) - 1;
    const part = this.#random();
    if (afterCycles >= 0) {
      return this.#world.run((run) =>
        this.#cyclesBackToBack(run, MOST_CYCLES, async (cycles) => {
          if (cycles !== afterCycles) return;
          await delay(part * this.#cycleMillis);
          await run.procmond.end('SIGKILL');
        }),
      );
    }
    return this.#world.run(async (run) => {
      const killed = delay(part * this.#startMillis).then(() => run.procmond.end('SIGKILL'));
      await Promise.all([killed, this.#cyclesBackToBack(run, MOST_CYCLES)]);
    });
  }

  /**
   * Cycles until nobody answers any more, and a stop after the last of them.
   * @param begun called as each of them begins, with the number of those before
   */
  async #cyclesBackToBack(
    { procmond, client }: Run,
    most: number,
    begun: (cycles: number) => Promise<void> = async () => {},
  ): Promise<void> {
    const startedAt = performance.now();
    await procmond.says(CONTROL_LINE);
    if (!CONTROL_LINE.test(procmond.log)) return;
    this.#startMillis = performance.now() - startedAt;
    for (let cycles = 0; cycles < most; cycles++) {
      const cycleStartedAt = performance.now();
      this.#world.host.change();
      const [answer] = await Promise.all([client.ask({ method: 'POST', path: '/v1/cycle' }), begun(cycles)]);
      if (answer.kind === 'unreachable') return;
      this.#cycleMillis = performance.now() - cycleStartedAt;
    }
    await procmond.end('SIGTERM');
  }
}

/** Well half of the time; tires the exporter out, or cuts it off, before or after it took the records, the other half. */
function moody(mood: number): Answer {
  if (mood < 0.5) return ACCEPT;
  if (mood < 0.65) return status(503, 'sending queue is full', { 'retry-after': '0' });
  if (mood < 0.7) return status(503, 'sending queue is full');
  if (mood < 0.8) return { kind: 'cut_before' };
  return { kind: mood < 0.95 ? 'cut_after' : 'cut_answer' };
}
