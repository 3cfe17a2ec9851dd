import { EventEmitter } from 'node:events';
import { TopicBus } from '../../../src/topics/topic-bus.ts';
import { median } from '../report/statistics.ts';

/** Wall time of publishing one message to ten subscribers, nanoseconds, medians; reading it is not in it. */
export interface TopicBusCost {
  /** `emit` of a plain EventEmitter with ten listeners that count. */
  readonly emitterNanos: number;
  /** Ten subscribers that have read everything before. */
  readonly busNanos: number;
  /** The same, one of them stuck with a full queue. */
  readonly stuckNanos: number;
  /** Nobody listens. */
  readonly unheardNanos: number;
}

const SUBSCRIBERS = 10;
const TOPIC = 'collector/process/events';

/** Patterns as one would write them; each is met by the topic. */
const PATTERNS = ['#', 'collector/#', 'collector/+/events', 'collector/process/+', TOPIC];

/** Below the default queue: who reads between two batches loses nothing. */
const BATCH = 500;
const ROUNDS = 2_000;
const WARM_UP_ROUNDS = 200;

type Publish = (message: object) => void;

/** The contestants take turns, so that what else the machine does meets all of them. */
export async function measureTopicBus(): Promise<TopicBusCost> {
  const contestants = { emitter: emitter(), bus: bus(0), stuck: bus(1), unheard: unheard() };
  const nanos: Record<keyof typeof contestants, number[]> = { emitter: [], bus: [], stuck: [], unheard: [] };
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
    for (const [name, publish] of Object.entries(contestants)) {
      const took = timeBatch(publish);
      if (round >= WARM_UP_ROUNDS) nanos[name as keyof typeof contestants].push(took);
      // Everybody reads what is there.
      await new Promise(setImmediate);
    }
  }
  return {
    emitterNanos: median(nanos.emitter),
    busNanos: median(nanos.bus),
    stuckNanos: median(nanos.stuck),
    unheardNanos: median(nanos.unheard),
  };
}

function timeBatch(publish: Publish): number {
  const message = {};
  const startedAt = performance.now();
  for (let count = 0; count < BATCH; count++) publish(message);
  return ((performance.now() - startedAt) * 1e6) / BATCH;
}

function emitter(): Publish {
  const plain = new EventEmitter();
  const heard = new Uint32Array(SUBSCRIBERS);
  for (let index = 0; index < SUBSCRIBERS; index++)
    plain.on(TOPIC, () => void (heard[index] = (heard[index] ?? 0) + 1));
  return (message) => plain.emit(TOPIC, message);
}

function bus(stuckSubscribers: number): Publish {
  const topics = new TopicBus<object>();
  for (let index = 0; index < SUBSCRIBERS; index++) {
    const subscription = topics.subscribe(PATTERNS[index % PATTERNS.length] as string);
    if (index >= stuckSubscribers) void read(subscription);
  }
  return (message) => topics.publish(TOPIC, message);
}

function unheard(): Publish {
  const topics = new TopicBus<object>();
  topics.subscribe('collector/process/lifecycle');
  return (message) => topics.publish(TOPIC, message);
}

/** @throws {Error} when a message was dropped: then less was measured than is said */
async function read(subscription: AsyncIterable<{ readonly dropped: number }>): Promise<void> {
  for await (const { dropped } of subscription) {
    if (dropped > 0) throw new Error(`a subscriber that reads has lost ${dropped} messages`);
  }
}
