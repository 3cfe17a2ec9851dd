import type { CollectorObserver, FileReadReport, HashReportOutcome } from '../../src/base/observer.ts';

/** What an engine tells about itself. */
export class HashReport implements CollectorObserver {
  readonly outcomes: HashReportOutcome[] = [];
  readonly reads: FileReadReport[] = [];

  get readBytes(): number {
    return this.reads.reduce((sum, { readBytes }) => sum + readBytes, 0);
  }

  hashed(outcome: HashReportOutcome): void {
    this.outcomes.push(outcome);
  }

  fileRead(report: FileReadReport): void {
    this.reads.push(report);
  }
}
