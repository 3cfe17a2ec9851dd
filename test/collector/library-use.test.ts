import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { LoggerProvider } from '@opentelemetry/sdk-logs';
import {
  Collector,
  type CommittedEvent,
  type EventSource,
  OutboxLogRecordProcessor,
  ProcessEventSource,
  SnapshotStore,
  SourceCaps,
} from '../../src/index.ts';
import { thing } from '../fake/committed-events.ts';
import { OtlpEndpoint } from '../fake/otlp-endpoint.ts';
import { scratchDirectory } from '../fake/scratch-store.ts';

test('runs as the library is documented: every process of this host reaches the endpoint, in one whole cycle', async (t) => {
  const endpoint = await OtlpEndpoint.start(t);
  const stop = new AbortController();

  const store = await SnapshotStore.open({ directory: join(scratchDirectory(t), 'procmond') });
  const collector = new Collector({ store, otlp: { url: endpoint.url } });
  collector.register(
    new ProcessEventSource(store, {
      collectionIntervalMillis: 60_000,
      collectEnhancedMetadata: false,
      maxProcessesPerCycle: 1000,
      computeExecutableHashes: true,
    }),
  );
  const running = collector.run(stop.signal);

  const completed = () => endpoint.taken.find(({ eventName }) => eventName === 'procmond.cycle.completed');
  await endpoint.until(() => completed() !== undefined);
  stop.abort();
  await running;

  const { taken } = endpoint;
  assert.deepEqual(
    endpoint.takenSeqs,
    taken.map((_, index) => index + 1),
  );
  assert.deepEqual(
    [taken[0], taken.at(-1)].map((record) => record?.eventName),
    ['procmond.agent.started', 'procmond.agent.stopped'],
  );
  const cycleId = completed()?.attributes['procmond.cycle.id'];
  const ofCycle = taken.filter(({ attributes }) => attributes['procmond.cycle.id'] === cycleId);
  assert.equal(ofCycle.length, completed()?.attributes['procmond.cycle.events']);
  const oldest = ofCycle.find(({ attributes }) => attributes['process.pid'] === 1);
  assert.equal(oldest?.eventName, 'procmond.process.observed');
  assert.equal(store.outbox.recordCount, 0);
  assert.ok(store.snapshot.rows().some(({ pid }) => pid === process.pid));
  await store.close();
});

test("takes a source of one's own and a provider of one's own", async (t) => {
  const endpoint = await OtlpEndpoint.start(t);
  const store = await SnapshotStore.open({ directory: scratchDirectory(t) });
  t.after(() => store.close());
  const stop = new AbortController();
  const source: EventSource = {
    name: 'queue-watcher',
    capabilities: SourceCaps.PERFORMANCE,
    start: async (sink, signal) => {
      sink.commit({ events: [thing({ body: 'the queue is long' })], observedAtMillis: Date.now() });
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    },
    stop: async () => {},
    healthCheck: async () => ({ healthy: true, message: 'watching' }),
  };
  const loggerProvider = new LoggerProvider({ processors: [new OutboxLogRecordProcessor()] });
  const collector = new Collector({ store, otlp: { url: endpoint.url }, loggerProvider });
  collector.register(source);
  const running = collector.run(stop.signal);
  await endpoint.until(() => endpoint.taken.some(({ body }) => body === 'the queue is long'));
  stop.abort();
  await running;
  assert.equal(endpoint.taken.at(-1)?.eventName, 'procmond.agent.stopped');
});

test('tells this program what was committed, by topic, until the Collector stops', async (t) => {
  const store = await SnapshotStore.open({ directory: scratchDirectory(t) });
  t.after(() => store.close());
  const stop = new AbortController();
  t.after(() => stop.abort());
  const collector = new Collector({ store });
  collector.register(new ProcessEventSource(store, { computeExecutableHashes: false }));
  const subscription = collector.subscribe('collector/process/+', { maxQueued: 1_000_000 });
  const running = collector.run(stop.signal);

  const heard: CommittedEvent[] = [];
  for await (const { topic, message, dropped } of subscription) {
    assert.deepEqual([topic, dropped], [message.topic, 0]);
    heard.push(message);
    if (message.eventName === 'procmond.cycle.completed') stop.abort();
  }
  await running;

  const cycle = heard.find(({ eventName }) => eventName === 'procmond.cycle.completed');
  const ofCycle = heard.filter(({ cycleId }) => cycleId === cycle?.cycleId);
  assert.equal(ofCycle.length, cycle?.attributes['procmond.cycle.events']);
  assert.ok(ofCycle.every(({ seq }, index) => seq === (ofCycle[0]?.seq ?? 0) + index));
  assert.ok(ofCycle.some(({ attributes }) => attributes['process.pid'] === process.pid));
});
