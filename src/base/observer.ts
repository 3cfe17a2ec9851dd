/**
 * What the running parts tell about themselves, for gauges, status lines and tests. Called synchronously after the fact;
 * an observer must not throw.
 */
export interface CollectorObserver {
  cycleEnded?(report: CycleReport): void;
  committed?(report: CommitReport): void;
  exported?(report: ExportReport): void;
  /** Called whenever what stands between the outbox and the endpoint changes; undefined = nothing does. */
  exportBlocked?(block: ExportBlock | undefined): void;
}

export const PROCESS_STATES = ['running', 'sleeping', 'uninterruptible', 'idle', 'stopped', 'defunct'] as const;

export type ProcessState = (typeof PROCESS_STATES)[number];

export type CycleReport = CommittedCycle | FailedCycle;

export interface FailedCycle {
  readonly outcome: 'failed';
  readonly durationMillis: number;
  /** What failed and what to do, one line. */
  readonly message: string;
}

export interface CommittedCycle {
  readonly outcome: 'committed';
  readonly cycleId: string;
  /** Sample time, epoch milliseconds. */
  readonly sampledAtMillis: number;
  readonly durationMillis: number;
  readonly phaseMillis: { readonly enumerate: number; readonly diff: number; readonly commit: number };
  /** Why nothing was compared; absent in an ordinary cycle. */
  readonly baseline?: string;
  readonly processes: number;
  readonly processesByState: Readonly<Record<ProcessState, number>>;
  readonly threads: number;
  readonly observed: number;
  readonly started: number;
  readonly stopped: number;
  readonly changed: number;
  /** For each attribute name, how many processes the system denied it for. */
  readonly deniedFields: ReadonlyMap<string, number>;
  readonly vanished: number;
  readonly truncated: boolean;
  /** Tasks (processes and threads) the kernel created since the last committed cycle; absent in the first. */
  readonly tasksCreated?: number | undefined;
  /** Starts among them that were seen: started events with cause `live`. */
  readonly startsObserved: number;
  /** Secrets replaced in text that is new in this cycle. */
  readonly redactions: number;
}

/** Counts by topic. */
export type TopicCounts = ReadonlyMap<string, number>;

export interface CommitReport {
  readonly emitted: TopicCounts;
  /** Given up to keep the outbox within its bound. */
  readonly discarded: TopicCounts;
}

export interface ExportReport {
  readonly durationMillis: number;
  /** Accepted by the endpoint. */
  readonly acknowledged: TopicCounts;
  /** Refused for good: in the dead-letter table, or named in a partial success. */
  readonly rejected: TopicCounts;
  /** Absent when the endpoint accepted. */
  readonly failure?: ExportFailureReason;
}

/** Why an export did not succeed; label values of `procmond_export_failures_total` and `procmond_export_blocked`. */
export const EXPORT_FAILURE_REASONS = [
  'refused',
  'dns',
  'reset',
  'timeout',
  'tls',
  'unauthorized',
  'forbidden',
  'not_found',
  'redirected',
  'not_otlp',
  'rejected',
  'too_large',
  'throttled',
  'unavailable',
  'server_error',
  'other',
] as const;

export type ExportFailureReason = (typeof EXPORT_FAILURE_REASONS)[number];

export interface ExportBlock {
  readonly reason: ExportFailureReason;
  /** What the endpoint said and what to do, one line. */
  readonly message: string;
  /** When the next attempt is due, epoch milliseconds. */
  readonly retryAtMillis: number;
}
