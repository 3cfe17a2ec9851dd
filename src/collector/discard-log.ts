import type { Clock } from '../base/clock.ts';
import { type GivenUpSum, GivenUpSums, givenUpKey } from '../base/given-up.ts';
import type { Logger } from '../base/logger.ts';
import { discardText } from '../event/discard-text.ts';

/**
 * Says in the log what commits give up: the records that tell it wait in the same outbox, behind the same endpoint. A line
 * for each topic and reason when that begins, then one a minute at most, with the sum since the last one.
 */
export class DiscardLog {
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #everyMillis: number;
  readonly #untold = new GivenUpSums();
  /** By reason and topic, on the monotonic clock. */
  readonly #toldAtMillis = new Map<string, number>();

  constructor({ logger, clock, everyMillis }: { logger: Logger; clock: Clock; everyMillis: number }) {
    this.#logger = logger;
    this.#clock = clock;
    this.#everyMillis = everyMillis;
  }

  /** To be called after each commit, also after one that gave nothing up: what is untold may be due. */
  committed(sums: readonly GivenUpSum[]): void {
    for (const sum of sums) this.#untold.add(sum);
    const nowMillis = this.#clock.monotonicMillis();
    for (const sum of this.#untold.all()) {
      const { topic, reason, count, first, last } = sum;
      const key = givenUpKey(sum);
      const toldAtMillis = this.#toldAtMillis.get(key);
      if (toldAtMillis !== undefined && nowMillis - toldAtMillis < this.#everyMillis) continue;
      this.#untold.remove(sum);
      this.#toldAtMillis.set(key, nowMillis);
      this.#logger.warn(discardText(sum), { class: topic, reason, count, first, last });
    }
  }
}
