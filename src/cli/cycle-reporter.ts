import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { CollectorObserver, CycleReport, ExportBlock } from '../base/observer.ts';
import type { Config } from '../config/config.ts';
import { cycleFields, cycleSentence } from './cycle-line.ts';

interface CycleReporterOptions {
  readonly config: Pick<Config, 'logFormat'>;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** One line per cycle: what was seen, and what keeps it from leaving. */
export class CycleReporter implements CollectorObserver {
  readonly #options: CycleReporterOptions;
  readonly #outboxRecords: () => number;
  readonly #told: (sentence: string) => void;
  #block: ExportBlock | undefined;

  /** @param told is given the sentence of each cycle too */
  constructor(options: CycleReporterOptions, outboxRecords: () => number, told: (sentence: string) => void = () => {}) {
    this.#options = options;
    this.#outboxRecords = outboxRecords;
    this.#told = told;
  }

  cycleEnded(cycle: CycleReport): void {
    // What failed has been logged where it failed.
    if (cycle.outcome === 'failed') return this.#told(`the last cycle failed: ${cycle.message}`);
    const { config, logger, clock } = this.#options;
    const line = {
      cycle,
      outboxRecords: this.#outboxRecords(),
      block: this.#block,
      nowMonotonicMillis: clock.monotonicMillis(),
    };
    const sentence = cycleSentence(line);
    this.#told(sentence);
    if (config.logFormat === 'json') logger.info('cycle committed', cycleFields(line));
    else logger.info(sentence);
  }

  exportBlocked(block: ExportBlock | undefined): void {
    this.#block = block;
  }
}
