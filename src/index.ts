/** The library: what an application needs to run event sources, and to write its own. */
export type { Clock } from './base/clock.ts';
export { ERROR_CODES, type ErrorCode, ProcmondError } from './base/errors.ts';
export type { GivenUpSum } from './base/given-up.ts';
export type { LogFields, Logger } from './base/logger.ts';
export type {
  CollectorObserver,
  CommitReport,
  CommittedCycle,
  CycleReport,
  ExportBlock,
  ExportReport,
  FailedCycle,
  FileReadReport,
  HashFailureReason,
  HashReportOutcome,
  TriggerOutcome,
} from './base/observer.ts';
export { Collector, type CollectorOptions, type SourceStatus } from './collector/collector.ts';
export type {
  CommitReceipt,
  EventBatch,
  EventSink,
  EventSource,
  SourceHealth,
  TriggerAnswers,
  TriggerContext,
  TriggerDecision,
  TriggerOrigin,
} from './collector/event-source.ts';
export { InvalidTriggerError } from './collector/invalid-trigger-error.ts';
export { SourceCaps } from './collector/source-caps.ts';
export type * from './event/collection-event.ts';
export type { CommittedEvent } from './event/committed-event.ts';
export { BUILT_IN_RULES, type BuiltInRule } from './event/finding-rules.ts';
export type { ProcessEvent, ProcessMetadata } from './event/process-event.ts';
export type { ExpectedProcess, OwnRule, RuleSettings, RuleTrigger, SuspiciousChildren } from './event/rule-settings.ts';
export {
  ANALYSIS_TYPES,
  type AnalysisType,
  TRIGGER_PRIORITIES,
  type TriggeredProcess,
  type TriggerPriority,
  type TriggerProblem,
  type TriggerRequest,
} from './event/trigger-request.ts';
export { BinaryHasher, type BinaryHasherOptions } from './hasher/binary-hasher.ts';
export { FAILURE_CODES, type FailureCode } from './hasher/failure-code.ts';
export { HashEngine, type HashEngineOptions, type HashOutcome, type HashRequest } from './hasher/hash-engine.ts';
export { Health } from './metrics/health.ts';
export { Metrics } from './metrics/metrics.ts';
export { type MetricsServer, startMetricsServer } from './metrics/server.ts';
export { OutboxLogRecordProcessor } from './otlp/outbox-log-record-processor.ts';
export type { Enumeration, EnumerationRequest, Process, ProcessEnumerator } from './process/enumerate/enumerator.ts';
export {
  type EnumeratorMode,
  type SystemEnumeratorOptions,
  systemEnumerator,
} from './process/enumerate/system-enumerator.ts';
export { builtInRules, type CompiledRules, compileRules } from './process/findings/compile-rules.ts';
export { ProcessEventSource, type ProcessSourceParts } from './process/process-event-source.ts';
export type { ProcessSourceConfig } from './process/process-source-config.ts';
export {
  type CommandLineMode,
  createRedactor,
  type Redactor,
  type RedactorOptions,
  type TextLimits,
} from './process/redact/redactor.ts';
export { SnapshotStore, type StoreOptions } from './store/snapshot-store.ts';
export type { Delivered, Subscription } from './topics/subscription.ts';
export type { SubscribeOptions } from './topics/topic-bus.ts';
