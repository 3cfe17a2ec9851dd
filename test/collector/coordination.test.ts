import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Collector } from '../../src/collector/collector.ts';
import type { EventSink } from '../../src/collector/event-source.ts';
import type { CommittedEvent } from '../../src/event/committed-event.ts';
import type { SnapshotStore } from '../../src/store/snapshot-store.ts';
import type { Delivered, Subscription } from '../../src/topics/subscription.ts';
import { parseTopicPattern } from '../../src/topics/topic-pattern.ts';
import { thing } from '../fake/committed-events.ts';
import { openStore } from '../fake/scratch-store.ts';
import { ScriptedSource } from '../fake/scripted-source.ts';
import { seededRandom } from '../fake/seeded-random.ts';

const SOURCES = ['disks', 'queues', 'sockets'] as const;
const COMMITS_OF_A_SOURCE = 60;
const LARGEST_COMMIT = 100;

/** One event in five is no ordinary one. */
const ALARM_SHARE = 0.2;

const ENOUGH = 100_000;

interface Outboxed {
  readonly seq: number;
  readonly topic: string;
  readonly uid: unknown;
  readonly body: unknown;
}

test('three sources at work: every subscriber has its events in the order of the outbox, and what it lost is counted', async (t) => {
  const { collector, store, run } = await threeSources(t);
  const subscribe = (pattern: string, maxQueued = ENOUGH) => collector.subscribe(pattern, { maxQueued });
  const keepingUp = [
    '#',
    'collector/#',
    'collector/+/events',
    'collector/+/alarms',
    'collector/queues/+',
    'collector/disks/events',
    'collector/sockets/events/#',
    'collector/nobody/events',
    'collector/agent/health',
  ].map((pattern) => read(subscribe(pattern)));
  const slow = [
    read(subscribe('#', 7), { pauses: 1 }),
    read(subscribe('collector/+/events', 50), { pauses: 2 }),
    read(subscribe('collector/queues/events', 1), { pauses: 3 }),
    read(subscribe('#', 300), { pauses: 1 }),
  ];
  const stuck = subscribe('#', 10);
  const first = stuck[Symbol.asyncIterator]().next();
  const broken = assert.rejects(read(subscribe('#'), { failsAt: 100 }), /broken/);

  await run();

  const outbox = outboxed(store);
  assert.ok(outbox.length > 3_000, `only ${outbox.length}`);
  assert.ok(outbox.every(({ seq }, index) => seq === index + 1));
  for (const source of SOURCES) {
    const bodies = outbox.filter(({ topic }) => topic.startsWith(`collector/${source}/`)).map(({ body }) => body);
    assert.ok(
      bodies.every((body, index) => body === `${source} ${index}`),
      `${source} is out of its order`,
    );
  }
  assert.ok(turnsTaken(outbox) > 30, 'the sources did not take turns');

  for (const reader of await Promise.all(keepingUp)) {
    const { pattern, dropped } = reader.subscription;
    assertHeard(reader, outbox);
    assert.deepEqual([pattern, dropped], [pattern, 0]);
  }
  for (const reader of await Promise.all(slow)) {
    assertHeard(reader, outbox);
    assert.ok(reader.subscription.dropped > 0, `${reader.subscription.pattern} was not slow`);
  }
  await broken;
  const { message, dropped } = (await first).value ?? assert.fail('the stuck one has not even begun');
  assert.deepEqual([message.seq, stuck.queued, stuck.dropped], [dropped + 1, 10, outbox.length - 11]);
});

interface Reading {
  readonly subscription: Subscription<CommittedEvent>;
  readonly heard: readonly Delivered<CommittedEvent>[];
}

/** What was delivered and what was dropped is, one after the other, all that the pattern matches in the outbox. */
function assertHeard({ subscription, heard }: Reading, outbox: readonly Outboxed[]): void {
  const pattern = parseTopicPattern(subscription.pattern);
  const expected = outbox.filter(({ topic }) => pattern.matches(topic));
  let next = 0;
  for (const { topic, message, dropped } of heard) {
    next += dropped;
    const { seq, uid, body } = message;
    assert.deepEqual({ seq, topic, uid, body }, expected[next], `${subscription.pattern} at ${next}`);
    next += 1;
  }
  assert.equal(next, expected.length, subscription.pattern);
  assert.equal(subscription.dropped, expected.length - heard.length, subscription.pattern);
}

/** Reads until the Collector has stopped. @param pauses turns of the event loop after each event */
async function read(
  subscription: Subscription<CommittedEvent>,
  { pauses = 0, failsAt = Number.POSITIVE_INFINITY } = {},
): Promise<Reading> {
  const heard: Delivered<CommittedEvent>[] = [];
  for await (const delivered of subscription) {
    heard.push(delivered);
    if (heard.length === failsAt) throw new Error('broken');
    for (let pause = 0; pause < pauses; pause++) await turn();
  }
  return { subscription, heard };
}

async function threeSources(t: TestContext) {
  const store = await openStore(t);
  const collector = new Collector({ store });
  const stop = new AbortController();
  let working: number = SOURCES.length;
  for (const [index, name] of SOURCES.entries()) {
    const source = new ScriptedSource(name);
    source.onStart = async (sink, signal) => {
      await commitMany(sink, name, seededRandom(index + 1));
      working -= 1;
      if (working === 0) stop.abort();
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        else signal.addEventListener('abort', () => resolve());
      });
    };
    collector.register(source);
  }
  return { collector, store, run: () => collector.run(stop.signal) };
}

async function commitMany(sink: EventSink, name: string, random: () => number): Promise<void> {
  let told = 0;
  for (let commit = 0; commit < COMMITS_OF_A_SOURCE; commit++) {
    const events = Array.from({ length: Math.floor(random() * LARGEST_COMMIT) }, () => {
      const topic = `collector/${name}/${random() < ALARM_SHARE ? 'alarms' : 'events'}`;
      return thing({ topic, body: `${name} ${told++}` });
    });
    sink.commit({ events, observedAtMillis: Date.UTC(2026, 0, 2) });
    for (let pause = Math.floor(random() * 4); pause >= 0; pause--) await turn();
  }
}

function outboxed({ outbox }: SnapshotStore): readonly Outboxed[] {
  const records = outbox.take({ maxRecords: 1e6, maxBytes: 1e9, acrossTopics: true });
  outbox.release();
  return records.map(({ seq, topic, row }) => {
    const { b, a } = JSON.parse(row) as { readonly b: unknown; readonly a: Readonly<Record<string, unknown>> };
    return { seq, topic, uid: a['log.record.uid'], body: b };
  });
}

/** How often the next record is of another source. */
function turnsTaken(outbox: readonly Outboxed[]): number {
  return outbox.filter(({ topic }, index) => topic.split('/')[1] !== outbox[index - 1]?.topic.split('/')[1]).length;
}

function turn(): Promise<void> {
  return new Promise(setImmediate);
}
