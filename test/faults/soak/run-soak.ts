import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { SnapshotStore } from '../../../src/store/snapshot-store.ts';
import { seededRandom } from '../../fake/seeded-random.ts';
import { DeliveredRecords, type DeliveryBalance } from './delivered-records.ts';
import { ShortLives } from './short-lives.ts';
import type { SoakOptions } from './soak-options.ts';
import { type Holdings, SoakedProcmond } from './soaked-procmond.ts';
import { UnreliableEndpoint } from './unreliable-endpoint.ts';

/**
 * It is killed in the first part of the time only. The last life has a tenth of the time to warm up, and is watched in
 * the second half: what a process keeps can be told only of one that lives.
 */
const KILLED_UNTIL = 0.4;
const WATCHED_FROM = 0.5;

const KILL_MILLIS = { least: 4_000, most: 40_000 };
const RELOAD_MILLIS = { least: 10_000, most: 30_000 };
const LOOK_MILLIS = 2_000;
/** Seconds between two cycles, by turns. */
const INTERVALS = [5, 6];

export interface TimedHoldings extends Holdings {
  /** Since the beginning of the soak. */
  readonly atSeconds: number;
}

export interface SoakResult {
  readonly seconds: number;
  readonly lives: number;
  readonly reloads: number;
  readonly outages: ReadonlyMap<string, number>;
  readonly balance: DeliveryBalance;
  /** Delivered, by event name. */
  readonly eventNames: ReadonlyMap<string, number>;
  /** Of the last life, in the second half. */
  readonly watched: readonly TimedHoldings[];
  /** What the last life ended with. */
  readonly exit: number | string | null;
  /** Lines of the level ERROR, of all lives. */
  readonly errors: readonly string[];
}

/**
 * Runs the real program beside processes that come and go, an endpoint that has outages, kills and reloads.
 * @throws {Error} with its log when it ends by itself
 */
export async function runSoak(
  t: Pick<TestContext, 'after'>,
  options: SoakOptions & {
    readonly directory: string;
    /** What is needed once and then kept (compiled code, arenas of malloc) is there after some hundreds of them. */
    readonly warmUpCycles?: number;
    readonly looked?: (holdings: TimedHoldings) => void;
  },
): Promise<SoakResult> {
  const { directory, seed, warmUpCycles = 0 } = options;
  const millis = options.minutes * 60_000;
  const records = new DeliveredRecords();
  const endpoint = await UnreliableEndpoint.start(t, records);
  const over = new AbortController();
  const suffering = endpoint.run(seededRandom(seed + 1), over.signal);
  await using _lives = await ShortLives.start({ perSecond: options.processesPerSecond, seed, directory });
  const soak = new Soak({ directory, endpoint: endpoint.url, random: seededRandom(seed), looked: options.looked });
  try {
    await soak.killUntil(millis * KILLED_UNTIL);
    await soak.liveUntil(millis * WATCHED_FROM, millis, { warmUpCycles });
  } finally {
    over.abort();
    await suffering;
    await soak.stop();
  }
  endpoint.collect();
  const left = await leftInOutbox(join(directory, 'data'));
  return {
    seconds: soak.seconds,
    lives: soak.lives,
    reloads: soak.reloads,
    outages: endpoint.outages,
    balance: records.balance(left.lastSeq, left.waiting),
    eventNames: records.eventNames,
    watched: soak.watched,
    exit: soak.exit,
    errors: soak.errors,
  };
}

interface SoakParts {
  readonly directory: string;
  readonly endpoint: string;
  readonly random: () => number;
  readonly looked: ((holdings: TimedHoldings) => void) | undefined;
}

/** The lives of one procmond. */
class Soak {
  lives = 0;
  reloads = 0;
  exit: number | string | null = null;
  readonly watched: TimedHoldings[] = [];
  readonly errors: string[] = [];
  readonly #startedAt = performance.now();
  readonly #options: SoakParts;
  #life: SoakedProcmond | undefined;

  constructor(options: SoakParts) {
    this.#options = options;
  }

  get seconds(): number {
    return this.#millis / 1_000;
  }

  /** Starts it, kills it at a random moment, and so on. */
  async killUntil(endMillis: number): Promise<void> {
    for (;;) {
      const life = await this.#start();
      const killAt = this.#millis + this.#between(KILL_MILLIS);
      if (killAt > endMillis) return;
      await this.#reloadUntil(life, killAt);
      await life.kill();
      this.errors.push(...life.errors);
    }
  }

  /** Leaves the present life alone, but for reloads, and looks at what it holds from a moment on. */
  async liveUntil(
    watchFromMillis: number,
    endMillis: number,
    { warmUpCycles }: { readonly warmUpCycles: number },
  ): Promise<void> {
    const life = this.#life ?? (await this.#start());
    await life.untilSeeing();
    if (warmUpCycles > 0) {
      await life.warmUp(warmUpCycles, INTERVALS[0] as number, () => this.#millis < watchFromMillis);
    }
    await this.#reloadUntil(life, watchFromMillis);
    let reloadAt = this.#millis + this.#between(RELOAD_MILLIS);
    while (this.#millis < endMillis) {
      const holdings = { atSeconds: this.seconds, ...(await life.holdings()) };
      this.watched.push(holdings);
      this.#options.looked?.(holdings);
      if (this.#millis >= reloadAt) {
        this.#reload(life);
        reloadAt += this.#between(RELOAD_MILLIS);
      }
      await delay(LOOK_MILLIS);
    }
  }

  async stop(): Promise<void> {
    const life = this.#life;
    if (life === undefined) return;
    this.exit = await life.stop();
    this.errors.push(...life.errors);
  }

  get #millis(): number {
    return performance.now() - this.#startedAt;
  }

  async #start(): Promise<SoakedProcmond> {
    const { directory, endpoint } = this.#options;
    this.lives += 1;
    this.#life = await SoakedProcmond.start({ directory, endpoint, seconds: INTERVALS[0] as number });
    return this.#life;
  }

  async #reloadUntil(life: SoakedProcmond, endMillis: number): Promise<void> {
    for (;;) {
      const pause = this.#between(RELOAD_MILLIS);
      await delay(Math.max(0, Math.min(pause, endMillis - this.#millis)));
      if (life.ended) throw new Error(`procmond ended by itself:\n${life.log}`);
      if (this.#millis >= endMillis) return;
      this.#reload(life);
    }
  }

  #reload(life: SoakedProcmond): void {
    this.reloads += 1;
    life.reload(INTERVALS[this.reloads % INTERVALS.length] as number);
  }

  #between({ least, most }: { readonly least: number; readonly most: number }): number {
    return least + this.#options.random() * (most - least);
  }
}

async function leftInOutbox(directory: string) {
  const store = await SnapshotStore.open({ directory });
  try {
    const waiting = store.outbox.take({ maxRecords: 1e7, maxBytes: 1e10, acrossTopics: true });
    return { lastSeq: store.outbox.nextSeq - 1, waiting: new Set(waiting.map(({ seq }) => seq)) };
  } finally {
    await store.close();
  }
}
