import assert from 'node:assert/strict';
import { suite, type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EventBatch, EventSink } from '../../src/collector/event-source.ts';
import { ProcessEventSource } from '../../src/process/process-event-source.ts';
import { HandHasher } from './hand-hasher.ts';
import { ManualClock } from './manual-clock.ts';
import { openStore } from './open-store.ts';
import { enumerationOf, processOf } from './process-table.ts';
import { testRedactor } from './test-redactor.ts';

/** One process, whose executable nobody has hashed yet. */
class Cycles {
  readonly clock = new ManualClock();
  readonly hasher = new HandHasher();
  readonly controller = new AbortController();
  readonly source: ProcessEventSource;
  /** The hash in each commit, in the order of commits. */
  readonly committed: (string | undefined)[] = [];

  constructor(store: Awaited<ReturnType<typeof openStore>>, hashBudgetMillis?: number) {
    const process = processOf({ pid: 5, details: { executableVersion: 'v1' } });
    this.source = new ProcessEventSource(
      store,
      { computeExecutableHashes: true, ...(hashBudgetMillis !== undefined && { hashBudgetMillis }) },
      {
        enumerator: {
          enumerate: async () => enumerationOf([process], { endedAtMillis: this.clock.wallMillis() }),
          close: () => {},
        },
        hasher: this.hasher,
        redactor: testRedactor(),
        clock: this.clock,
      },
    );
  }

  static async open(t: TestContext, hashBudgetMillis?: number): Promise<Cycles> {
    return new Cycles(await openStore(t), hashBudgetMillis);
  }

  readonly #sink: EventSink = {
    commit: ({ events }: EventBatch) => {
      const observed = [...events].find((event) => event.kind === 'process');
      this.committed.push(observed?.process.executableHash);
      return { firstSeq: 1, lastSeq: 0 };
    },
    capabilitiesChanged() {},
  };

  run() {
    return this.source.runCycle(this.#sink, this.controller.signal);
  }

  async settle(): Promise<void> {
    for (let turn = 0; turn < 5; turn++) await nextTurn();
  }
}

suite('a cycle', () => {
  test('waits for a hash that is being made, and tells it', async (t) => {
    const cycles = await Cycles.open(t);
    const cycle = cycles.run();
    await cycles.settle();
    assert.deepEqual(cycles.committed, []);
    cycles.clock.advance(999);
    cycles.hasher.answer('ab');
    assert.equal((await cycle).phaseMillis.hash, 999);
    assert.deepEqual(cycles.committed, ['ab']);
  });

  test('is never held up longer than its budget: what is late comes with the next', async (t) => {
    const cycles = await Cycles.open(t);
    const cycle = cycles.run();
    await cycles.settle();
    assert.equal(cycles.clock.nextDelayMillis, 1_000);
    cycles.clock.advance(1_000);
    assert.equal((await cycle).phaseMillis.hash, 1_000);
    cycles.hasher.answer('ab');
    await cycles.settle();
    assert.equal((await cycles.run()).phaseMillis.hash, 0);
    assert.deepEqual(cycles.committed, [undefined, 'ab']);
    assert.equal(cycles.hasher.asked.length, 1);
  });

  test('waits as well for what an earlier one asked for', async (t) => {
    const cycles = await Cycles.open(t);
    const first = cycles.run();
    await cycles.settle();
    cycles.clock.advance(1_000);
    await first;
    const second = cycles.run();
    await cycles.settle();
    cycles.hasher.answer('ab');
    await second;
    assert.deepEqual(cycles.committed, [undefined, 'ab']);
  });

  test('waits for nothing without a budget', async (t) => {
    const cycles = await Cycles.open(t, 0);
    await cycles.run();
    assert.deepEqual(cycles.committed, [undefined]);
    assert.equal(cycles.clock.nextDelayMillis, undefined);
  });

  test('waits no longer when the end comes', async (t) => {
    const cycles = await Cycles.open(t);
    const cycle = cycles.run();
    await cycles.settle();
    cycles.controller.abort();
    await cycle;
    assert.deepEqual(cycles.committed, [undefined]);
  });
});
