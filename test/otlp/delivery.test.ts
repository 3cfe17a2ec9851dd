import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, type TestContext, test } from 'node:test';
import type { ExportBlock, ExportReport } from '../../src/base/observer.ts';
import type { ForeignEvent } from '../../src/event/collection-event.ts';
import { Delivery, type DeliveryOptions } from '../../src/otlp/delivery.ts';
import { OtlpSender } from '../../src/otlp/otlp-sender.ts';
import type { SnapshotStore } from '../../src/store/snapshot-store.ts';
import { CapturedLogger } from '../fake/captured-logger.ts';
import { isPoison, makeCommitter, poison, TEST_TOPIC, thing, things } from '../fake/committed-events.ts';
import { ManualClock } from '../fake/manual-clock.ts';
import {
  ACCEPT,
  type Answer,
  BUSY,
  OtlpEndpoint,
  partialSuccess,
  type ReceivedRequest,
  refusing,
  status,
} from '../fake/otlp-endpoint.ts';
import { openStore, scratchDirectory } from '../fake/scratch-store.ts';

const OTHER_TOPIC = 'collector/test/others';

/** So that the exporter does not try again by itself, which it does after a second. */
const TIMEOUT_MILLIS = 700;
const WATCHDOG_MILLIS = 3 * TIMEOUT_MILLIS;

/** A store, an endpoint, and what stands between them. */
class Line {
  readonly clock = new ManualClock();
  readonly logger = new CapturedLogger();
  readonly reports: ExportReport[] = [];
  readonly blocks: (ExportBlock | undefined)[] = [];
  readonly delivery: Delivery;
  readonly store: SnapshotStore;
  readonly endpoint: OtlpEndpoint;
  /** How often the store fails from now on. */
  storeFailures = 0;
  readonly #stop = new AbortController();
  readonly #cut = new AbortController();
  readonly #commit: (events: readonly ForeignEvent[]) => void;

  constructor(store: SnapshotStore, endpoint: OtlpEndpoint, sender?: DeliveryOptions['sender']) {
    this.store = store;
    this.endpoint = endpoint;
    const { clock, logger } = this;
    this.delivery = new Delivery({
      outbox: store.outbox,
      transact: (work) => {
        if (this.storeFailures-- > 0) throw new Error('no space left');
        store.transact(work);
      },
      sender: sender ?? new OtlpSender({ url: endpoint.url, timeoutMillis: TIMEOUT_MILLIS, clock }),
      observer: { exported: (report) => this.reports.push(report), exportBlocked: (block) => this.blocks.push(block) },
      logger,
      clock,
      random: () => 0.5,
    });
    const committer = makeCommitter(store, { clock, committed: () => this.delivery.wake() });
    this.#commit = (events) => committer.commit({ events, observedAtMillis: clock.wallMillis() });
  }

  static async open(t: TestContext, options: Parameters<typeof openStore>[1] = {}): Promise<Line> {
    return new Line(await openStore(t, options), await OtlpEndpoint.start(t));
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  commit(...events: readonly ForeignEvent[]): void {
    this.#commit(events);
  }

  /** Runs until the test ends, or `stop` is called. */
  run(t: TestContext): Promise<void> {
    t.after(() => this.stop());
    return this.delivery.run(this.#stop.signal, this.#cut.signal);
  }

  stop(): void {
    this.#stop.abort();
    this.#cut.abort();
  }

  finish(): void {
    this.#stop.abort();
  }

  /** @returns how long the pause is, as soon as there is one */
  pause(): Promise<number> {
    return this.clock.sleeping((millis) => millis !== WATCHDOG_MILLIS);
  }

  async endPause(): Promise<number> {
    const millis = await this.pause();
    this.clock.advance(millis);
    return millis;
  }

  async endPauses(): Promise<never> {
    for (;;) await this.endPause();
  }

  /** Resolves when all has left. */
  async emptied(): Promise<void> {
    await this.endpoint.until(() => this.endpoint.taken.some(({ seq }) => seq === this.store.outbox.nextSeq - 1));
    while (this.store.outbox.recordCount > 0) await new Promise(setImmediate);
  }

  get deadSeqs(): readonly number[] {
    return this.store.outbox.deadLetters.all().map(({ seq }) => seq);
  }

  counted(kind: 'acknowledged' | 'rejected'): Record<string, number> {
    const sums: Record<string, number> = {};
    for (const report of this.reports) {
      for (const [topic, count] of report[kind]) sums[topic] = (sums[topic] ?? 0) + count;
    }
    return sums;
  }
}

describe('what is committed', () => {
  test('arrives in order, over batches, chunks and topics', async (t) => {
    const line = await Line.open(t);
    line.commit(...things(700), ...things(3, { topic: OTHER_TOPIC }));
    void line.run(t);
    line.commit(...things(700, { body: 'x'.repeat(2_000) }));
    await line.emptied();
    assert.deepEqual(line.endpoint.takenSeqs, seqs(1, 1403));
    assert.ok(line.endpoint.requests.every(({ records }) => new Set(records.map(({ topic }) => topic)).size === 1));
    assert.ok(line.endpoint.requests.every(({ records }) => records.length <= 512));
    assert.equal(new Set(line.endpoint.taken.map(({ uid }) => uid)).size, 1403);
  });

  test('is sent as soon as it is committed', async (t) => {
    const line = await Line.open(t);
    void line.run(t);
    for (let count = 1; count <= 20; count++) {
      line.commit(thing());
      await line.endpoint.until(() => line.endpoint.taken.length === count);
    }
    assert.deepEqual(
      line.clock.delays.filter((millis) => millis !== WATCHDOG_MILLIS),
      [],
      'without any pause',
    );
  });

  test('is still there while it is under way', async (t) => {
    const line = await Line.open(t);
    const waiting: number[] = [];
    line.endpoint.otherwise = () => () => {
      waiting.push(line.store.outbox.recordCount);
      return ACCEPT;
    };
    line.commit(...things(600));
    void line.run(t);
    await line.emptied();
    assert.deepEqual(waiting, [600, 100]);
  });

  for (const how of ['while it runs', 'before its end'] as const) {
    test(`leaves the program a turn after each batch ${how}, however fast that is accepted`, async (t) => {
      const turnsBefore: number[] = [];
      let turns = 0;
      const line = new Line(await openStore(t), await OtlpEndpoint.start(t), {
        endpoint: 'http://at-once.invalid/v1/logs',
        // Without a network there is nothing between two batches but what delivery itself leaves there.
        send: async () => {
          turnsBefore.push(turns);
          setImmediate(() => {
            turns += 1;
          });
          return { kind: 'accepted', rejected: 0, message: undefined };
        },
      });
      line.commit(...things(2_000));
      if (how === 'before its end') await line.delivery.drain(new AbortController().signal, { patient: false });
      else void line.run(t);
      while (line.store.outbox.recordCount > 0) await new Promise(setImmediate);
      assert.ok(turnsBefore.length >= 4);
      assert.deepEqual(turnsBefore, [...turnsBefore.keys()]);
    });
  }

  test('is the same in every byte when it is sent again, also after a reopening', async (t) => {
    const directory = scratchDirectory(t);
    const line = await Line.open(t, { directory });
    line.endpoint.next({ kind: 'cut_after' }, { kind: 'cut_after' });
    line.commit(...things(20, { attributes: { list: ['ü', '\u2028'], map: { a: 1, b: [] }, fraction: 0.1 } }));
    const running = line.run(t);
    await line.endPause();
    await line.pause();
    line.stop();
    await running;
    await line.store.close();

    const again = new Line(await openStore(t, { directory }), line.endpoint);
    void again.run(t);
    await again.emptied();
    const { taken } = line.endpoint;
    assert.deepEqual(
      taken.map(({ seq }) => seq),
      [...seqs(1, 20), ...seqs(1, 20), ...seqs(1, 20)],
    );
    assert.equal(new Set(taken.map(({ content }) => content)).size, 20);
    assert.equal(new Set(taken.map(({ uid }) => uid)).size, 20);
  });
});

describe('an endpoint in the way', () => {
  const over = 'Fri, 31 Dec 1999 23:59:59 GMT';
  const answers: readonly [string, Answer][] = [
    ['that says nothing of time', status(404)],
    ['with Retry-After 0', status(503, '', { 'retry-after': '0' })],
    ['with a Retry-After that is over', status(429, '', { 'retry-after': over })],
  ];
  for (const [which, answer] of answers) {
    test(`${which} is asked ever less often, up to a minute, and at once as often again after a success`, async (t) => {
      const line = await Line.open(t);
      line.endpoint.otherwise = () => answer;
      line.commit(thing());
      void line.run(t);
      const pauses: number[] = [];
      for (let attempt = 0; attempt < 9; attempt++) pauses.push(await line.endPause());
      pauses.push(await line.pause());
      assert.deepEqual(pauses, [1_000, 1_500, 3_000, 6_000, 12_000, 24_000, 45_000, 45_000, 45_000, 45_000]);
      line.endpoint.next(ACCEPT);
      await line.endPause();
      await line.emptied();
      line.commit(thing());
      assert.equal(await line.pause(), 1_000);
    });
  }

  test('does not keep the store from committing, nor what is new from waiting its turn', async (t) => {
    const line = await Line.open(t);
    line.endpoint.otherwise = () => status(404);
    void line.run(t);
    for (let cycle = 0; cycle < 5; cycle++) {
      line.commit(...things(10));
      await line.endPause();
    }
    await line.pause();
    line.endpoint.otherwise = () => ACCEPT;
    await line.endPause();
    await line.emptied();
    assert.deepEqual(line.endpoint.takenSeqs, seqs(1, 50));
  });
});

describe('a record that the endpoint refuses for good', () => {
  const cases: readonly [string, readonly ForeignEvent[], readonly number[]][] = [
    ['first', [poison(), ...things(9)], [1]],
    ['in the middle', [...things(4), poison(), ...things(5)], [5]],
    ['twice in a batch', [thing(), poison(), ...things(5), poison(), thing()], [2, 8]],
  ];
  for (const [where, events, bad] of cases) {
    test(`(${where}) is put aside, told, and nothing else with it`, async (t) => {
      const line = await Line.open(t);
      line.endpoint.otherwise = () => refusing(isPoison, status(400, 'unknown attribute'));
      line.commit(...events);
      void line.run(t);
      await line.emptied();
      assert.deepEqual(line.deadSeqs, bad);
      assert.deepEqual(
        line.endpoint.takenSeqs,
        seqs(1, events.length).filter((seq) => !bad.includes(seq)),
      );
      assert.match(line.store.outbox.deadLetters.all()[0]?.reason ?? '', /answered 400 \(unknown attribute\)/);
      assert.match(line.store.outbox.deadLetters.all()[0]?.row ?? '', /test\.poison/);
      assert.deepEqual(line.store.outbox.discards.untold, [
        { topic: TEST_TOPIC, reason: 'dead_letter', count: bad.length, first: bad[0], last: bad.at(-1) },
      ]);
      assert.equal(line.logger.messages('error').length, bad.length);
      assert.match(
        line.logger.messages('error')[0] ?? '',
        new RegExp(`^record ${bad[0]} on ${TEST_TOPIC} was put in the dead-letter table: `),
      );
      assert.deepEqual(line.counted('rejected'), { [TEST_TOPIC]: bad.length });
      assert.deepEqual(line.counted('acknowledged'), { [TEST_TOPIC]: events.length - bad.length });
      assert.equal(line.delivery.block, undefined);
    });
  }

  test('waits, when it is the last, for another one to be accepted', async (t) => {
    const line = await Line.open(t);
    line.endpoint.otherwise = () => refusing(isPoison);
    line.commit(...things(3), poison());
    void line.run(t);
    await line.endPause();
    await line.pause();
    assert.deepEqual([line.endpoint.takenSeqs, line.deadSeqs], [[1, 2, 3], []]);
    assert.equal(line.delivery.block?.reason, 'rejected');
    line.commit(...things(2));
    await line.endPause();
    await line.emptied();
    assert.deepEqual([line.deadSeqs, line.endpoint.takenSeqs.at(-1)], [[4], 6]);
    assert.deepEqual(line.counted('acknowledged'), { [TEST_TOPIC]: 5 }, 'a probe is not counted');
  });

  test('is judged by a record of another topic when nothing of its own follows', async (t) => {
    const line = await Line.open(t);
    line.endpoint.otherwise = () => refusing(isPoison);
    line.commit(poison(), ...things(3, { topic: OTHER_TOPIC }));
    void line.run(t);
    await line.endPause();
    await line.emptied();
    assert.deepEqual([line.deadSeqs, line.endpoint.takenSeqs.slice(-3)], [[1], [2, 3, 4]]);
  });

  test('is put aside in the same transaction that moves the cursor', async (t) => {
    const line = await Line.open(t);
    line.endpoint.otherwise = () => refusing(isPoison);
    line.commit(poison(), ...things(3));
    line.storeFailures = 1;
    void line.run(t);
    await line.pause();
    assert.deepEqual([line.deadSeqs, line.store.outbox.recordCount, line.counted('rejected')], [[], 4, {}]);
    await line.endPause();
    await line.emptied();
    assert.deepEqual([line.deadSeqs, line.counted('rejected')], [[1], { [TEST_TOPIC]: 1 }]);
  });
});

describe('what was refused and is sent once more', () => {
  /** A line on which ten records were refused, and two more were accepted. */
  async function lineWithLetters(t: TestContext): Promise<Line> {
    const line = await Line.open(t);
    line.endpoint.otherwise = () => refusing(isPoison);
    line.commit(...Array.from({ length: 10 }, () => poison()), ...things(2));
    void line.run(t);
    await line.emptied();
    assert.deepEqual(line.deadSeqs, seqs(1, 10));
    return line;
  }

  function retry({ store, delivery }: Line): void {
    assert.equal(
      store.transact(() => store.outbox.deadLetters.retry()),
      10,
    );
    delivery.wake();
  }

  test('arrives, late and with its own number and uid, when the endpoint takes it now', async (t) => {
    const line = await lineWithLetters(t);
    const takenBefore = line.endpoint.takenSeqs.length;
    line.endpoint.otherwise = () => ACCEPT;
    retry(line);
    await line.endpoint.until(() => line.endpoint.taken.length === takenBefore + 10);
    assert.deepEqual(line.endpoint.takenSeqs.slice(takenBefore), seqs(1, 10));
    assert.equal(new Set(line.endpoint.taken.map(({ uid }) => uid)).size, 12);
    line.commit(thing());
    await line.emptied();
    assert.deepEqual(line.deadSeqs, []);
  });

  test('is put aside again when it is refused again, told once, and keeps nothing from leaving', async (t) => {
    const line = await lineWithLetters(t);
    assert.deepEqual(
      line.store.outbox.discards.untold.map(({ count }) => count),
      [10],
    );
    retry(line);
    line.commit(...things(4, { topic: OTHER_TOPIC }));
    assert.deepEqual(line.store.outbox.discards.untold, [], 'what was committed last tells them');
    await line.endPause();
    await line.pause();
    assert.deepEqual(line.endpoint.takenSeqs.slice(-5), seqs(13, 17), 'while two of them wait to be judged');
    line.commit(thing());
    await line.endPause();
    await line.emptied();
    assert.deepEqual([line.deadSeqs, line.store.outbox.recordCount], [seqs(1, 10), 0]);
    assert.deepEqual(line.store.outbox.discards.untold, []);
  });
});

describe('an endpoint with a limit', () => {
  const tooLarge = (most: number) => () => (request: { readonly records: readonly unknown[] }) =>
    request.records.length > most ? status(413) : ACCEPT;

  test('gets batches that fit', async (t) => {
    const line = await Line.open(t);
    line.endpoint.otherwise = tooLarge(20);
    line.commit(...things(300));
    void line.run(t);
    await line.emptied();
    assert.deepEqual(line.endpoint.takenSeqs, seqs(1, 300));
    assert.deepEqual(line.deadSeqs, []);
    assert.equal(line.delivery.block, undefined);
  });

  test('of one record at a time still gets all, in order', async (t) => {
    const line = await Line.open(t);
    line.endpoint.otherwise = tooLarge(1);
    line.commit(...things(40));
    void line.run(t);
    await line.emptied();
    assert.deepEqual(line.endpoint.takenSeqs, seqs(1, 40));
  });

  test('of one record at a time is not blocked by one that it refuses', async (t) => {
    const line = await Line.open(t);
    line.endpoint.otherwise = () => (request) => (request.records.length > 1 ? status(413) : refused(request));
    const refused = refusing(isPoison) as (request: ReceivedRequest) => Answer;
    line.commit(...things(2));
    void line.run(t);
    await line.emptied();
    line.commit(poison(), ...things(3));
    await line.endPause();
    await line.emptied();
    assert.deepEqual([line.deadSeqs, line.endpoint.takenSeqs.slice(-3)], [[3], [4, 5, 6]]);
  });

  test('is not blocked for ever by one record that no limit lets through', async (t) => {
    const line = await Line.open(t);
    line.endpoint.otherwise = () => refusing(isPoison, status(400, "label 'process.command_line' value too large"));
    line.commit(poison());
    void line.run(t);
    await line.endPause();
    await line.pause();
    line.commit(poison(), ...things(30));
    await line.endPause();
    await line.emptied();
    assert.deepEqual(line.deadSeqs, [1, 2]);
    assert.deepEqual(line.endpoint.takenSeqs.slice(-30), seqs(3, 32));
  });
});

describe('a line that is too slow for a whole batch', () => {
  const most = 70;

  test('gets smaller ones, and brings everything, in order', async (t) => {
    const line = await Line.open(t);
    line.endpoint.otherwise = () => (request) => (request.records.length > most ? { kind: 'cut_before' } : ACCEPT);
    line.commit(...things(300));
    void line.run(t);
    void line.endPauses();
    await line.emptied();
    assert.deepEqual(line.endpoint.takenSeqs, seqs(1, 300));
    const sizes = line.endpoint.requests.map(({ records }) => records.length);
    assert.deepEqual(sizes.slice(0, 6), [300, 300, 150, 75, 37, 69], 'one cut says nothing, and they grow again');
    assert.deepEqual(line.deadSeqs, []);
  });
});

describe('a store that fails', () => {
  test('when a batch is to be settled does not end delivery, nor lose or skip a record', async (t) => {
    const line = await Line.open(t);
    line.commit(...things(3));
    line.storeFailures = 2;
    void line.run(t);
    await line.endPause();
    assert.deepEqual([line.delivery.block?.reason, line.delivery.block?.message], ['other', 'no space left']);
    await line.endPause();
    await line.emptied();
    assert.deepEqual(
      line.logger.lines.map(({ level, message }) => `${level} ${message}`),
      ['error delivery stands still: no space left', 'info delivery goes on'],
      'once, and nothing of an endpoint that refused nothing',
    );
    assert.deepEqual(line.endpoint.takenSeqs, [1, 2, 3, 1, 2, 3, 1, 2, 3]);
    assert.equal(line.delivery.block, undefined);
    assert.deepEqual(line.counted('acknowledged'), { [TEST_TOPIC]: 3 }, 'counted when they left');
  });
});

describe('what stands in the way', () => {
  test('is told apart, whether it is the store after the endpoint or the endpoint after the store', async (t) => {
    const line = await Line.open(t);
    line.endpoint.next(BUSY, ACCEPT, status(418));
    line.commit(...things(3));
    void line.run(t);
    await line.endPause();
    line.storeFailures = 1;
    await line.endPause();
    await line.endPause();
    await line.emptied();
    assert.deepEqual(
      line.logger.lines.map(({ level, message }) => `${level} ${message.replace(/ answered .*/, '')}`),
      [
        `warn records stay in the outbox: ${line.endpoint.url}`,
        'error delivery stands still: no space left',
        `warn records stay in the outbox: ${line.endpoint.url}`,
        `info ${line.endpoint.url} accepts records again`,
      ],
    );
  });

  test('is tried again when it was to be, and says so, wherever the wall clock is set', async (t) => {
    const line = await Line.open(t);
    line.endpoint.next(BUSY);
    line.commit(thing());
    void line.run(t);
    const pauseMillis = await line.pause();
    const block = line.delivery.block ?? assert.fail();
    line.clock.stepWall(-3_600_000);
    assert.equal(block.retryAtMonotonicMillis - line.clock.monotonicMillis(), pauseMillis);
    await line.endPause();
    await line.emptied();
  });
});

describe('partial success', () => {
  test('is counted, told, and not sent again', async (t) => {
    const line = await Line.open(t);
    line.endpoint.next(partialSuccess(2, 'too old'));
    line.commit(...things(3), ...things(2, { topic: OTHER_TOPIC }));
    void line.run(t);
    await line.emptied();
    assert.deepEqual(line.endpoint.takenSeqs, seqs(1, 5));
    assert.deepEqual(line.counted('rejected'), { [TEST_TOPIC]: 2 });
    assert.deepEqual(line.counted('acknowledged'), { [TEST_TOPIC]: 1, [OTHER_TOPIC]: 2 });
    assert.match(
      line.logger.messages('error')[0] ?? '',
      /refused 2 of its 3 records for good \(sequence numbers 1 to 3\): too old/,
    );
  });

  test('of more than was sent counts what was sent', async (t) => {
    const line = await Line.open(t);
    line.endpoint.next(partialSuccess(1e9, ''));
    line.commit(...things(3));
    void line.run(t);
    await line.emptied();
    assert.deepEqual(
      [line.counted('rejected'), line.counted('acknowledged')],
      [{ [TEST_TOPIC]: 3 }, { [TEST_TOPIC]: 0 }],
    );
  });
});

test('reports how long each request took, and why it failed', async (t) => {
  const line = await Line.open(t);
  line.endpoint.next(status(404), ACCEPT);
  line.commit(thing());
  void line.run(t);
  await line.endPause();
  await line.emptied();
  assert.deepEqual(
    line.reports.map(({ failure }) => failure),
    ['not_found', undefined],
  );
  assert.ok(line.reports.every(({ durationMillis }) => durationMillis >= 0));
});

describe('an end', () => {
  test('that can wait lets the batch under way finish, and takes no other', async (t) => {
    const line = await Line.open(t);
    line.endpoint.next(() => {
      line.finish();
      return ACCEPT;
    });
    line.commit(...things(600));
    await line.run(t);
    assert.deepEqual([line.endpoint.taken.length, line.store.outbox.recordCount], [500, 100]);
  });

  test('that cannot wait cuts a request without an answer, and keeps its records', async (t) => {
    const line = await Line.open(t);
    line.endpoint.next({ kind: 'silent' });
    line.commit(...things(3));
    const running = line.run(t);
    await line.endpoint.until(() => line.endpoint.requests.length === 1);
    line.stop();
    await running;
    assert.equal(line.store.outbox.recordCount, 3);
    await line.endpoint.until(() => line.endpoint.connections.closed === 1);
  });

  test('comes at once in a pause, or when there is nothing to do', async (t) => {
    for (const count of [0, 1]) {
      const line = await Line.open(t);
      line.endpoint.otherwise = () => BUSY;
      line.commit(...things(count));
      const running = line.run(t);
      if (count > 0) await line.pause();
      line.finish();
      await running;
      assert.deepEqual(line.clock.delays, []);
    }
  });

  test('leaves nothing behind on a signal that lives as long as the program', async (t) => {
    const line = await Line.open(t);
    void line.run(t);
    for (let count = 1; count <= 30; count++) {
      line.commit(thing());
      await line.emptied();
      // Until it waits for the next commit.
      for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
    }
    assert.ok(getEventListeners(line.signal, 'abort').length <= 1);
  });
});

describe('draining', () => {
  const patient = { patient: true };
  const impatient = { patient: false };
  const never = new AbortController().signal;

  test('delivers all there is and says so', async (t) => {
    for (const options of [patient, impatient]) {
      const line = await Line.open(t);
      assert.equal(await line.delivery.drain(never, options), true);
      line.commit(...things(1200));
      assert.equal(await line.delivery.drain(never, options), true);
      assert.deepEqual(line.endpoint.takenSeqs, seqs(1, 1200));
    }
  });

  test('without patience ends with the first failed attempt, before the exporter tries again', async (t) => {
    const line = await Line.open(t);
    line.endpoint.otherwise = () => status(503, '', { 'retry-after': '0' });
    line.commit(thing());
    assert.equal(await line.delivery.drain(never, impatient), false);
    assert.ok(line.endpoint.requests.length <= 2);
    assert.equal(line.store.outbox.recordCount, 1);
  });

  test('with patience waits for an endpoint that only asks for time', async (t) => {
    const line = await Line.open(t);
    line.endpoint.next(BUSY, status(500));
    line.commit(...things(3));
    const draining = line.delivery.drain(never, patient);
    assert.equal(await line.endPause(), 60_000);
    assert.equal(await line.endPause(), 1_500);
    assert.equal(await draining, true);
  });

  test('with patience does not wait for what time does not mend', async (t) => {
    const line = await Line.open(t);
    line.endpoint.otherwise = () => status(401);
    line.commit(thing());
    assert.equal(await line.delivery.drain(never, patient), false);
    assert.deepEqual(line.clock.delays, []);
  });

  test('ends when its time is over, in a pause and in a request', async (t) => {
    for (const answer of [BUSY, { kind: 'silent' }] as const) {
      const line = await Line.open(t);
      line.endpoint.otherwise = () => answer;
      line.commit(thing());
      const cut = new AbortController();
      const draining = line.delivery.drain(cut.signal, patient);
      await line.endpoint.until(() => line.endpoint.requests.length === 1);
      if (answer === BUSY) await line.pause();
      cut.abort();
      assert.equal(await draining, false);
      assert.equal(line.store.outbox.recordCount, 1);
    }
  });
});

function seqs(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
