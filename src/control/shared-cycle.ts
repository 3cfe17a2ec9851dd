/**
 * Runs cycles that are asked for, at most one behind the one that runs: who asks while one runs shares the next, since the
 * one that runs may have read the process they ask about already.
 */
export class SharedCycle<Report> {
  readonly #run: () => Promise<Report>;
  #running: Promise<unknown> = Promise.resolve();
  #next: Promise<Report> | undefined;

  constructor(run: () => Promise<Report>) {
    this.#run = run;
  }

  request(): Promise<Report> {
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      const cycle = this.#run();
      this.#running = cycle.catch(() => {});
      return cycle;
    });
    return this.#next;
  }
}
