import type { Clock } from '../base/clock.ts';
import { newPace, setBytesPerSecond } from './byte-pace.ts';
import { HashThread } from './hash-thread.ts';
import type { HashJob, HashJobResult } from './hash-worker.ts';

export interface HashThreadsOptions {
  readonly clock: Clock;
  /** Of all threads together; 0 = no limit. */
  readonly bytesPerSecond: number;
}

/** Files come in bursts: a thread waits this long for the next one before it ends. */
const IDLE_MILLIS = 2_000;

/** Threads that are started when there is something to hash, and ended when there is nothing. */
export class HashThreads {
  readonly #options: HashThreadsOptions;
  readonly #pace: BigInt64Array;
  readonly #alive = new Set<HashThread>();
  /** Each with what ends its waiting. */
  readonly #idle = new Map<HashThread, AbortController>();
  #closed = false;

  constructor(options: HashThreadsOptions) {
    this.#options = options;
    this.#pace = newPace(options.bytesPerSecond);
  }

  /** How many run. */
  get count(): number {
    return this.#alive.size;
  }

  /** Of all threads together, those that read included; 0 = no limit. */
  setBytesPerSecond(bytesPerSecond: number): void {
    setBytesPerSecond(this.#pace, bytesPerSecond);
  }

  /**
   * On a thread of its own until the answer. How many there are at once is the caller's to limit.
   * @throws {Error} when no thread could be started, or it ended
   */
  async hash(job: HashJob, signal: AbortSignal): Promise<HashJobResult> {
    const thread = this.#take();
    try {
      return await thread.hash(job, signal);
    } finally {
      this.#give(thread);
    }
  }

  /** May be called twice. What is being hashed must have been cancelled. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#idle.keys()].map((thread) => this.#end(thread)));
  }

  #take(): HashThread {
    for (const [thread, waiting] of this.#idle) {
      this.#idle.delete(thread);
      waiting.abort();
      if (!thread.ended) return thread;
      this.#alive.delete(thread);
    }
    const thread = new HashThread({ pace: this.#pace });
    this.#alive.add(thread);
    return thread;
  }

  #give(thread: HashThread): void {
    if (this.#closed || thread.ended) {
      void this.#end(thread);
      return;
    }
    const waiting = new AbortController();
    this.#idle.set(thread, waiting);
    void this.#endUnlessTaken(thread, waiting.signal);
  }

  async #endUnlessTaken(thread: HashThread, taken: AbortSignal): Promise<void> {
    await this.#options.clock.delay(IDLE_MILLIS, taken);
    if (!taken.aborted) await this.#end(thread);
  }

  async #end(thread: HashThread): Promise<void> {
    this.#idle.get(thread)?.abort();
    this.#idle.delete(thread);
    this.#alive.delete(thread);
    await thread.end();
  }
}
