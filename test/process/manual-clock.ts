import type { Clock } from '../../src/base/clock.ts';

interface Waiter {
  readonly dueAt: number;
  readonly done: () => void;
}

/** Time that moves when it is told to. The wall clock may be set apart from the monotonic one. */
export class ManualClock implements Clock {
  #monotonicMillis = 1_000_000;
  #wallOffsetMillis: number;
  #waiters: Waiter[] = [];

  constructor(wallMillis = Date.UTC(2026, 10, 23, 12)) {
    this.#wallOffsetMillis = wallMillis - this.#monotonicMillis;
  }

  wallMillis(): number {
    return this.#monotonicMillis + this.#wallOffsetMillis;
  }

  monotonicMillis(): number {
    return this.#monotonicMillis;
  }

  delay(millis: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted || millis <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const waiter: Waiter = { dueAt: this.#monotonicMillis + millis, done: () => resolve() };
      this.#waiters.push(waiter);
      const cut = () => {
        this.#waiters = this.#waiters.filter((other) => other !== waiter);
        resolve();
      };
      signal?.addEventListener('abort', cut, { once: true });
    });
  }

  /** How long until the first delay ends; undefined when nobody waits. */
  get nextDelayMillis(): number | undefined {
    if (this.#waiters.length === 0) return undefined;
    return Math.min(...this.#waiters.map(({ dueAt }) => dueAt)) - this.#monotonicMillis;
  }

  advance(millis: number): void {
    this.#monotonicMillis += millis;
    const over = this.#waiters.filter(({ dueAt }) => dueAt <= this.#monotonicMillis);
    this.#waiters = this.#waiters.filter((waiter) => !over.includes(waiter));
    for (const { done } of over) done();
  }

  stepWall(millis: number): void {
    this.#wallOffsetMillis += millis;
  }
}
