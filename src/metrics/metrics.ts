// The only file that knows prom-client; its successor @prometheus-io/client has the same API, so this line is the swap.
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import {
  BUDGET_STATES,
  type BudgetReport,
  type CollectorObserver,
  type CommitReport,
  type CommittedCycle,
  type CycleReport,
  EXPORT_FAILURE_REASONS,
  type ExportBlock,
  type ExportReport,
  type FileReadReport,
  type HashReportOutcome,
  PROCESS_STATES,
  type TopicCounts,
  type TriggerOutcome,
} from '../base/observer.ts';
import { TOPIC_TABLE, topicRow } from '../topics/topic-table.ts';
import {
  BUDGETED_RESOURCES,
  MAX_FURTHER_TOPICS,
  METRIC_TABLE,
  type MetricRow,
  type MetricTypes,
  OVERFLOW_TOPIC,
} from './metric-table.ts';
import { readOwnProcess } from './own-process.ts';

/** What is asked of the store at each scrape, because it moves between cycles. A call that throws becomes NaN. */
export interface LiveReader {
  outboxRecords(): number;
  outboxBytes(): number;
  /** Of the oldest event in the outbox; 0 when it is empty. */
  oldestAgeSeconds(): number;
  storeBytes(): number;
}

export interface MetricsOptions {
  /** The version of procmond. */
  readonly version: string;
  readonly live: LiveReader;
}

/**
 * The metrics of the metric table in a registry of their own, in the text format of Prometheus. Every series of a closed
 * label is there from the first scrape; how many there are does not depend on the processes of the host.
 */
export class Metrics implements CollectorObserver {
  readonly #registry = new Registry();
  readonly #metrics: Registered = register(this.#registry);
  readonly #live: LiveReader;
  readonly #topics = new Set(TOPIC_TABLE.map((row) => row.topic));

  constructor({ version, live }: MetricsOptions) {
    this.#live = live;
    this.#metrics.procmond_build_info.set({ version, node_version: process.versions.node }, 1);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** The text of a scrape. A figure that cannot be read is NaN in it. */
  render(): Promise<string> {
    // One synchronous block, as metrics() takes the gauges' values before it first waits: a scrape shows one cycle.
    this.#setLive();
    this.#setOwnProcess();
    return this.#registry.metrics();
  }

  cycleEnded(report: CycleReport): void {
    const metrics = this.#metrics;
    metrics.procmond_cycles_total.inc({ outcome: report.outcome });
    metrics.procmond_cycle_duration_seconds.set(report.durationMillis / 1000);
    if (report.outcome === 'committed') this.#setCycle(report);
  }

  committed(report: CommitReport): void {
    this.#addByTopic(this.#metrics.procmond_events_emitted_total, report.emitted);
    this.#addByTopic(this.#metrics.procmond_events_discarded_total, report.discarded);
    this.#addByTopic(this.#metrics.procmond_events_expired_total, report.expired);
  }

  exported(report: ExportReport): void {
    const metrics = this.#metrics;
    metrics.procmond_export_duration_seconds.observe(report.durationMillis / 1000);
    this.#addByTopic(metrics.procmond_events_acknowledged_total, report.acknowledged);
    this.#addByTopic(metrics.procmond_events_rejected_total, report.rejected);
    if (report.failure !== undefined) metrics.procmond_export_failures_total.inc({ reason: report.failure });
  }

  exportBlocked(block: ExportBlock | undefined): void {
    for (const reason of EXPORT_FAILURE_REASONS) {
      this.#metrics.procmond_export_blocked.set({ reason }, reason === block?.reason ? 1 : 0);
    }
  }

  triggered(outcome: TriggerOutcome, count: number): void {
    this.#metrics.procmond_triggers_total.inc({ outcome }, count);
  }

  hashed(outcome: HashReportOutcome): void {
    const metrics = this.#metrics;
    if (outcome === 'hashed') metrics.procmond_hash_files_total.inc();
    else if (outcome === 'cached') metrics.procmond_hash_cache_hits_total.inc();
    else metrics.procmond_hash_failures_total.inc({ reason: outcome });
  }

  fileRead({ readBytes, seconds }: FileReadReport): void {
    this.#metrics.procmond_hash_read_bytes_total.inc(readBytes);
    this.#metrics.procmond_hash_seconds_total.inc(seconds);
  }

  budgetJudged(report: BudgetReport): void {
    const metrics = this.#metrics;
    for (const resource of BUDGETED_RESOURCES) {
      metrics.procmond_budget_used_ratio.set({ resource }, report[resource].share);
    }
    for (const state of BUDGET_STATES) metrics.procmond_budget_state.set({ state }, state === report.state ? 1 : 0);
  }

  #setCycle(report: CommittedCycle): void {
    const metrics = this.#metrics;
    for (const state of PROCESS_STATES) metrics.procmond_processes.set({ state }, report.processesByState[state]);
    metrics.procmond_threads.set(report.threads);
    for (const [phase, millis] of Object.entries(report.phaseMillis)) {
      metrics.procmond_cycle_phase_seconds.set({ phase }, millis / 1000);
    }
    metrics.procmond_cycle_last_success_timestamp_seconds.set(report.sampledAtMillis / 1000);
    metrics.procmond_cycle_observed.set(report.observed);
    metrics.procmond_cycle_started.set(report.started);
    metrics.procmond_cycle_stopped.set(report.stopped);
    metrics.procmond_cycle_changed.set(report.changed);
    metrics.procmond_cycle_denied.set(sum(report.deniedFields.values()));
    metrics.procmond_cycle_vanished.set(report.vanished);
    metrics.procmond_cycle_truncated.set(report.truncated ? 1 : 0);
    // Never below 0, which a counter refuses: a container restored from a checkpoint can find the kernel's count lower.
    metrics.procmond_kernel_tasks_created_total.inc(Math.max(0, report.tasksCreated ?? 0));
    metrics.procmond_starts_observed_total.inc(report.startsObserved);
    metrics.procmond_redactions_total.inc(report.redactions);
    metrics.procmond_rule_errors_total.inc(report.ruleErrors);
    // A name that is no longer configured has no value any more.
    metrics.procmond_expected_process_up.reset();
    for (const [rule, up] of report.expectedProcesses) metrics.procmond_expected_process_up.set({ rule }, up ? 1 : 0);
  }

  #setLive(): void {
    const metrics = this.#metrics;
    const live = this.#live;
    metrics.procmond_outbox_records.set(numberOrNaN(() => live.outboxRecords()));
    metrics.procmond_outbox_bytes.set(numberOrNaN(() => live.outboxBytes()));
    metrics.procmond_outbox_oldest_age_seconds.set(numberOrNaN(() => live.oldestAgeSeconds()));
    metrics.procmond_store_bytes.set(numberOrNaN(() => live.storeBytes()));
  }

  #setOwnProcess(): void {
    const metrics = this.#metrics;
    const own = readOwnProcess();
    metrics.process_cpu_seconds_total.reset();
    metrics.process_cpu_seconds_total.inc(own.cpuSeconds);
    metrics.process_resident_memory_bytes.set(own.residentBytes);
    metrics.process_virtual_memory_bytes.set(own.virtualBytes);
    metrics.process_start_time_seconds.set(own.startTimeSeconds);
    metrics.process_open_fds.set(own.openFileDescriptors);
    metrics.process_max_fds.set(own.maxFileDescriptors);
  }

  #addByTopic(counter: Counter, counts: TopicCounts): void {
    for (const [topic, count] of counts) counter.inc({ topic: this.#topicLabel(topic) }, count);
  }

  #topicLabel(topic: string): string {
    const name = topicRow(topic)?.topic ?? topic;
    if (this.#topics.has(name)) return name;
    const label = this.#topics.size < TOPIC_TABLE.length + MAX_FURTHER_TOPICS ? name : OVERFLOW_TOPIC;
    if (!this.#topics.has(label)) this.#addTopic(label);
    return label;
  }

  /** A topic appears in all counters at once, so that their ratios exist. */
  #addTopic(topic: string): void {
    this.#topics.add(topic);
    this.#metrics.procmond_events_emitted_total.inc({ topic }, 0);
    this.#metrics.procmond_events_acknowledged_total.inc({ topic }, 0);
    this.#metrics.procmond_events_rejected_total.inc({ topic }, 0);
    this.#metrics.procmond_events_discarded_total.inc({ topic }, 0);
    this.#metrics.procmond_events_expired_total.inc({ topic }, 0);
  }
}

interface MetricClasses {
  counter: Counter;
  gauge: Gauge;
  histogram: Histogram;
}

type Registered = { readonly [Name in keyof MetricTypes]: MetricClasses[MetricTypes[Name]] };

function register(registry: Registry): Registered {
  return Object.fromEntries(METRIC_TABLE.map((row) => [row.name, create(row, registry)])) as Registered;
}

function create(row: MetricRow, registry: Registry): MetricClasses[MetricRow['type']] {
  const { name, help } = row;
  const labelNames = row.labels.map((label) => label.name);
  const configuration = { name, help, labelNames, registers: [registry] };
  switch (row.type) {
    case 'counter': {
      const counter = new Counter(configuration);
      for (const labels of closedLabels(row)) counter.inc(labels, 0);
      return counter;
    }
    case 'gauge': {
      const gauge = new Gauge(configuration);
      for (const labels of closedLabels(row)) gauge.set(labels, 0);
      return gauge;
    }
    case 'histogram':
      return new Histogram({ ...configuration, buckets: [...(row.buckets ?? [])] });
  }
}

/** The label sets that exist before anything happened. No metric has two labels with known values. */
function closedLabels(row: MetricRow): Record<string, string>[] {
  return row.labels.flatMap(({ name, values }) => values.map((value) => ({ [name]: value })));
}

function numberOrNaN(read: () => number): number {
  try {
    return read();
  } catch {
    // A store that cannot be read is told by the part that owns it; the other figures must still be scraped.
    return Number.NaN;
  }
}

function sum(counts: Iterable<number>): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}
