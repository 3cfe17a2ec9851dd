import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../base/clock.ts';

/** Gives the event loop a turn between slices of work. */
export class Pace {
  static readonly sliceMillis = 4;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  #sliceEndsAt: number;

  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
    this.#sliceEndsAt = clock.monotonicMillis() + Pace.sliceMillis;
  }

  due(): boolean {
    return this.#clock.monotonicMillis() >= this.#sliceEndsAt;
  }

  async turn(): Promise<void> {
    await nextTurn();
    this.#signal.throwIfAborted();
    this.#sliceEndsAt = this.#clock.monotonicMillis() + Pace.sliceMillis;
  }
}
