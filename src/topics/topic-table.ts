import { parseTopicPattern } from './topic-pattern.ts';

/** One row per topic procmond publishes on: what a route, a subscription and the outbox's eviction order are keyed by. */
export interface TopicRow {
  /** What metrics and documents call it; a topic where there is no `pattern`. */
  readonly topic: string;
  /** Of a row that stands for several topics: which. */
  readonly pattern?: string;
  readonly eventNames: readonly string[];
  readonly description: string;
  /** A full outbox gives up the class with the lowest rank first (see store/outbox/outbox.ts). */
  readonly evictionRank: number;
}

export const PROCESS_EVENTS_TOPIC = 'collector/process/events';
export const PROCESS_LIFECYCLE_TOPIC = 'collector/process/lifecycle';
export const PROCESS_FINDINGS_TOPIC = 'collector/process/findings';
export const PROCESS_CYCLES_TOPIC = 'collector/process/cycles';
export const AGENT_HEALTH_TOPIC = 'collector/agent/health';
export const BINARY_HASHER_RESULTS_TOPIC = 'collector/binary-hasher/results';

/** Topics outside the table (those of other event sources) are kept as long as lifecycle. */
export const DEFAULT_EVICTION_RANK = 2;

export const TOPIC_TABLE: readonly TopicRow[] = [
  {
    topic: PROCESS_EVENTS_TOPIC,
    eventNames: ['procmond.process.observed'],
    description:
      'every process, every cycle (`--emit all`), or only new and changed ones and an inventory (`--emit changes`)',
    evictionRank: 0,
  },
  {
    topic: PROCESS_CYCLES_TOPIC,
    eventNames: ['procmond.cycle.completed'],
    description: 'one per cycle: how many records carry its id, counts by kind, what was denied, what vanished',
    evictionRank: 1,
  },
  {
    topic: PROCESS_LIFECYCLE_TOPIC,
    eventNames: ['procmond.process.started', 'procmond.process.stopped', 'procmond.process.changed'],
    description: 'the difference with the last committed snapshot, also across a restart of procmond and a reboot',
    evictionRank: 2,
  },
  {
    topic: PROCESS_FINDINGS_TOPIC,
    eventNames: ['procmond.process.finding'],
    description: 'a rule matched, once per identity and rule',
    evictionRank: 3,
  },
  {
    topic: 'collector/triggers/<target>',
    pattern: 'collector/triggers/+/#',
    eventNames: ['procmond.trigger.requested'],
    description: 'analysis asked of another collector, as of `binary-hasher`',
    evictionRank: 3,
  },
  {
    topic: AGENT_HEALTH_TOPIC,
    eventNames: [
      'procmond.agent.started',
      'procmond.agent.stopped',
      'procmond.agent.degraded',
      'procmond.agent.recovered',
      'procmond.agent.state_lost',
      'procmond.agent.scope_changed',
      'procmond.agent.baseline',
      'procmond.agent.events_discarded',
    ],
    description: 'what happens to procmond itself',
    evictionRank: 4,
  },
  {
    topic: BINARY_HASHER_RESULTS_TOPIC,
    eventNames: ['procmond.binary.hashed'],
    description: 'an answer to a trigger, with its correlation id',
    evictionRank: 4,
  },
];

const ROWS = new Map(TOPIC_TABLE.map((row) => [row.topic, row]));
const PATTERNS = TOPIC_TABLE.flatMap((row) =>
  row.pattern === undefined ? [] : [{ row, pattern: parseTopicPattern(row.pattern) }],
);

/** undefined for the topics of other event sources. */
export function topicRow(topic: string): TopicRow | undefined {
  return ROWS.get(topic) ?? PATTERNS.find(({ pattern }) => pattern.matches(topic))?.row;
}

export function evictionRank(topic: string): number {
  return topicRow(topic)?.evictionRank ?? DEFAULT_EVICTION_RANK;
}
