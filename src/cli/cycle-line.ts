import type { LogFields } from '../base/logger.ts';
import type { CommittedCycle, ExportBlock } from '../base/observer.ts';

export interface CycleLineInput {
  readonly cycle: CommittedCycle;
  readonly outboxRecords: number;
  readonly block: ExportBlock | undefined;
  readonly nowMonotonicMillis: number;
}

/** A cycle in one sentence, for people. What keeps records from leaving has been said in full when it began. */
export function cycleSentence({ cycle, outboxRecords, block, nowMonotonicMillis }: CycleLineInput): string {
  const news = `${cycle.started} started, ${cycle.stopped} stopped, ${cycle.changed} changed`;
  const found = cycle.findings === 0 ? '' : `, ${cycle.findings} findings`;
  const what = cycle.baseline === undefined ? news : `first look (${cycle.baseline.replaceAll('_', ' ')})`;
  const cost = `in ${Math.round(cycle.durationMillis)} ms`;
  const waiting = outboxRecords === 0 ? 'outbox empty' : `${outboxRecords} records in the outbox`;
  const why =
    block === undefined
      ? ''
      : ` (${block.reason}; ${nextTry(secondsUntil(block.retryAtMonotonicMillis, nowMonotonicMillis))})`;
  return `${cycle.processes} processes, ${what}${found} ${cost}; ${waiting}${why}`;
}

/** The same for programs. */
export function cycleFields({ cycle, outboxRecords, block, nowMonotonicMillis }: CycleLineInput): LogFields {
  return {
    cycleId: cycle.cycleId,
    processes: cycle.processes,
    observed: cycle.observed,
    started: cycle.started,
    stopped: cycle.stopped,
    changed: cycle.changed,
    findings: cycle.findings,
    vanished: cycle.vanished,
    durationMillis: Math.round(cycle.durationMillis),
    ...(cycle.baseline !== undefined && { baseline: cycle.baseline }),
    outboxRecords,
    ...(block !== undefined && {
      exportBlockedReason: block.reason,
      exportBlockedMessage: block.message,
      exportRetrySeconds: secondsUntil(block.retryAtMonotonicMillis, nowMonotonicMillis),
    }),
  };
}

function nextTry(seconds: number): string {
  return seconds === 0 ? 'trying now' : `next try in ${seconds} s`;
}

function secondsUntil(atMillis: number, nowMillis: number): number {
  return Math.max(0, Math.round((atMillis - nowMillis) / 1000));
}
