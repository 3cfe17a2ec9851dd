import {
  BUDGET_STATES,
  EXPORT_FAILURE_REASONS,
  HASH_FAILURE_REASONS,
  PROCESS_STATES,
  TRIGGER_OUTCOMES,
} from '../base/observer.ts';
import { TOPIC_TABLE } from '../topics/topic-table.ts';

/** The headings the README shows metrics under, in this order. */
export const METRIC_GROUPS = [
  'Processes',
  'Cycles',
  'Events',
  'Delivery',
  'Hashes',
  'Triggers',
  'State',
  'procmond itself',
] as const;

export interface MetricRow {
  /** `procmond_<what>_<unit>[_total]`; of procmond's own process the standard `process_*`. */
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** One line; also the HELP of the scrape. */
  readonly help: string;
  /** What one is one of: a base unit of Prometheus, a thing that is counted, or `0 or 1`. */
  readonly unit: string;
  readonly group: (typeof METRIC_GROUPS)[number];
  readonly labels: readonly MetricLabel[];
  /** Upper bounds in the metric's unit; of histograms only. */
  readonly buckets?: readonly number[];
}

export interface MetricLabel {
  readonly name: string;
  /** The values that have a series from the first scrape on. */
  readonly values: readonly string[];
  /** Which values there may be beside `values`; absent = none. */
  readonly further?: string;
}

/** What further topics are counted under once `MAX_FURTHER_TOPICS` have a series of their own; no topic can be called so. */
export const OVERFLOW_TOPIC = '(other)';

/** How many topics outside the topic table get series of their own: any event source may publish on any topic. */
export const MAX_FURTHER_TOPICS = 32;

export const BUDGETED_RESOURCES = ['cpu', 'memory'] as const;

const CYCLE_OUTCOMES = ['committed', 'failed'] as const;
const CYCLE_PHASES = ['enumerate', 'hash', 'diff', 'commit'] as const;

const TOPIC: MetricLabel = {
  name: 'topic',
  values: TOPIC_TABLE.map((row) => row.topic),
  further: `topics of other event sources, from their first event on, at most ${MAX_FURTHER_TOPICS}; the rest is ${OVERFLOW_TOPIC}`,
};

const REASON: MetricLabel = { name: 'reason', values: EXPORT_FAILURE_REASONS };

const ROWS = [
  {
    name: 'procmond_processes',
    type: 'gauge',
    help: 'Processes by state in the last committed cycle; threads are not counted.',
    unit: 'processes',
    group: 'Processes',
    labels: [{ name: 'state', values: PROCESS_STATES }],
  },
  {
    name: 'procmond_threads',
    type: 'gauge',
    help: 'Threads of all processes in the last committed cycle.',
    unit: 'threads',
    group: 'Processes',
    labels: [],
  },
  {
    name: 'procmond_kernel_tasks_created_total',
    type: 'counter',
    help: 'Tasks (processes and threads) the kernel created on the whole host since the first cycle of this run.',
    unit: 'tasks',
    group: 'Processes',
    labels: [],
  },
  {
    name: 'procmond_starts_observed_total',
    type: 'counter',
    help: 'Process starts seen while procmond ran. procmond_kernel_tasks_created_total minus this is an upper bound of the starts that were missed between cycles: the kernel counts threads too.',
    unit: 'processes',
    group: 'Processes',
    labels: [],
  },
  {
    name: 'procmond_redactions_total',
    type: 'counter',
    help: 'Secrets replaced in command lines and other text, once for each text that was new.',
    unit: 'secrets',
    group: 'Processes',
    labels: [],
  },
  {
    name: 'procmond_expected_process_up',
    type: 'gauge',
    help: 'Whether enough processes of an entry of expected-processes ran in the last committed cycle.',
    unit: '0 or 1',
    group: 'Processes',
    labels: [
      { name: 'rule', values: [], further: 'the names in expected-processes of the configuration, at most 100' },
    ],
  },
  {
    name: 'procmond_rule_errors_total',
    type: 'counter',
    help: 'Conditions of own rules that could not be evaluated for a process, once for each process and rule that was looked at.',
    unit: 'conditions',
    group: 'Processes',
    labels: [],
  },

  {
    name: 'procmond_cycles_total',
    type: 'counter',
    help: 'Cycles that ended, by outcome; a failed one commits nothing.',
    unit: 'cycles',
    group: 'Cycles',
    labels: [{ name: 'outcome', values: CYCLE_OUTCOMES }],
  },
  {
    name: 'procmond_cycle_duration_seconds',
    type: 'gauge',
    help: 'How long the last cycle took, committed or failed.',
    unit: 'seconds',
    group: 'Cycles',
    labels: [],
  },
  {
    name: 'procmond_cycle_phase_seconds',
    type: 'gauge',
    help: 'How long each phase of the last committed cycle took; hash is the waiting for hashes.',
    unit: 'seconds',
    group: 'Cycles',
    labels: [{ name: 'phase', values: CYCLE_PHASES }],
  },
  {
    name: 'procmond_cycle_last_success_timestamp_seconds',
    type: 'gauge',
    help: 'Unix time at which the last committed cycle took its sample; 0 before the first of this run.',
    unit: 'seconds',
    group: 'Cycles',
    labels: [],
  },
  {
    name: 'procmond_cycle_observed',
    type: 'gauge',
    help: 'Events procmond.process.observed of the last committed cycle.',
    unit: 'events',
    group: 'Cycles',
    labels: [],
  },
  {
    name: 'procmond_cycle_started',
    type: 'gauge',
    help: 'Events procmond.process.started of the last committed cycle.',
    unit: 'events',
    group: 'Cycles',
    labels: [],
  },
  {
    name: 'procmond_cycle_stopped',
    type: 'gauge',
    help: 'Events procmond.process.stopped of the last committed cycle.',
    unit: 'events',
    group: 'Cycles',
    labels: [],
  },
  {
    name: 'procmond_cycle_changed',
    type: 'gauge',
    help: 'Events procmond.process.changed of the last committed cycle.',
    unit: 'events',
    group: 'Cycles',
    labels: [],
  },
  {
    name: 'procmond_cycle_denied',
    type: 'gauge',
    help: 'Fields the system denied in the last committed cycle, summed over all processes.',
    unit: 'fields',
    group: 'Cycles',
    labels: [],
  },
  {
    name: 'procmond_cycle_vanished',
    type: 'gauge',
    help: 'Processes that ended while the last committed cycle read them.',
    unit: 'processes',
    group: 'Cycles',
    labels: [],
  },
  {
    name: 'procmond_cycle_truncated',
    type: 'gauge',
    help: 'Whether the maximum of processes per cycle left some out of what is observed.',
    unit: '0 or 1',
    group: 'Cycles',
    labels: [],
  },

  {
    name: 'procmond_events_emitted_total',
    type: 'counter',
    help: 'Events committed to the outbox.',
    unit: 'events',
    group: 'Events',
    labels: [TOPIC],
  },
  {
    name: 'procmond_events_acknowledged_total',
    type: 'counter',
    help: 'Events the endpoint accepted, those an earlier run committed included.',
    unit: 'events',
    group: 'Events',
    labels: [TOPIC],
  },
  {
    name: 'procmond_events_rejected_total',
    type: 'counter',
    help: 'Events the endpoint refused for good: put in the dead-letter table, or refused in a partial success.',
    unit: 'events',
    group: 'Events',
    labels: [TOPIC],
  },
  {
    name: 'procmond_events_discarded_total',
    type: 'counter',
    help: 'Events given up undelivered to keep the outbox within its bound.',
    unit: 'events',
    group: 'Events',
    labels: [TOPIC],
  },
  {
    name: 'procmond_events_expired_total',
    type: 'counter',
    help: 'Events given up undelivered because they had waited longer than --outbox-max-age.',
    unit: 'events',
    group: 'Events',
    labels: [TOPIC],
  },

  {
    name: 'procmond_outbox_records',
    type: 'gauge',
    help: 'Committed events the endpoint has not accepted yet; NaN when the store cannot be read.',
    unit: 'events',
    group: 'Delivery',
    labels: [],
  },
  {
    name: 'procmond_outbox_bytes',
    type: 'gauge',
    help: 'Disk the outbox uses; NaN when the store cannot be read.',
    unit: 'bytes',
    group: 'Delivery',
    labels: [],
  },
  {
    name: 'procmond_outbox_oldest_age_seconds',
    type: 'gauge',
    help: 'Age of the oldest event in the outbox, 0 when it is empty; NaN when the store cannot be read.',
    unit: 'seconds',
    group: 'Delivery',
    labels: [],
  },
  {
    name: 'procmond_export_duration_seconds',
    type: 'histogram',
    help: 'How long exports of one batch took, whether they succeeded or failed.',
    unit: 'seconds',
    group: 'Delivery',
    labels: [],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  },
  {
    name: 'procmond_export_failures_total',
    type: 'counter',
    help: 'Exports that did not succeed, by reason.',
    unit: 'exports',
    group: 'Delivery',
    labels: [REASON],
  },
  {
    name: 'procmond_export_blocked',
    type: 'gauge',
    help: 'Whether delivery waits, by reason; all 0 while it flows.',
    unit: '0 or 1',
    group: 'Delivery',
    labels: [REASON],
  },

  {
    name: 'procmond_hash_files_total',
    type: 'counter',
    help: 'Files read and hashed.',
    unit: 'files',
    group: 'Hashes',
    labels: [],
  },
  {
    name: 'procmond_hash_cache_hits_total',
    type: 'counter',
    help: 'Hashes known from before, so that the file was not read: by this run or, once a file, an earlier one.',
    unit: 'hashes',
    group: 'Hashes',
    labels: [],
  },
  {
    name: 'procmond_hash_failures_total',
    type: 'counter',
    help: 'Files that could not be hashed, by reason; changed is one that was written to while it was read.',
    unit: 'files',
    group: 'Hashes',
    labels: [{ name: 'reason', values: HASH_FAILURE_REASONS }],
  },
  {
    name: 'procmond_hash_read_bytes_total',
    type: 'counter',
    help: 'Bytes read to hash files, those of failures included.',
    unit: 'bytes',
    group: 'Hashes',
    labels: [],
  },
  {
    name: 'procmond_hash_seconds_total',
    type: 'counter',
    help: 'Time spent reading and hashing files, without the pauses of the rate limit.',
    unit: 'seconds',
    group: 'Hashes',
    labels: [],
  },

  {
    name: 'procmond_triggers_total',
    type: 'counter',
    help: 'Requests for analyses, under each outcome they meet: published, then delivered (then answered, failed or expired) or no_target; or refused as deduplicated, rate_limited or queue_full.',
    unit: 'requests',
    group: 'Triggers',
    labels: [{ name: 'outcome', values: TRIGGER_OUTCOMES }],
  },

  {
    name: 'procmond_store_bytes',
    type: 'gauge',
    help: 'Size of the store; NaN when it cannot be read.',
    unit: 'bytes',
    group: 'State',
    labels: [],
  },

  {
    name: 'procmond_build_info',
    type: 'gauge',
    help: 'Always 1; which procmond runs, on which Node.js.',
    unit: '0 or 1',
    group: 'procmond itself',
    labels: [
      { name: 'version', values: [], further: 'the version of procmond' },
      { name: 'node_version', values: [], further: 'the version of Node.js' },
    ],
  },
  {
    name: 'procmond_budget_used_ratio',
    type: 'gauge',
    help: 'What procmond uses of --cpu-budget (over the last minute) and --memory-budget, 1 = all of it; 0 where there is no budget.',
    unit: 'ratio',
    group: 'procmond itself',
    labels: [{ name: 'resource', values: BUDGETED_RESOURCES }],
  },
  {
    name: 'procmond_budget_state',
    type: 'gauge',
    help: 'Which state the budget is in: kept, eased (optional work is slowed), paused (it rests), exceeded (and that is not enough).',
    unit: '0 or 1',
    group: 'procmond itself',
    labels: [{ name: 'state', values: BUDGET_STATES }],
  },
  {
    name: 'process_cpu_seconds_total',
    type: 'counter',
    help: 'CPU time procmond spent in user and system mode.',
    unit: 'seconds',
    group: 'procmond itself',
    labels: [],
  },
  {
    name: 'process_resident_memory_bytes',
    type: 'gauge',
    help: 'Resident memory of procmond, mapped pages of the store included.',
    unit: 'bytes',
    group: 'procmond itself',
    labels: [],
  },
  {
    name: 'process_virtual_memory_bytes',
    type: 'gauge',
    help: 'Virtual memory of procmond.',
    unit: 'bytes',
    group: 'procmond itself',
    labels: [],
  },
  {
    name: 'process_start_time_seconds',
    type: 'gauge',
    help: 'Unix time at which procmond started.',
    unit: 'seconds',
    group: 'procmond itself',
    labels: [],
  },
  {
    name: 'process_open_fds',
    type: 'gauge',
    help: 'File descriptors procmond has open.',
    unit: 'file descriptors',
    group: 'procmond itself',
    labels: [],
  },
  {
    name: 'process_max_fds',
    type: 'gauge',
    help: 'File descriptors procmond may have open.',
    unit: 'file descriptors',
    group: 'procmond itself',
    labels: [],
  },
] as const satisfies readonly MetricRow[];

/** The type of each metric by its name. */
export type MetricTypes = { readonly [Row in (typeof ROWS)[number] as Row['name']]: Row['type'] };

/** Every metric, once. Registration, the README and the checks of dashboards and alert rules are made from these rows. */
export const METRIC_TABLE: readonly MetricRow[] = ROWS;
