import type { Clock } from '../../base/clock.ts';
import type { Layout } from '../layout.ts';

const RUN_MILLIS_KEY = 'run_millis';

/**
 * How long procmond has run on this store, all its runs together, in milliseconds. It stands still while procmond is
 * down, and no step of the wall clock moves it. A run that is killed loses what it has not saved: something is taken
 * for younger then, never for older.
 */
export class RunningTime {
  readonly #layout: Layout;
  readonly #clock: Clock;
  /** Of the runs before this one. */
  readonly #earlierMillis: number;
  readonly #startedAtMillis: number;

  constructor(layout: Layout, clock: Clock) {
    this.#layout = layout;
    this.#clock = clock;
    this.#earlierMillis = (layout.meta.get(RUN_MILLIS_KEY) as number | undefined) ?? 0;
    this.#startedAtMillis = clock.monotonicMillis();
  }

  /** Whole milliseconds. */
  get millis(): number {
    return this.#earlierMillis + Math.round(this.#clock.monotonicMillis() - this.#startedAtMillis);
  }

  /** Belongs into a transaction. */
  save(): void {
    this.#layout.meta.putSync(RUN_MILLIS_KEY, this.millis);
  }
}
