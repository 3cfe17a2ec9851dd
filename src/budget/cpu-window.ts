/** A moment, monotonic, and the CPU time used until then. */
export interface CpuMark {
  readonly atMillis: number;
  readonly cpuSeconds: number;
}

const WINDOW_MILLIS = 60_000;

/**
 * CPU time of the last minute, as percent of one core. Before there is a minute, what was used is set against a whole
 * one: an average that is certain to come, so that it can be acted on before it has.
 */
export class CpuWindow {
  /** Oldest first; the first one is as old as the window, or older. */
  readonly #marks: CpuMark[] = [];

  /** @returns the average, with `mark` as its end */
  percent(mark: CpuMark): number {
    this.#marks.push(mark);
    while ((this.#marks[1]?.atMillis ?? Number.POSITIVE_INFINITY) <= mark.atMillis - WINDOW_MILLIS) this.#marks.shift();
    const from = this.#marks[0] ?? mark;
    const millis = Math.max(WINDOW_MILLIS, mark.atMillis - from.atMillis);
    return (100_000 * (mark.cpuSeconds - from.cpuSeconds)) / millis;
  }
}
