import type { GivenUpSum } from './given-up.ts';

/**
 * What the running parts tell about themselves, for gauges, status lines and tests. Called synchronously after the fact;
 * an observer must not throw.
 */
export interface CollectorObserver {
  cycleEnded?(report: CycleReport): void;
  committed?(report: CommitReport): void;
  /** Called after a commit that gave records up, with what it gave up. */
  gaveUp?(sums: readonly GivenUpSum[]): void;
  exported?(report: ExportReport): void;
  /** Called whenever what stands between the outbox and the endpoint changes; undefined = nothing does. */
  exportBlocked?(block: ExportBlock | undefined): void;
  /** Called for each outcome that requests for analyses meet; one meets several on its way. */
  triggered?(outcome: TriggerOutcome, count: number): void;
  /** Called for each request of a hash, when it has its answer. */
  hashed?(outcome: HashReportOutcome): void;
  /** Called for each file that was read to hash it, to its end or not. */
  fileRead?(report: FileReadReport): void;
  /** Called every few seconds with what procmond used of its budget. */
  budgetJudged?(report: BudgetReport): void;
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
  /** `hash` is the waiting for hashes, absent where none are made. */
  readonly phaseMillis: {
    readonly enumerate: number;
    readonly hash?: number;
    readonly diff: number;
    readonly commit: number;
  };
  /** Why nothing was compared; absent in an ordinary cycle. */
  readonly baseline?: string;
  /** How far the wall clock is from where it was when this boot was first seen; absent where it is there. */
  readonly clockOffsetMillis?: number;
  readonly processes: number;
  readonly processesByState: Readonly<Record<ProcessState, number>>;
  readonly threads: number;
  readonly observed: number;
  readonly started: number;
  readonly stopped: number;
  readonly changed: number;
  readonly findings: number;
  /** Conditions of own rules that could not be evaluated for a process. */
  readonly ruleErrors: number;
  /** Whether each entry of the watch list is up, by its name. */
  readonly expectedProcesses: ReadonlyMap<string, boolean>;
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
  /** Given up to keep the outbox within its bound, or because what the store holds of them is damaged. */
  readonly discarded: TopicCounts;
  /** Given up because they had waited longer than they may. */
  readonly expired: TopicCounts;
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
  /** When the next attempt is due, on the monotonic clock: a wall clock that is set moves no attempt. */
  readonly retryAtMonotonicMillis: number;
}

/** Why a file has no hash; label values of `procmond_hash_failures_total`. */
export const HASH_FAILURE_REASONS = [
  'gone',
  'denied',
  'not_a_file',
  'replaced',
  'changed',
  'too_large',
  'timeout',
  'exhausted',
  'unreadable',
  'internal',
] as const;

/**
 * `replaced`: it was another version before it was opened. `changed`: while it was read. `timeout`: also given up, by who
 * asked or by a stop. `exhausted`: too many open files, or requests. `unreadable`: any other refusal of the system.
 */
export type HashFailureReason = (typeof HASH_FAILURE_REASONS)[number];

/** `cached`: known from before, without reading the file. */
export type HashReportOutcome = 'hashed' | 'cached' | HashFailureReason;

export interface FileReadReport {
  readonly readBytes: number;
  /** Reading and hashing, without the pauses of the rate limit. */
  readonly seconds: number;
}

/** What becomes of requests for analyses; label values of `procmond_triggers_total`. */
export const TRIGGER_OUTCOMES = [
  'published',
  'delivered',
  'no_target',
  'answered',
  'failed',
  'expired',
  'deduplicated',
  'rate_limited',
  'queue_full',
] as const;

/**
 * `published` as a record; then `delivered` to a source of this procmond, or `no_target`: left to who reads the topic.
 * What is delivered is `answered`, has `failed` (the source threw), or `expired` (not within its deadline, or the end
 * came). `deduplicated`, `rate_limited` and `queue_full` are refused instead, and not published.
 */
export type TriggerOutcome = (typeof TRIGGER_OUTCOMES)[number];

/** How procmond stands to its budget, from well to ill; label values of `procmond_budget_state`. */
export const BUDGET_STATES = ['kept', 'eased', 'paused', 'exceeded'] as const;

/**
 * `eased`: work that can be done without for a while is done more slowly. `paused`: as far as possible not at all.
 * `exceeded`: and that is not enough.
 */
export type BudgetState = (typeof BUDGET_STATES)[number];

export interface BudgetReport {
  readonly state: BudgetState;
  /** What is slowed, as a phrase; empty where nothing is. */
  readonly slowed: string;
  /** Percent of one core, averaged over a minute; a budget of 0 is none. */
  readonly cpu: { readonly used: number; readonly budget: number; readonly share: number };
  /** Bytes of anonymous memory; `used` is undefined where the system does not tell. */
  readonly memory: { readonly used: number | undefined; readonly budget: number; readonly share: number };
}
