import type { Logger } from '../base/logger.ts';

/** How far the wall clock is from where it was when this boot was first seen. */
export interface ClockOffset {
  readonly stepped: boolean;
  readonly offsetMillis: number;
}

/** A clock that wavers around the tolerance is told no more often. */
const TOLD_EVERY_MILLIS = 60_000;

export function clockMessage({ stepped, offsetMillis }: ClockOffset): string {
  return stepped
    ? `the wall clock is ${offsetMillis / 1000} s away from where it was when this boot was first seen: creation times stay on the old clock`
    : 'the wall clock is back where it was when this boot was first seen';
}

/** Says in the log that the wall clock was set, and that it is back: each once, and one a minute at most. */
export class ClockLog {
  readonly #logger: Logger;
  #told: { readonly stepped: boolean; readonly atMillis: number } = {
    stepped: false,
    atMillis: Number.NEGATIVE_INFINITY,
  };

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /**
   * To be called after each commit.
   * @param nowMillis on the monotonic clock
   */
  committed(offset: ClockOffset, nowMillis: number): void {
    const { stepped } = offset;
    if (stepped === this.#told.stepped || nowMillis - this.#told.atMillis < TOLD_EVERY_MILLIS) return;
    this.#told = { stepped, atMillis: nowMillis };
    if (stepped) this.#logger.warn(clockMessage(offset));
    else this.#logger.info(clockMessage(offset));
  }
}
