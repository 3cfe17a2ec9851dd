import type { CycleReport } from '../base/observer.ts';
import type { CommittedEvent } from '../event/committed-event.ts';
import type { ProcessEvent } from '../event/process-event.ts';
import type {
  AnalysisReceipt,
  AnalysisRequest,
  HealthReport,
  IntervalReport,
  OutboxReport,
  ReloadReport,
  RetryReport,
  SettingReport,
  SourceReport,
  StatusReport,
} from './protocol.ts';

/**
 * What the control socket needs of a running procmond. What throws a `ProcmondError` of a code that blames the request is
 * answered with 400 and its message, any other error with 500.
 */
export interface ControlledAgent {
  health(): HealthReport;
  status(): StatusReport;
  sources(): readonly SourceReport[];
  settings(): readonly SettingReport[];
  /** undefined before the first cycle that was ever committed. */
  processes(): AgentProcesses | undefined;
  /** Runs a cycle as soon as none runs. undefined when a stop ended it. */
  runCycle(): Promise<CycleReport | undefined>;
  /** @throws {ProcmondError} CONFIG_INVALID */
  setInterval(intervalMillis: number): IntervalReport;
  reload(): Promise<
    { readonly ok: true; readonly report: ReloadReport } | { readonly ok: false; readonly problems: readonly string[] }
  >;
  outbox(): OutboxReport;
  retryDeadLetters(): RetryReport;
  /** Begins a graceful stop. */
  stop(): void;
  /** @throws {ProcmondError} for an illegal pattern */
  subscribe(pattern: string, options: { readonly maxQueued: number }): EventSubscription;
  /** @throws {ProcmondError} for what cannot be asked */
  requestAnalysis(request: AnalysisRequest): AnalysisDecision;
}

/** The process table as of the last committed cycle. */
export interface AgentProcesses {
  readonly cycleId: string;
  /** Epoch milliseconds. */
  readonly sampledAtMillis: number;
  readonly processes: Iterable<ProcessEvent>;
}

export interface EventSubscription
  extends AsyncIterable<{
    readonly message: CommittedEvent;
    /** How many are missing between the one before and this one. */
    readonly dropped: number;
  }> {
  /** Ends an iteration; may be called twice. */
  close(): void;
}

/** What became of a request for an analysis. */
export type AnalysisDecision =
  /** `delivered` to a source of this procmond, or left to who reads the topic. */
  | { readonly outcome: 'delivered' | 'no_target'; readonly receipt: AnalysisReceipt }
  /** Nothing was recorded. */
  | { readonly outcome: 'no_process' | 'deduplicated' | 'rate_limited' | 'queue_full' };
