/** One row per topic procmond publishes on: what a route, a subscription and the outbox's eviction order are keyed by. */
export interface TopicRow {
  readonly topic: string;
  readonly eventNames: readonly string[];
  readonly description: string;
  /** A full outbox gives up the class with the lowest rank first (see store/outbox.ts). */
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
    evictionRank: 2,
  },
  {
    topic: 'collector/triggers/binary-hasher',
    eventNames: ['procmond.trigger.requested'],
    description:
      'an analysis is asked of `binary-hasher`; of any other target, in procmond or not, on `collector/triggers/<target>`',
    evictionRank: 2,
  },
  {
    topic: BINARY_HASHER_RESULTS_TOPIC,
    eventNames: ['procmond.binary.hashed'],
    description: 'the answer to such a request, with its correlation id: the hash, or why there is none',
    evictionRank: 3,
  },
  {
    topic: AGENT_HEALTH_TOPIC,
    eventNames: [
      'procmond.agent.started',
      'procmond.agent.stopped',
      'procmond.agent.degraded',
      'procmond.agent.recovered',
      'procmond.agent.scope_changed',
      'procmond.agent.baseline',
      'procmond.agent.events_discarded',
    ],
    description: 'what happens to procmond itself',
    evictionRank: 3,
  },
];

const RANKS = new Map(TOPIC_TABLE.map((row) => [row.topic, row.evictionRank]));

export function evictionRank(topic: string): number {
  return RANKS.get(topic) ?? DEFAULT_EVICTION_RANK;
}
