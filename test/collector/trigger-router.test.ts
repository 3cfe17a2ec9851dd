import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ProcmondError } from '../../src/base/errors.ts';
import type { TriggerOutcome } from '../../src/base/observer.ts';
import type { EventBatch, EventSink, TriggerContext, TriggerDecision } from '../../src/collector/event-source.ts';
import { InvalidTriggerError } from '../../src/collector/invalid-trigger-error.ts';
import { SourceCaps } from '../../src/collector/source-caps.ts';
import { TriggerRouter } from '../../src/collector/trigger-router.ts';
import type { CollectionEvent, CycleCompletedEvent } from '../../src/event/collection-event.ts';
import type { AnalysisType, TriggerRequest } from '../../src/event/trigger-request.ts';
import { CapturedLogger } from '../fake/captured-logger.ts';
import { thing } from '../fake/committed-events.ts';
import { ManualClock } from '../fake/manual-clock.ts';
import { never, untilAborted } from '../fake/scripted-source.ts';
import { triggerEvent, triggerRequest } from '../fake/trigger.ts';
import { TriggeredSource } from '../fake/triggered-source.ts';

const of = (pid: number): Partial<TriggerRequest> => ({ process: { pid, startTicks: 100 } });

class Bench {
  readonly clock = new ManualClock();
  readonly logger = new CapturedLogger();
  readonly source = new TriggeredSource();
  readonly committed: CollectionEvent[] = [];
  readonly counts = new Map<TriggerOutcome, number>();
  /** What commits come to; undefined = they succeed. */
  commitFailure: Error | undefined;
  readonly #sources = new Map<string, TriggeredSource>();
  readonly router = new TriggerRouter({
    clock: this.clock,
    logger: this.logger,
    observer: { triggered: (outcome, count) => this.counts.set(outcome, (this.counts.get(outcome) ?? 0) + count) },
    sourceOf: (name) => {
      const source = this.#sources.get(name);
      return source && { source, capabilities: source.capabilities, sink: this.sink };
    },
  });

  readonly sink: EventSink = {
    commit: (batch) => this.router.commit(batch, 'source', (admitted) => this.#commit(admitted)),
    capabilitiesChanged() {},
  };

  constructor(...others: readonly TriggeredSource[]) {
    for (const source of [this.source, ...others]) this.#sources.set(source.name, source);
  }

  ask(...requests: readonly Partial<TriggerRequest>[]): readonly TriggerDecision['outcome'][] {
    const { triggers = [] } = this.sink.commit({ events: requests.map(triggerEvent), observedAtMillis: 7 });
    return triggers.map(({ outcome }) => outcome);
  }

  /** So many, each of another process. */
  askMany(count: number, parts: Partial<TriggerRequest> = {}, firstPid = 1): readonly TriggerDecision['outcome'][] {
    return this.ask(...Array.from({ length: count }, (_, index) => ({ ...of(firstPid + index), ...parts })));
  }

  /** All that can happen now has happened. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 5; turn++) await nextTurn();
  }

  get counted(): Partial<Record<TriggerOutcome, number>> {
    return Object.fromEntries(this.counts);
  }

  get kinds(): readonly string[] {
    return this.committed.map(({ kind }) => kind);
  }

  #commit(batch: EventBatch) {
    // As in a transaction: what was made of it is gone when it fails.
    const events = [...batch.events];
    if (this.commitFailure !== undefined) throw this.commitFailure;
    this.committed.push(...events);
    return { firstSeq: 1, lastSeq: events.length };
  }
}

suite('a request', () => {
  test('is published, and handed to the source of its name', async () => {
    const bench = new Bench();
    assert.deepEqual(bench.ask({}), ['delivered']);
    assert.deepEqual(bench.committed, [triggerEvent()]);
    await bench.settle();
    const [handled] = bench.source.handled;
    assert.deepEqual([handled?.request, handled?.origin, handled?.sink], [triggerRequest(), 'source', bench.sink]);
    assert.deepEqual(bench.counted, { published: 1, delivered: 1, answered: 1 });
    assert.deepEqual(bench.clock.delays, []);
  });

  test('says who asks', async () => {
    const bench = new Bench();
    bench.router.commit({ events: [triggerEvent()], observedAtMillis: 7 }, 'operator', ({ events }) => {
      return { firstSeq: 1, lastSeq: [...events].length };
    });
    await bench.settle();
    assert.equal(bench.source.handled[0]?.origin, 'operator');
  });

  const TYPES: readonly (readonly [type: AnalysisType, needed: SourceCaps])[] = [
    ['binary_hash', SourceCaps.FILESYSTEM],
    ['yara_scan', SourceCaps.FILESYSTEM],
    ['memory_analysis', SourceCaps.PROCESS],
    ['behavioral_analysis', SourceCaps.PROCESS],
    ['network_analysis', SourceCaps.NETWORK],
    ['custom:entropy', 0],
  ];
  for (const [analysisType, needed] of TYPES) {
    test(`for ${analysisType} goes to a source that answers such and has the capability, and to no other`, () => {
      const source = new TriggeredSource('analyser', [analysisType]);
      const bench = new Bench(source);
      const ask = (pid: number) => bench.ask({ target: 'analyser', analysisType, ...of(pid) });
      source.capabilities = needed | SourceCaps.REALTIME;
      assert.deepEqual(ask(1), ['delivered']);
      source.capabilities = 127 & ~needed;
      assert.deepEqual(ask(2), needed === 0 ? ['delivered'] : ['no_target']);
      source.capabilities = needed;
      const other = analysisType === 'binary_hash' ? 'yara_scan' : 'binary_hash';
      assert.deepEqual(bench.ask({ target: 'analyser', analysisType: other, ...of(3) }), ['no_target']);
      assert.deepEqual(bench.kinds, ['trigger', 'trigger', 'trigger']);
    });
  }

  test('that nobody here answers is published for who reads the topic', async () => {
    const bench = new Bench();
    assert.deepEqual(bench.ask({ target: 'sandbox' }), ['no_target']);
    await bench.settle();
    assert.deepEqual([bench.kinds, bench.source.handled], [['trigger'], []]);
    assert.deepEqual(bench.counted, { published: 1, no_target: 1 });
  });

  test('is delivered when its batch is committed, after it, and among the other events where it stands', async () => {
    const bench = new Bench();
    const seen: string[] = [];
    bench.source.onTrigger = async () => void seen.push('handled');
    bench.sink.commit({ events: [thing(), triggerEvent(), thing()], observedAtMillis: 7 });
    seen.push('committed');
    await bench.settle();
    assert.deepEqual(seen, ['committed', 'handled']);
    assert.deepEqual(bench.kinds, ['performance', 'trigger', 'performance']);
  });

  test('that nobody could act on is an error with all that is wrong, and nothing of its batch is committed', () => {
    const bench = new Bench();
    const wrong = { target: 'No Name', correlationId: '' };
    assert.throws(
      () => bench.ask({}, wrong),
      (error) =>
        error instanceof InvalidTriggerError &&
        error instanceof ProcmondError &&
        error.code === 'TRIGGER_INVALID' &&
        error.problems.map(({ field }) => field).join() === 'target,correlationId' &&
        /^cannot ask for an analysis: target is "No Name", it must be a name .*; correlationId is "", it must/.test(
          error.message,
        ),
    );
    assert.deepEqual([bench.committed, bench.counted], [[], {}]);
    assert.deepEqual(bench.ask({}), ['delivered']);
  });

  test('has left no trace when the commit failed: it may be asked again, and counts against no rate', async () => {
    const bench = new Bench();
    bench.commitFailure = new Error('the disk is full');
    for (let round = 0; round < 3; round++) assert.throws(() => bench.askMany(60), /the disk is full/);
    await bench.settle();
    assert.deepEqual([bench.source.handled, bench.counted, bench.logger.lines], [[], {}, []]);
    bench.commitFailure = undefined;
    assert.deepEqual(new Set(bench.askMany(60)), new Set(['delivered']));
  });
});

suite('a request that is refused', () => {
  test('because it was asked just before is not published again', async () => {
    const bench = new Bench();
    assert.deepEqual(bench.ask({}, {}), ['delivered', 'deduplicated']);
    await bench.settle();
    bench.clock.advance(299_999);
    assert.deepEqual(bench.ask({}), ['deduplicated']);
    bench.clock.advance(1);
    assert.deepEqual(bench.ask({}), ['delivered']);
    await bench.settle();
    assert.equal(bench.source.handled.length, 2);
    assert.deepEqual(bench.kinds, ['trigger', 'trigger']);
    assert.deepEqual(bench.counted, { published: 2, delivered: 2, answered: 2, deduplicated: 2 });
    assert.deepEqual(bench.logger.lines, []);
  });

  test('because the target is asked too often may be asked again, and is told once a minute', async () => {
    const bench = new Bench();
    bench.source.onTrigger = never;
    const outcomes = bench.askMany(102);
    assert.deepEqual(
      [outcomes.indexOf('rate_limited'), outcomes.filter((it) => it === 'delivered').length],
      [100, 100],
    );
    const [told] = bench.committed.slice(100);
    assert.deepEqual(told, {
      kind: 'agent',
      name: 'degraded',
      timestampMillis: 7,
      message: 'refused 2 requests for analyses: more than can be handled were asked of binary-hasher',
      attributes: {
        'procmond.degraded.reason': 'triggers_refused',
        'procmond.trigger.refused': { 'binary-hasher': 2 },
      },
    });
    bench.clock.advance(59_999);
    assert.deepEqual(bench.askMany(3, {}, 101), ['rate_limited', 'rate_limited', 'rate_limited']);
    assert.equal(bench.committed.length, 101);
    bench.clock.advance(1);
    assert.deepEqual(bench.ask(of(101)), ['delivered']);
    const later = bench.committed.at(-1);
    assert.match(later?.kind === 'agent' ? later.message : '', /^refused 3 requests/);
    assert.equal(bench.logger.messages('warn').length, 2);
    assert.equal(bench.counted.rate_limited, 5);
  });

  test('because the queue is full may be asked again; low priority is refused first', async () => {
    const targets = Array.from({ length: 11 }, (_, index) => new TriggeredSource(`target-${index}`));
    for (const target of targets) target.onTrigger = never;
    const bench = new Bench(...targets);
    const ask = (index: number, priority: TriggerRequest['priority'], firstPid = 1, count = 100) => {
      const outcomes = bench.askMany(count, { target: `target-${index}`, priority }, firstPid);
      return ['delivered', 'queue_full'].map((wanted) => outcomes.filter((outcome) => outcome === wanted).length);
    };
    // Of the hundred for a target four are being handled, and 96 wait.
    for (let index = 0; index < 8; index++) assert.deepEqual(ask(index, 'low'), [100, 0]);
    assert.deepEqual(ask(8, 'low'), [32, 68], '768 waited');
    assert.deepEqual(ask(9, 'normal'), [100, 0], '796 waited');
    assert.deepEqual(ask(10, 'high'), [100, 0], '892 waited');
    // What was refused was neither seen nor counted for the rate.
    assert.deepEqual(ask(8, 'critical', 33, 68), [12, 56], '988 waited');
    assert.deepEqual(ask(8, 'normal', 45, 56), [0, 56], '1,000 waited');
    assert.equal(bench.counted.queue_full, 68 + 56 + 56);
    bench.clock.advance(30_000);
    await bench.settle();
    assert.deepEqual(ask(8, 'normal', 45, 56), [56, 0], 'none waited');
  });

  test('is not counted among the records of its cycle', () => {
    const bench = new Bench();
    const cycle = (events: number): CycleCompletedEvent => ({
      kind: 'cycle',
      timestampMillis: 7,
      events,
      processes: 0,
      observed: 0,
      started: 0,
      stopped: 0,
      changed: 0,
      findings: 0,
      triggers: events - 1,
      ruleErrors: 0,
      deniedFields: 0,
      vanished: 0,
      truncated: false,
      inventory: false,
      durationMillis: 1,
      refreshCycles: 10,
    });
    bench.sink.commit({ events: [triggerEvent(), triggerEvent(), triggerEvent(of(1)), cycle(4)], observedAtMillis: 7 });
    const completed = bench.committed.at(-1);
    assert.deepEqual([bench.kinds, completed], [['trigger', 'trigger', 'cycle'], cycle(3)]);
  });
});

suite('an answer', () => {
  test('is waited for thirty seconds; then the source is told that the time is over', async () => {
    const bench = new Bench();
    bench.source.onTrigger = (_, { signal }) => untilAborted(signal);
    bench.ask({});
    await bench.settle();
    bench.clock.advance(29_999);
    await bench.settle();
    assert.equal(bench.source.handled[0]?.signal.aborted, false);
    bench.clock.advance(1);
    await bench.settle();
    assert.equal(bench.source.handled[0]?.signal.aborted, true);
    assert.deepEqual(bench.counted, { published: 1, delivered: 1, expired: 1 });
    assert.deepEqual([bench.clock.delays, bench.logger.lines], [[], []]);
  });

  test('is asked for also of what waited for thirty seconds, with its time over', async () => {
    const bench = new Bench();
    bench.source.onTrigger = (_, { signal }) => untilAborted(signal);
    bench.askMany(5);
    await bench.settle();
    assert.equal(bench.source.handled.length, 4);
    const states: boolean[] = [];
    bench.source.onTrigger = async (_, { signal }) => void states.push(signal.aborted);
    bench.clock.advance(30_000);
    await bench.settle();
    assert.deepEqual(states, [true]);
    assert.equal(bench.counted.expired, 5);
  });

  test('is given up when the source goes on after its time; it has room for others then', async () => {
    const bench = new Bench();
    bench.source.onTrigger = never;
    bench.askMany(4);
    await bench.settle();
    bench.clock.advance(30_000);
    await bench.settle();
    bench.source.onTrigger = async () => {};
    bench.ask(of(5));
    await bench.settle();
    assert.equal(bench.source.handled.length, 4);
    bench.clock.advance(5_000);
    await bench.settle();
    assert.deepEqual(bench.counted, { published: 5, delivered: 5, failed: 4, answered: 1 });
    assert.match(bench.logger.messages('error')[0] ?? '', /it went on for 5000 ms after its time was over$/);
  });

  for (const [how, onTrigger] of [
    ['rejects', () => Promise.reject(new Error('broken'))],
    ['throws', () => fail('broken')],
    ['rejects after its time is over', (_: TriggerRequest, context: TriggerContext) => rejectWhenAborted(context)],
  ] as const) {
    test(`that ${how} has failed, is logged, and is in nobody's way`, async () => {
      const bench = new Bench();
      bench.source.onTrigger = onTrigger;
      bench.ask({});
      await bench.settle();
      if (bench.counted.failed === undefined) bench.clock.advance(30_000);
      await bench.settle();
      assert.deepEqual(bench.counted, { published: 1, delivered: 1, failed: 1 });
      assert.deepEqual(bench.logger.messages('error'), [
        `source binary-hasher did not answer trigger ${triggerRequest().triggerId}: broken`,
      ]);
      bench.source.onTrigger = async () => {};
      bench.ask(of(5));
      await bench.settle();
      assert.equal(bench.counts.get('answered'), 1);
    });
  }

  test('may ask for further analyses', async () => {
    const bench = new Bench();
    bench.source.onTrigger = async (_, { sink }) => {
      sink.commit({ events: [triggerEvent({ target: 'sandbox' })], observedAtMillis: 7 });
    };
    bench.ask({});
    await bench.settle();
    assert.deepEqual(bench.counted, { published: 2, delivered: 1, no_target: 1, answered: 1 });
  });

  test('is asked for in the order of priority, four at a time for each source', async () => {
    const other = new TriggeredSource('other');
    const bench = new Bench(other);
    const release: (() => void)[] = [];
    for (const source of [bench.source, other]) {
      source.onTrigger = () => new Promise((resolve) => release.push(resolve));
    }
    bench.askMany(4);
    await bench.settle();
    bench.ask({ ...of(11), priority: 'low' }, { ...of(12), priority: 'critical' }, { ...of(13), target: 'other' });
    await bench.settle();
    assert.deepEqual([bench.source.handled.length, other.handled.length], [4, 1]);
    for (const end of release.splice(0, 4)) end();
    await bench.settle();
    assert.deepEqual(
      bench.source.handled.slice(4).map(({ request }) => request.process?.pid),
      [12, 11],
    );
  });
});

suite('the end', () => {
  test('comes to all that wait and all that are answered, and leaves what is asked then to who reads the topic', async () => {
    const bench = new Bench();
    bench.source.onTrigger = (_, { signal }) => untilAborted(signal);
    bench.askMany(6);
    await bench.settle();
    await bench.router.stop();
    assert.deepEqual([bench.source.handled.length, bench.counted.expired], [6, 6]);
    assert.deepEqual(bench.ask({}), ['no_target']);
    assert.deepEqual(bench.clock.delays, []);
    await bench.router.stop();
  });
});

function fail(message: string): never {
  throw new Error(message);
}

async function rejectWhenAborted({ signal }: TriggerContext): Promise<never> {
  await untilAborted(signal);
  return fail('broken');
}
