import { type ResidentMemory, residentMemory } from './process-figures.ts';

const SAMPLE_MILLIS = 50;

/** The largest that was seen of a process, every 50 ms, until it is disposed of. */
export class PeakMemory implements Disposable {
  readonly #pid: number;
  readonly #sampling: NodeJS.Timeout;
  #peak: ResidentMemory;

  constructor(pid: number) {
    this.#pid = pid;
    this.#peak = residentMemory(pid);
    this.#sampling = setInterval(() => this.#sample(), SAMPLE_MILLIS);
  }

  /** What the process has now, and the largest it had. */
  read(): { readonly memory: ResidentMemory; readonly peakMemory: ResidentMemory } {
    const memory = this.#sample();
    return { memory, peakMemory: this.#peak };
  }

  #sample(): ResidentMemory {
    const now = residentMemory(this.#pid);
    this.#peak = {
      anonymousBytes: Math.max(this.#peak.anonymousBytes, now.anonymousBytes),
      residentBytes: Math.max(this.#peak.residentBytes, now.residentBytes),
    };
    return now;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#sampling);
  }
}
