import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, type TestContext, test } from 'node:test';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { LoggerProvider, type LogRecordProcessor } from '@opentelemetry/sdk-logs';
import type { CommitReport } from '../../src/base/observer.ts';
import { type CommitStore, type CommittedEventBus, EventCommitter } from '../../src/collector/event-committer.ts';
import type { EventBatch } from '../../src/collector/event-source.ts';
import type { AgentEvent, CollectionEvent, CycleCompletedEvent } from '../../src/event/collection-event.ts';
import type { CommittedEvent } from '../../src/event/committed-event.ts';
import { OutboxLogRecordProcessor, SCOPE_NAME } from '../../src/otlp/outbox-log-record-processor.ts';
import type { SnapshotStore } from '../../src/store/snapshot-store.ts';
import type { Delivered, Subscription } from '../../src/topics/subscription.ts';
import { TopicBus } from '../../src/topics/topic-bus.ts';
import { CapturedLogger } from '../fake/captured-logger.ts';
import { makeCommitter, TEST_TOPIC, thing, things } from '../fake/committed-events.ts';
import { ManualClock } from '../fake/manual-clock.ts';
import { openStore, scratchDirectory } from '../fake/scratch-store.ts';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const AT = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const HEALTH = 'collector/agent/health';
const OBSERVED = 'collector/process/events';

interface Stored {
  readonly n: string;
  readonly b: string;
  readonly s: number;
  readonly t: readonly [number, number];
  readonly o: readonly [number, number];
  readonly a: Readonly<Record<string, unknown>>;
}

describe('a commit', () => {
  test('gives each record number, uid and topic, in the order of the events', async (t) => {
    const { store, commit } = await committing(t);
    assert.deepEqual(
      commit({ events: [thing({ body: 'one' }), thing({ body: 'two', topic: 'collector/test/others' })] }),
      {
        firstSeq: 1,
        lastSeq: 2,
      },
    );
    assert.deepEqual(commit({ events: [thing({ body: 'three' })] }), { firstSeq: 3, lastSeq: 3 });
    const records = stored(store);
    assert.deepEqual(
      records.map(({ b, a }) => [b, a['procmond.seq'], a['procmond.topic']]),
      [
        ['one', 1, TEST_TOPIC],
        ['two', 2, 'collector/test/others'],
        ['three', 3, TEST_TOPIC],
      ],
    );
    const uids = records.map(({ a }) => String(a['log.record.uid']));
    assert.equal(new Set(uids).size, 3);
    for (const uid of uids) assert.match(uid, UUID_V7);
  });

  test('puts the cycle on all records but those of procmond itself', async (t) => {
    const { store, commit } = await committing(t);
    commit({ events: [agent(), thing(), cycle()], cycleId: 'c1' });
    commit({ events: [thing()] });
    assert.deepEqual(
      stored(store).map(({ a }) => a['procmond.cycle.id']),
      [undefined, 'c1', 'c1', undefined],
    );
  });

  test('keeps times to the millisecond', async (t) => {
    const { store, commit } = await committing(t);
    commit({ events: [thing({ timestampMillis: AT })], observedAtMillis: AT + 1 });
    const [seconds, nanos] = [Math.floor(AT / 1000), 678_000_000];
    assert.deepEqual(
      stored(store).map((record) => [record.t, record.o]),
      [
        [
          [seconds, nanos],
          [seconds, nanos + 1_000_000],
        ],
      ],
    );
  });

  test('of no events is a commit of what is written', async (t) => {
    const { store, commit } = await committing(t);
    assert.deepEqual(commit({ events: [], write: () => store.snapshot.putState({ cycleId: 'c' } as never) }), {
      firstSeq: 1,
      lastSeq: 0,
    });
    assert.equal(store.snapshot.state()?.cycleId, 'c');
    assert.equal(store.outbox.recordCount, 0);
  });

  test('writes before it iterates, and iterates once', async (t) => {
    const { store, commit } = await committing(t);
    const order: string[] = [];
    commit({
      write: () => order.push('write'),
      events: (function* () {
        order.push('first');
        yield thing();
        order.push('second');
        yield thing();
      })(),
    });
    assert.deepEqual(order, ['write', 'first', 'second']);
    assert.equal(store.outbox.recordCount, 2);
  });

  test('says what was committed and wakes delivery, after it is on disk', async (t) => {
    const { store, commit, reports, wakes } = await committing(t);
    commit({ events: [thing(), thing(), thing({ topic: 'collector/test/others' })] });
    assert.deepEqual(reports, [
      {
        emitted: new Map([
          [TEST_TOPIC, 2],
          ['collector/test/others', 1],
        ]),
        discarded: new Map(),
        expired: new Map(),
      },
    ]);
    assert.deepEqual(wakes, [store.outbox.recordCount]);
  });

  const failures: readonly [
    string,
    (store: SnapshotStore) => Partial<EventBatch>,
    { code?: string; message?: RegExp },
  ][] = [
    ['whose writing throws', () => ({ events: things(3), write: fail }), { message: /in the middle/ }],
    [
      'whose events throw',
      (store) => ({ events: failingAfter(2), write: () => store.snapshot.putState({} as never) }),
      { message: /in the middle/ },
    ],
    [
      'with an event nobody could route',
      () => ({ events: [thing(), thing({ topic: 'Collector/*' })] }),
      { code: 'EVENT_INVALID' },
    ],
    [
      'with an event of too many attributes',
      () => ({
        events: [
          thing({ attributes: Object.fromEntries(Array.from({ length: 120 }, (_, index) => [`a${index}`, 1])) }),
        ],
      }),
      { code: 'EVENT_INVALID' },
    ],
  ];
  for (const [what, batch, error] of failures) {
    test(`${what} leaves nothing behind and tells nobody`, async (t) => {
      const { store, commit, reports, wakes, bus } = await committing(t);
      const subscription = bus.subscribe('#');
      assert.throws(() => commit(batch(store)), error);
      assert.equal(subscription.queued, 0);
      assert.deepEqual([store.outbox.nextSeq, store.outbox.recordCount, store.snapshot.state()], [1, 0, undefined]);
      assert.deepEqual([reports, wakes], [[], []]);
      assert.deepEqual(commit({ events: [thing()] }), { firstSeq: 1, lastSeq: 1 }, 'and the next one is the first');
    });
  }
});

describe('a subscriber', () => {
  test('is told what the records say, in the order of their numbers', async (t) => {
    const { store, commit, bus } = await committing(t);
    const subscription = bus.subscribe('#');
    const attributes = { text: 'é\u2028', count: 3, share: 0.5, yes: true, list: ['a', ''], map: { n: 1, l: ['x'] } };
    commit({ events: [thing({ attributes, timestampMillis: AT - 5 }), agent(), cycle()], cycleId: 'c1' });
    commit({ events: [thing({ topic: 'collector/test/others', severityNumber: 17, body: 'late\u0007' })] });
    const heard = await rest(bus, subscription);
    assert.deepEqual(
      heard.map(({ topic, message }) => [topic, message.seq, message.cycleId, message.severityNumber, message.body]),
      [
        [TEST_TOPIC, 1, 'c1', 9, 'a thing was seen'],
        [HEALTH, 2, undefined, 9, 'a baseline'],
        ['collector/process/cycles', 3, 'c1', 9, stored(store)[2]?.b],
        ['collector/test/others', 4, undefined, 17, 'late\\x07'],
      ],
    );
    for (const [index, { n, b, a, s, t: time, o }] of stored(store).entries()) {
      const { topic, message } = heard[index] ?? assert.fail();
      assert.deepEqual(message, {
        topic,
        eventName: n,
        seq: index + 1,
        uid: a['log.record.uid'],
        ...('procmond.cycle.id' in a && { cycleId: 'c1' }),
        timestampMillis: time[0] * 1000 + time[1] / 1e6,
        observedAtMillis: o[0] * 1000 + o[1] / 1e6,
        severityNumber: s,
        body: b,
        attributes: a,
      });
    }
    assert.partialDeepStrictEqual(heard[0]?.message, { timestampMillis: AT - 5, observedAtMillis: AT, attributes });
  });

  test('is told after it is on disk', async (t) => {
    const store = await openStore(t);
    const seen: [number, number][] = [];
    const bus: CommittedEventBus = {
      hasSubscribers: () => true,
      publish: (_, { seq }) => seen.push([seq, store.outbox.recordCount]),
    };
    const committer = makeCommitter(store, { clock: new ManualClock(), bus });
    committer.commit({ events: things(2), observedAtMillis: AT });
    assert.deepEqual(seen, [
      [1, 2],
      [2, 2],
    ]);
  });

  test('is told nothing of a transaction that the disk refuses', async (t) => {
    const store = await openStore(t);
    const refusing: CommitStore = {
      outbox: store.outbox,
      notices: [],
      clearNotices: () => {},
      transact: (work) =>
        store.transact(() => {
          work();
          throw new Error('disk full');
        }),
    };
    const bus = new TopicBus<CommittedEvent>();
    const subscription = bus.subscribe('#');
    const committer = makeCommitter(refusing, { clock: new ManualClock(), bus });
    assert.throws(() => committer.commit({ events: things(2), observedAtMillis: AT }), /disk full/);
    assert.deepEqual([subscription.queued, store.outbox.nextSeq], [0, 1]);
  });

  test('of one topic has no record of another kept for it, and without any none is', async (t) => {
    const store = await openStore(t);
    const published: string[] = [];
    const heard = new Set<string>();
    const bus: CommittedEventBus = {
      hasSubscribers: (topic) => heard.has(topic),
      publish: (topic) => published.push(topic),
    };
    const committer = makeCommitter(store, { clock: new ManualClock(), bus });
    const events = [thing(), thing({ topic: 'collector/test/others' }), thing()];
    committer.commit({ events, observedAtMillis: AT });
    assert.deepEqual(published, []);
    heard.add('collector/test/others');
    committer.commit({ events, observedAtMillis: AT });
    assert.deepEqual(published, ['collector/test/others']);
  });

  test('holds nothing that belongs to the source', async (t) => {
    const { commit, bus } = await committing(t);
    const subscription = bus.subscribe('#');
    const list = ['curl', '-s'];
    commit({ events: [thing({ attributes: { list } })] });
    const [heard] = await rest(bus, subscription);
    const delivered = heard?.message.attributes['list'] as string[];
    delivered.push('changed');
    assert.deepEqual(list, ['curl', '-s']);
  });
});

describe('a logger provider', () => {
  const outbox = () => new OutboxLogRecordProcessor();
  const wrong: readonly [string, ConstructorParameters<typeof LoggerProvider>[0], RegExp][] = [
    ['without the processor', { processors: [] }, /emitted 1 log records but the outbox captured 0/],
    ['with two of them', { processors: [outbox(), outbox()] }, /captured 2.*exactly one OutboxLogRecordProcessor/],
    [
      'that cuts attributes off',
      { processors: [outbox()], logRecordLimits: { attributeCountLimit: 50 } },
      /logRecordLimits/,
    ],
    [
      'that cuts values off',
      { processors: [outbox()], logRecordLimits: { attributeValueLengthLimit: 100 } },
      /logRecordLimits/,
    ],
  ];
  for (const [what, config, message] of wrong) {
    test(`${what} is found out by one probe, which is kept nowhere`, async (t) => {
      const { store, committer } = await committing(t, new LoggerProvider(config));
      assert.throws(() => committer.probe(), { code: 'CAPTURE_MISMATCH', message });
      assert.equal(store.outbox.nextSeq, 1);
    });
  }

  for (const [what, config] of wrong.slice(0, 2)) {
    test(`${what} gets nothing committed`, async (t) => {
      const { store, commit } = await committing(t, new LoggerProvider(config));
      const write = () => store.snapshot.putState({} as never);
      assert.throws(() => commit({ events: things(2), write }), { code: 'CAPTURE_MISMATCH' });
      assert.deepEqual([store.outbox.nextSeq, store.outbox.recordCount, store.snapshot.state()], [1, 0, undefined]);
    });
  }

  test('of the right kind passes, and the probe leaves nothing', async (t) => {
    const { store, committer } = await committing(t);
    committer.probe();
    committer.probe();
    assert.deepEqual([store.outbox.nextSeq, store.outbox.recordCount], [1, 0]);
  });

  test("of an application keeps the application's records out of the outbox, and lets them through to its processors", async (t) => {
    const seen: string[] = [];
    const own: LogRecordProcessor = {
      onEmit: ({ instrumentationScope, body }) => void seen.push(`${instrumentationScope.name}: ${String(body)}`),
      forceFlush: async () => {},
      shutdown: async () => {},
    };
    const provider = new LoggerProvider({
      processors: [own, outbox()],
      resource: resourceFromAttributes({ 'service.name': 'shop' }),
    });
    const { store, commit } = await committing(t, provider);
    const application = provider.getLogger('shop');
    application.emit({ body: 'before' });
    commit({
      events: (function* () {
        application.emit({ body: 'meanwhile' });
        yield thing({ body: 'a thing' });
      })(),
    });
    assert.deepEqual(
      stored(store).map(({ b }) => b),
      ['a thing'],
    );
    assert.deepEqual(seen, ['shop: before', 'shop: meanwhile', 'procmond: a thing']);
    const [record] = store.outbox.take({ maxRecords: 1, maxBytes: 1e6 });
    assert.deepEqual(store.outbox.sender(record?.senderId ?? ''), {
      resource: { 'service.name': 'shop' },
      scope: { name: SCOPE_NAME, version: '0.0.0' },
    });
  });
});

describe('what was given up', () => {
  test('is told after the records of the cycle, and at most once a minute', async (t) => {
    const { store, clock, commit, reports } = await committing(t, undefined, { outboxMaxBytes: 30_000 });
    const full = () => commit({ events: [...bulky(20), cycle()], cycleId: 'c' });
    for (let index = 0; index < 3; index++) full();
    const told = () => stored(store).filter(({ n }) => n === 'procmond.agent.events_discarded');
    assert.equal(told().length, 1);
    const names = stored(store).map(({ n }) => n);
    assert.equal(names[names.indexOf('procmond.agent.events_discarded') - 1], 'procmond.cycle.completed');
    const first = told()[0]?.a ?? {};
    assert.partialDeepStrictEqual(first, {
      'procmond.topic': HEALTH,
      'procmond.discarded.class': OBSERVED,
      'procmond.discarded.reason': 'outbox_full',
    });
    assert.equal(first['procmond.cycle.id'], undefined);

    clock.advance(59_999);
    full();
    assert.equal(told().length, 1);
    clock.stepWall(3_600_000);
    full();
    assert.equal(told().length, 1, 'a wall clock that is set does not count');
    clock.advance(1);
    full();
    assert.equal(told().length, 2);

    const missing = told().reduce((sum, { a }) => sum + Number(a['procmond.discarded.count']), 0);
    const untold = store.outbox.discards.untold.reduce((sum, { count }) => sum + count, 0);
    const discarded = reports.reduce(
      (sum, report) => sum + [...report.discarded.values()].reduce((a, b) => a + b, 0),
      0,
    );
    assert.equal(missing + untold, discarded);
    assert.equal(
      store.outbox.recordCount + discarded,
      store.outbox.nextSeq - 1,
      'every number is there or accounted for',
    );
  });

  test('is told once, with the exact range, though procmond ended before it could', async (t) => {
    const directory = scratchDirectory(t);
    const before = await committing(t, undefined, { directory, outboxMaxBytes: 6_000 });
    before.commit({ events: bulky(20) });
    const { firstSeq, lastSeq } = before.commit({ events: bulky(20) });
    await before.store.close();
    const after = await committing(t, undefined, { directory });
    after.commit({ events: [thing()] });
    after.clock.advance(3_600_000);
    after.commit({ events: [thing()] });
    const told = stored(after.store).filter(({ n }) => n === 'procmond.agent.events_discarded');
    assert.equal(told.length, 2, 'the first in the first run, the second in the second');
    assert.partialDeepStrictEqual(told[1]?.a, {
      'procmond.discarded.count': 20,
      'procmond.discarded.first': firstSeq,
      'procmond.discarded.last': lastSeq,
    });
    assert.equal(
      told[1]?.b,
      `20 records of ${OBSERVED} with sequence numbers from ${firstSeq} to ${lastSeq} will not be delivered: the outbox was full`,
    );
  });

  test('is told apart, and counted apart, when it had waited too long', async (t) => {
    const { clock, commit, store, reports } = await committing(t, undefined, { outboxMaxAgeMillis: 60_000 });
    const { firstSeq, lastSeq } = commit({ events: [thing(), thing()] });
    clock.advance(60_001);
    commit({ events: [thing({ topic: 'collector/test/others' })] });
    assert.deepEqual(
      [reports[1]?.expired, reports[1]?.discarded],
      [new Map([[TEST_TOPIC, lastSeq - firstSeq + 1]]), new Map()],
    );
    const told = stored(store).filter(({ n }) => n === 'procmond.agent.events_discarded');
    assert.partialDeepStrictEqual(told[0]?.a, {
      'procmond.discarded.class': TEST_TOPIC,
      'procmond.discarded.reason': 'expired',
      'procmond.discarded.count': 2,
      'procmond.discarded.first': firstSeq,
      'procmond.discarded.last': lastSeq,
    });
    assert.match(told[0]?.b ?? '', /will not be delivered: they waited longer than --outbox-max-age allows$/);
  });

  test('is in the log when it begins, then with its sum once a minute at most, for each topic and reason', async (t) => {
    const { clock, commit, log } = await committing(t, undefined, { outboxMaxAgeMillis: 1_000 });
    const others = 'collector/test/others';
    const commitAfter = (millis: number, topics: readonly string[]) => {
      clock.advance(millis);
      commit({ events: topics.map((topic) => thing({ topic })) });
    };
    const lines = () => log.lines.splice(0).map(({ level, message, fields }) => ({ level, message, ...fields }));
    const line = (topic: string, count: number, first: number, last: number) => ({
      level: 'warn',
      message: `${count} records of ${topic} with sequence numbers from ${first} to ${last} will not be delivered: they waited longer than --outbox-max-age allows`,
      class: topic,
      reason: 'expired',
      count,
      first,
      last,
    });
    commitAfter(0, [TEST_TOPIC, TEST_TOPIC]);
    assert.deepEqual(lines(), []);
    commitAfter(2_000, [TEST_TOPIC]);
    assert.deepEqual(lines(), [line(TEST_TOPIC, 2, 1, 2)]);
    // The record that told it is number 4, and goes as well.
    commitAfter(2_000, [others]);
    assert.deepEqual(
      lines().map(({ message }) => message.split(' with ')[0]),
      [`1 records of ${HEALTH}`],
      'another class has a line of its own',
    );
    commitAfter(2_000, [TEST_TOPIC]);
    assert.deepEqual(lines(), [line(others, 1, 5, 5)]);
    commitAfter(2_000, []);
    commitAfter(53_999, []);
    assert.deepEqual(lines(), []);
    commitAfter(1, []);
    assert.deepEqual(lines(), [line(TEST_TOPIC, 2, 3, 6)]);
  });

  test('is not in the log when the commit that gave it up fails', async (t) => {
    const { clock, commit, log } = await committing(t, undefined, { outboxMaxAgeMillis: 1_000 });
    commit({ events: [thing()] });
    clock.advance(2_000);
    assert.throws(() => commit({ events: failingAfter(1) }));
    assert.deepEqual(log.lines, []);
    commit({ events: [] });
    assert.equal(log.messages('warn').length, 1);
  });

  test('is still to be told when the commit that tells it fails', async (t) => {
    const { store, commit } = await committing(t);
    store.transact(() =>
      store.outbox.discards.add({ topic: TEST_TOPIC, reason: 'dead_letter', count: 2, first: 3, last: 9 }),
    );
    assert.throws(() => commit({ events: failingAfter(1) }));
    assert.equal(store.outbox.discards.untold.length, 1);
    commit({ events: [] });
    assert.deepEqual(store.outbox.discards.untold, []);
    assert.match(stored(store)[0]?.b ?? '', /the endpoint refuses them/);
  });
});

async function committing(
  t: TestContext,
  provider = new LoggerProvider({ processors: [new OutboxLogRecordProcessor()] }),
  storeOptions: Parameters<typeof openStore>[1] = {},
) {
  const clock = new ManualClock();
  const store = await openStore(t, { clock, ...storeOptions });
  const reports: CommitReport[] = [];
  const wakes: number[] = [];
  const log = new CapturedLogger();
  const bus = new TopicBus<CommittedEvent>();
  const committer = new EventCommitter({
    store,
    bus,
    clock,
    logger: provider.getLogger(SCOPE_NAME, '0.0.0'),
    log,
    observer: { committed: (report) => reports.push(report) },
    committed: () => wakes.push(store.outbox.recordCount),
  });
  const commit = (batch: Partial<EventBatch>) => committer.commit({ events: [], observedAtMillis: AT, ...batch });
  return { store, bus, clock, committer, commit, reports, wakes, log };
}

/** What a subscription holds; the bus is closed. */
async function rest(
  bus: TopicBus<CommittedEvent>,
  subscription: Subscription<CommittedEvent>,
): Promise<readonly Delivered<CommittedEvent>[]> {
  bus.close();
  const heard: Delivered<CommittedEvent>[] = [];
  for await (const delivered of subscription) heard.push(delivered);
  return heard;
}

function stored({ outbox }: SnapshotStore): readonly Stored[] {
  const records = outbox.take({ maxRecords: 10_000, maxBytes: 1e9, acrossTopics: true });
  outbox.release();
  return records.map(({ row }) => JSON.parse(row) as Stored);
}

function agent(): AgentEvent {
  return { kind: 'agent', name: 'baseline', timestampMillis: AT, message: 'a baseline', attributes: {} };
}

function cycle(): CycleCompletedEvent {
  return {
    kind: 'cycle',
    timestampMillis: AT,
    events: 1,
    processes: 0,
    observed: 0,
    started: 0,
    stopped: 0,
    changed: 0,
    findings: 0,
    triggers: 0,
    ruleErrors: 0,
    deniedFields: 0,
    vanished: 0,
    truncated: false,
    inventory: false,
    durationMillis: 1,
    refreshCycles: 1,
  };
}

function* failingAfter(count: number): Generator<CollectionEvent> {
  for (let index = 0; index < count; index++) yield thing();
  fail();
}

function fail(): never {
  throw new Error('in the middle');
}

/** Things that do not compress: about 11 KiB for 20 of them. */
function bulky(count: number): readonly CollectionEvent[] {
  return Array.from({ length: count }, () => thing({ topic: OBSERVED, body: randomBytes(400).toString('base64') }));
}
