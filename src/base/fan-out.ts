import type { CollectorObserver } from './observer.ts';

/** One observer that tells all of them, in this order. */
export function fanOut(observers: readonly CollectorObserver[]): Required<CollectorObserver> {
  return {
    cycleEnded: (report) => observers.forEach((observer) => observer.cycleEnded?.(report)),
    committed: (report) => observers.forEach((observer) => observer.committed?.(report)),
    gaveUp: (sums) => observers.forEach((observer) => observer.gaveUp?.(sums)),
    exported: (report) => observers.forEach((observer) => observer.exported?.(report)),
    exportBlocked: (block) => observers.forEach((observer) => observer.exportBlocked?.(block)),
    triggered: (outcome, count) => observers.forEach((observer) => observer.triggered?.(outcome, count)),
    hashed: (outcome) => observers.forEach((observer) => observer.hashed?.(outcome)),
    fileRead: (report) => observers.forEach((observer) => observer.fileRead?.(report)),
    budgetJudged: (report) => observers.forEach((observer) => observer.budgetJudged?.(report)),
  };
}
