import { EventEmitter, once } from 'node:events';
import type { Clock } from '../../src/base/clock.ts';

interface Sleeper {
  readonly dueAtMillis: number;
  readonly wake: () => void;
}

/** A clock that stands still until it is moved. */
export class ManualClock implements Clock {
  #wall = Date.UTC(2026, 0, 2, 3, 4, 5);
  #monotonic = 1_000_000;
  readonly #sleepers = new Set<Sleeper>();
  readonly #changes = new EventEmitter();

  wallMillis(): number {
    return this.#wall;
  }

  monotonicMillis(): number {
    return this.#monotonic;
  }

  delay(millis: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const sleeper = { dueAtMillis: this.#monotonic + Math.max(0, millis), wake: () => done() };
      const done = () => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', done, { once: true });
      this.#changes.emit('change');
    });
  }

  /** How long each of those who wait has still to wait, shortest first. */
  get delays(): readonly number[] {
    return [...this.#sleepers].map(({ dueAtMillis }) => dueAtMillis - this.#monotonic).sort((a, b) => a - b);
  }

  /** Resolves with how long, as soon as somebody waits that long. */
  async sleeping(isIt: (millis: number) => boolean): Promise<number> {
    for (;;) {
      const millis = this.delays.find(isIt);
      if (millis !== undefined) return millis;
      await once(this.#changes, 'change');
    }
  }

  /** Moves time forward and wakes, in order, those whose time has come. */
  advance(millis: number): void {
    this.#wall += millis;
    this.#monotonic += millis;
    const due = [...this.#sleepers].filter(({ dueAtMillis }) => dueAtMillis <= this.#monotonic);
    for (const { wake } of due.sort((a, b) => a.dueAtMillis - b.dueAtMillis)) wake();
  }

  /** Somebody sets the wall clock. */
  stepWall(millis: number): void {
    this.#wall += millis;
  }
}
