import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { logs as apiLogs } from '@opentelemetry/api';
import { logs } from '@opentelemetry/api-logs';
import { LoggerProvider } from '@opentelemetry/sdk-logs';
import { Collector, type CollectorOptions } from '../../src/collector/collector.ts';
import { SourceCaps } from '../../src/collector/source-caps.ts';
import type { CommittedEvent } from '../../src/event/committed-event.ts';
import type { SnapshotStore } from '../../src/store/snapshot-store.ts';
import type { Subscription } from '../../src/topics/subscription.ts';
import { CapturedLogger } from '../fake/captured-logger.ts';
import { thing, things } from '../fake/committed-events.ts';
import { setEnvironment } from '../fake/environment.ts';
import { ManualClock } from '../fake/manual-clock.ts';
import { OtlpEndpoint, status } from '../fake/otlp-endpoint.ts';
import { openStore } from '../fake/scratch-store.ts';
import { never, ScriptedSource, untilAborted } from '../fake/scripted-source.ts';

describe('registering', () => {
  const bad: readonly [string, string][] = [
    ['', 'lower-case letters'],
    ['Process', 'lower-case letters'],
    ['a b', 'lower-case letters'],
    ['-a', 'lower-case letters'],
    ['a/b', 'lower-case letters'],
    ['a_b', 'lower-case letters'],
    ['ü', 'lower-case letters'],
    ['taken', 'another source has this name'],
  ];
  for (const [name, why] of bad) {
    test(`refuses the name ${JSON.stringify(name)}`, async (t) => {
      const { collector } = await collecting(t);
      collector.register(new ScriptedSource('taken'));
      assert.throws(() => collector.register(new ScriptedSource(name)), {
        code: 'SOURCE_INVALID',
        message: new RegExp(`^cannot register event source ${JSON.stringify(name)}: .*${why}`),
      });
      assert.deepEqual(
        collector.sources.map((source) => source.name),
        ['taken'],
      );
    });
  }

  test('is over once the Collector runs, and a Collector runs once', async (t) => {
    const { collector } = await collecting(t);
    const stop = new AbortController();
    const running = collector.run(stop.signal);
    assert.throws(() => collector.register(new ScriptedSource()), { code: 'SOURCE_INVALID', message: /runs already/ });
    await assert.rejects(collector.run(stop.signal), /runs already/);
    stop.abort();
    await running;
    await assert.rejects(collector.run(stop.signal), /has run/);
  });
});

describe('sources', () => {
  test('are listed with what they can, also after that changed', async (t) => {
    const { collector } = await collecting(t);
    const source = new ScriptedSource('watcher');
    collector.register(source);
    const listed = () => collector.sources[0]?.capabilities;
    assert.deepEqual(listed(), ['performance']);
    source.capabilities = SourceCaps.NETWORK | SourceCaps.REALTIME;
    assert.deepEqual(listed(), ['performance'], 'not before it says so');
    collector.sinkFor(source).capabilitiesChanged();
    assert.deepEqual(listed(), ['network', 'realtime']);
  });

  test('go on while another one fails, which is started again and told', async (t) => {
    const { collector, clock, logger, store, run } = await collecting(t, { withEndpoint: false });
    const bad = new ScriptedSource('bad');
    bad.onStart = () => Promise.reject(new Error('no such device'));
    const good = new ScriptedSource('good');
    good.onStart = async (sink, signal) => {
      while (!signal.aborted) {
        sink.commit({ events: [thing()], observedAtMillis: clock.wallMillis() });
        await clock.delay(700, signal);
      }
    };
    collector.register(bad);
    collector.register(good);
    const end = run();
    for (const pauseMillis of [1_000, 2_000, 4_000]) {
      await clock.sleeping((millis) => millis === pauseMillis);
      for (let passed = 0; passed < pauseMillis; passed += 100) {
        clock.advance(100);
        await new Promise(setImmediate);
      }
    }
    await logger.until(/bad failed and is started again in 8 s: no such device/);
    assert.equal(bad.starts, 4);
    assert.equal(good.starts, 1);
    assert.ok(bodies(store).filter((body) => body === 'a thing was seen').length >= 10);
    const degraded = rows(store).filter(({ n }) => n === 'procmond.agent.degraded');
    assert.equal(degraded.length, 4);
    assert.partialDeepStrictEqual(degraded[0], {
      b: 'source bad failed: no such device',
      a: { 'procmond.degraded.reason': 'source_failed', 'procmond.source.name': 'bad' },
    });
    await end();
  });

  test('are started, and started again, though the store takes nothing: then the log tells', async (t) => {
    const { collector, clock, logger, store, run } = await collecting(t, { withEndpoint: false });
    const source = new ScriptedSource('bad');
    source.onStart = () => Promise.reject(new Error('no such device'));
    collector.register(source);
    store.transact = () => {
      throw new Error('disk full');
    };
    const end = run();
    clock.advance(await clock.sleeping((millis) => millis === 1_000));
    await clock.sleeping((millis) => millis === 2_000);
    assert.equal(source.starts, 2);
    await end();
    assert.deepEqual(
      logger
        .messages('error')
        .filter((message) => message.endsWith(': disk full'))
        .map((message) => message.replace(/\d+\.\d+\.\d+/, 'X')),
      [
        'could not record "procmond X started": disk full',
        'could not record "source bad failed: no such device": disk full',
        'could not record "source bad failed: no such device": disk full',
        'could not record "procmond X stopped": disk full',
      ],
    );
  });

  test('are asked for their health once a minute', async (t) => {
    const { collector, clock, run } = await collecting(t);
    const [one, two] = [new ScriptedSource('one'), new ScriptedSource('two')];
    one.onHealthCheck = async () => ({ healthy: false, message: 'ill' });
    collector.register(one);
    collector.register(two);
    const end = run();
    for (let minute = 1; minute <= 3; minute++) {
      clock.advance(await clock.sleeping((millis) => millis === 60_000));
      await clock.sleeping((millis) => millis === 60_000);
      assert.deepEqual([one.healthChecks, two.healthChecks], [minute, minute]);
    }
    assert.deepEqual(
      collector.sources.map(({ health }) => health),
      [
        { healthy: false, message: 'ill' },
        { healthy: true, message: 'well' },
      ],
    );
    await end();
  });
});

/** A source that sees two things when it is started, and another one when it has to stop. */
function twoThingsAndTheLast(): ScriptedSource {
  const source = new ScriptedSource();
  source.onStart = async (sink, signal) => {
    sink.commit({ events: things(2), observedAtMillis: 1 });
    await untilAborted(signal);
    sink.commit({ events: [thing({ body: 'the last' })], observedAtMillis: 1 });
  };
  return source;
}

describe('a run', () => {
  test('begins with a record that says so, and ends with one', async (t) => {
    const { collector, store, run } = await collecting(t, { withEndpoint: false });
    const source = twoThingsAndTheLast();
    collector.register(source);
    await run()();
    assert.deepEqual(
      bodies(store).map((body) => body.replace(/\d+\.\d+\.\d+/, 'X')),
      ['procmond X started', 'a thing was seen', 'a thing was seen', 'the last', 'procmond X stopped'],
    );
    assert.equal(source.stops, 1);
  });

  test('without an endpoint keeps its records and ends as well', async (t) => {
    const { collector, store, run } = await collecting(t, { withEndpoint: false });
    await run()();
    assert.equal(store.outbox.recordCount, 2);
    assert.equal(await collector.drain({ limitMillis: 1, patient: true }), false);
  });

  test('delivers what it can before it ends, and leaves nothing running', async (t) => {
    const { collector, store, clock, endpoint, run } = await collecting(t);
    const source = new ScriptedSource();
    source.onStart = async (sink, signal) => {
      await untilAborted(signal);
      sink.commit({ events: things(1200), observedAtMillis: 1 });
    };
    collector.register(source);
    await run()();
    assert.equal(store.outbox.recordCount, 0);
    assert.equal(endpoint.taken.at(-1)?.eventName, 'procmond.agent.stopped');
    assert.deepEqual(clock.delays, []);
  });

  test('does not begin with a provider whose records do not come back', async (t) => {
    const { collector, store } = await collecting(t, { loggerProvider: new LoggerProvider({ processors: [] }) });
    const source = new ScriptedSource();
    collector.register(source);
    await assert.rejects(collector.run(new AbortController().signal), { code: 'CAPTURE_MISMATCH' });
    assert.deepEqual([source.starts, store.outbox.nextSeq], [0, 1]);
  });
});

describe('a subscription', () => {
  test('has everything from the first record of a run to the last, and ends with it', async (t) => {
    const { collector, store, run } = await collecting(t, { withEndpoint: false });
    collector.register(twoThingsAndTheLast());
    const reading = bodiesOf(collector.subscribe('#'));
    const health = bodiesOf(collector.subscribe('collector/agent/+'));
    await run()();
    assert.deepEqual(await reading, bodies(store));
    assert.deepEqual(
      await health,
      bodies(store).filter((body) => body.startsWith('procmond')),
    );
  });

  test('ends also when the run could not begin', async (t) => {
    const { collector } = await collecting(t, { loggerProvider: new LoggerProvider({ processors: [] }) });
    const reading = bodiesOf(collector.subscribe('#'));
    await assert.rejects(collector.run(new AbortController().signal), { code: 'CAPTURE_MISMATCH' });
    assert.deepEqual(await reading, []);
  });

  test('with an illegal pattern is refused', async (t) => {
    const { collector } = await collecting(t);
    assert.throws(() => collector.subscribe('collector/*'), { code: 'TOPIC_INVALID', message: /segment 2 \("\*"\)/ });
  });
});

describe('an end', () => {
  const hindrances: readonly [string, (source: ScriptedSource, endpoint: OtlpEndpoint) => void][] = [
    [
      'a source that ignores its signal',
      (source) => {
        source.onStart = never;
      },
    ],
    [
      'a source that does not stop',
      (source) => {
        source.onStop = never;
      },
    ],
    [
      'a source that does not say how it is',
      (source) => {
        source.onHealthCheck = never;
      },
    ],
    [
      'an endpoint that says nothing',
      (_, endpoint) => {
        endpoint.otherwise = () => ({ kind: 'silent' });
      },
    ],
    [
      'an endpoint that drips',
      (_, endpoint) => {
        endpoint.otherwise = () => ({ kind: 'drip', everyMillis: 5 });
      },
    ],
    [
      'an endpoint that refuses',
      (_, endpoint) => {
        endpoint.otherwise = () => status(401);
      },
    ],
    [
      'all of them at once',
      (source, endpoint) => {
        source.onStart = never;
        source.onStop = never;
        source.onHealthCheck = never;
        endpoint.otherwise = () => ({ kind: 'silent' });
      },
    ],
  ];
  for (const [what, hinder] of hindrances) {
    test(`comes within ten seconds in spite of ${what}, and no record is lost`, async (t) => {
      const { collector, store, clock, endpoint, run } = await collecting(t);
      const source = new ScriptedSource();
      hinder(source, endpoint);
      collector.register(source);
      const end = run();
      await endpoint.until(() => endpoint.requests.length > 0);
      if (source.onHealthCheck === never) clock.advance(60_000);
      const before = clock.monotonicMillis();
      const progress = { ended: false };
      const ending = end().then(() => {
        progress.ended = true;
      });
      while (!progress.ended) {
        // Whatever is waited for takes as long as it may.
        await new Promise(setImmediate);
        if (!progress.ended && clock.delays.length > 0) clock.advance(100);
      }
      await ending;
      assert.ok(clock.monotonicMillis() - before <= 10_000, `took ${clock.monotonicMillis() - before} ms`);
      const gone = new Set(endpoint.takenSeqs);
      for (let seq = 1; seq < store.outbox.nextSeq; seq++) {
        assert.ok(gone.has(seq) || rows(store).some(({ a }) => a['procmond.seq'] === seq), `${seq} is nowhere`);
      }
    });
  }
});

test('an end does not wait to hear how a source is', async (t) => {
  const { collector, clock, run } = await collecting(t, { withEndpoint: false });
  const source = new ScriptedSource();
  source.onHealthCheck = never;
  collector.register(source);
  const end = run();
  clock.advance(await clock.sleeping((millis) => millis === 60_000));
  await clock.sleeping((millis) => millis === 5_000);
  await end();
  assert.deepEqual(clock.delays, []);
});

describe('an application', () => {
  test('keeps its global providers: a Collector registers none', async (t) => {
    const { run } = await collecting(t);
    await run()();
    const own = new LoggerProvider();
    assert.equal(logs.setGlobalLoggerProvider(own), own, 'the first to register');
    assert.equal(apiLogs.setGlobalLoggerProvider(own), true, 'the first to register');
    logs.disable();
    apiLogs.disable();
  });

  test('is named on records by the standard variables', async (t) => {
    setEnvironment(t, { OTEL_SERVICE_NAME: 'shop', OTEL_RESOURCE_ATTRIBUTES: 'team=blue' });
    const { endpoint, run } = await collecting(t);
    await run()();
    assert.partialDeepStrictEqual(endpoint.taken[0]?.resource, { 'service.name': 'shop', team: 'blue' });
  });
});

async function collecting(
  t: TestContext,
  { withEndpoint = true, ...options }: Partial<CollectorOptions> & { readonly withEndpoint?: boolean } = {},
) {
  const clock = new ManualClock();
  const logger = new CapturedLogger();
  const store = await openStore(t);
  const endpoint = await OtlpEndpoint.start(t);
  const collector = new Collector({
    store,
    clock,
    logger,
    ...(withEndpoint && { otlp: { url: endpoint.url } }),
    ...options,
  });
  /** @returns what ends it and resolves when it has ended */
  const run = () => {
    const stop = new AbortController();
    t.after(() => stop.abort());
    const running = collector.run(stop.signal);
    return () => {
      stop.abort();
      return running;
    };
  };
  return { collector, clock, logger, store, endpoint, run };
}

function rows({ outbox }: SnapshotStore) {
  const records = outbox.take({ maxRecords: 10_000, maxBytes: 1e9, acrossTopics: true });
  outbox.release();
  return records.map(({ row }) => JSON.parse(row) as { n: string; b: string; a: Record<string, unknown> });
}

function bodies(store: SnapshotStore): readonly string[] {
  return rows(store).map(({ b }) => b);
}

async function bodiesOf(subscription: Subscription<CommittedEvent>): Promise<readonly string[]> {
  const heard: string[] = [];
  for await (const { message } of subscription) heard.push(message.body);
  return heard;
}
