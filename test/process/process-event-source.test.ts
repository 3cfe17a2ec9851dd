import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { suite, type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ProcmondError } from '../../src/base/errors.ts';
import type { Logger } from '../../src/base/logger.ts';
import type { CycleReport } from '../../src/base/observer.ts';
import type { EventBatch } from '../../src/collector/event-source.ts';
import { SourceCaps } from '../../src/collector/source-caps.ts';
import type { Enumeration, EnumerationRequest } from '../../src/process/enumerate/enumerator.ts';
import { LinuxEnumerator } from '../../src/process/enumerate/linux/linux-enumerator.ts';
import { ProcessEventSource } from '../../src/process/process-event-source.ts';
import type { ProcessSourceConfig } from '../../src/process/process-source-config.ts';
import type { SnapshotStore } from '../../src/store/snapshot-store.ts';
import { ProcTree } from './enumerate/linux/proc-tree.ts';
import { ManualClock } from './manual-clock.ts';
import { openStore } from './open-store.ts';
import { enumerationOf, type GivenProcess, processOf } from './process-table.ts';
import { testRedactor } from './test-redactor.ts';

const INTERVAL = 30_000;

/** A source whose enumerations end when the test says so. */
class Watch {
  readonly clock = new ManualClock();
  readonly reports: CycleReport[] = [];
  readonly logged: string[] = [];
  /** When cycles began, milliseconds from the start. */
  readonly begun: number[] = [];
  readonly committed: EventBatch[] = [];
  /** As they were each time the sink was told that they changed. */
  readonly capabilities: number[] = [];
  readonly controller = new AbortController();
  readonly source: ProcessEventSource;
  readonly #startedAt: number;
  #running = 0;
  mostAtOnce = 0;
  #end: PromiseWithResolvers<Enumeration> = Promise.withResolvers();
  commitFailure: Error | undefined;

  constructor(store: SnapshotStore, config: Partial<ProcessSourceConfig> = {}) {
    this.#startedAt = this.clock.monotonicMillis();
    const note = (level: string) => (message: string) => this.logged.push(`${level}: ${message}`);
    const logger: Logger = { error: note('error'), warn: note('warn'), info: note('info'), debug: note('debug') };
    this.source = new ProcessEventSource(
      store,
      { collectionIntervalMillis: INTERVAL, ...config },
      {
        enumerator: { enumerate: (request) => this.#enumerate(request), close: () => {} },
        redactor: testRedactor(),
        passwdFile: '/dev/null',
        groupFile: '/dev/null',
        observer: { cycleEnded: (report) => this.reports.push(report) },
        logger,
        clock: this.clock,
      },
    );
  }

  static async open(t: TestContext, config: Partial<ProcessSourceConfig> = {}): Promise<Watch> {
    return new Watch(await openStore(t), config);
  }

  readonly sink = {
    commit: (batch: EventBatch) => {
      if (this.commitFailure !== undefined) throw this.commitFailure;
      this.committed.push({ ...batch, events: [...batch.events] });
      return { firstSeq: 1, lastSeq: 0 };
    },
    capabilitiesChanged: () => void this.capabilities.push(this.source.capabilities),
  };

  start(): Promise<void> {
    return this.source.start(this.sink, this.controller.signal);
  }

  /** Waits until everything that can happen at this moment has happened. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 5; turn++) await nextTurn();
  }

  /** The cycle that runs takes `tookMillis` and sees these processes. */
  async endCycle(tookMillis = 10, processes: readonly GivenProcess[] = [{ pid: 1 }]): Promise<void> {
    this.clock.advance(tookMillis);
    this.#end.resolve(enumerationOf(processes.map(processOf), { endedAtMillis: this.clock.wallMillis() }));
    await this.settle();
  }

  async failCycle(error: Error): Promise<void> {
    this.#end.reject(error);
    await this.settle();
  }

  async advance(millis: number): Promise<void> {
    this.clock.advance(millis);
    await this.settle();
  }

  async stop(running: Promise<void>): Promise<void> {
    this.controller.abort();
    await running;
  }

  async #enumerate({ signal }: EnumerationRequest): Promise<Enumeration> {
    this.begun.push(this.clock.monotonicMillis() - this.#startedAt);
    this.#running += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#running);
    const end = Promise.withResolvers<Enumeration>();
    this.#end = end;
    signal.addEventListener('abort', () => end.reject(signal.reason), { once: true });
    try {
      return await end.promise;
    } finally {
      this.#running -= 1;
    }
  }
}

suite('the interval', () => {
  test('is a grid: the length of cycles never makes it drift', async (t) => {
    const watch = await Watch.open(t);
    const running = watch.start();
    await watch.settle();
    for (const tookMillis of [10, 29_999, 0, 12_345]) {
      await watch.endCycle(tookMillis);
      await watch.advance(INTERVAL - tookMillis);
    }
    assert.deepEqual(watch.begun, [0, 30_000, 60_000, 90_000, 120_000]);
    await watch.stop(running);
  });

  test('skips the ticks that a slow cycle covered, without a burst to make up for them', async (t) => {
    const watch = await Watch.open(t);
    const running = watch.start();
    await watch.settle();
    await watch.endCycle(95_000);
    assert.equal(watch.clock.nextDelayMillis, 25_000);
    await watch.advance(25_000);
    await watch.endCycle(10);
    assert.equal(watch.clock.nextDelayMillis, 29_990);
    assert.deepEqual(watch.begun, [0, 120_000]);
    await watch.stop(running);
  });

  test('begins the next cycle at once when one took exactly its length', async (t) => {
    const watch = await Watch.open(t);
    const running = watch.start();
    await watch.settle();
    await watch.endCycle(INTERVAL);
    assert.deepEqual(watch.begun, [0, 30_000]);
    await watch.stop(running);
  });

  test('does not depend on the wall clock', async (t) => {
    const watch = await Watch.open(t);
    const running = watch.start();
    await watch.settle();
    watch.clock.stepWall(-86_400_000);
    await watch.endCycle(10);
    watch.clock.stepWall(9e9);
    assert.equal(watch.clock.nextDelayMillis, 29_990);
    await watch.stop(running);
  });

  test('never has two cycles at once, also when one is asked for beside it', async (t) => {
    const watch = await Watch.open(t);
    const running = watch.start();
    await watch.settle();
    const asked = watch.source.runCycle(watch.sink, watch.controller.signal);
    await watch.settle();
    assert.deepEqual(watch.begun, [0]);
    await watch.endCycle(10);
    assert.deepEqual(watch.begun, [0, 10]);
    await watch.endCycle(10);
    assert.equal((await asked).outcome, 'committed');
    assert.equal(watch.mostAtOnce, 1);
    assert.equal(watch.committed.length, 2);
    await watch.stop(running);
  });
});

suite('another interval', () => {
  const stories: readonly [string, { readonly at: number; readonly to: number; readonly begun: readonly number[] }][] =
    [
      [
        'a shorter one makes the next cycle due so long after the last',
        { at: 2_000, to: 5_000, begun: [5_000, 10_000] },
      ],
      ['a shorter one that is over already begins a cycle on its own grid', { at: 12_000, to: 5_000, begun: [15_000] }],
      ['a longer one waits on', { at: 20_000, to: 60_000, begun: [60_000, 120_000] }],
      ['one that is just over begins a cycle at once', { at: 20_000, to: 10_000, begun: [20_000, 30_000] }],
    ];
  for (const [promise, { at, to, begun }] of stories) {
    test(`holds at once: ${promise}`, async (t) => {
      const watch = await Watch.open(t);
      const running = watch.start();
      await watch.settle();
      await watch.endCycle(0);
      await watch.advance(at);
      watch.source.setInterval(to);
      await watch.settle();
      let now = at;
      for (const due of begun) {
        await watch.advance(due - now);
        now = due;
        await watch.endCycle(0);
      }
      assert.deepEqual(watch.begun, [0, ...begun]);
      assert.equal(watch.source.intervalMillis, to);
      await watch.stop(running);
    });
  }

  test('given during a cycle holds for the wait behind it', async (t) => {
    const watch = await Watch.open(t);
    const running = watch.start();
    await watch.settle();
    watch.source.setInterval(5_000);
    await watch.endCycle(7_000);
    assert.equal(watch.clock.nextDelayMillis, 3_000);
    await watch.stop(running);
  });

  test('tells the sink that the capabilities changed', async (t) => {
    const watch = await Watch.open(t);
    const running = watch.start();
    const before = watch.source.capabilities;
    watch.source.setInterval(10_000);
    assert.deepEqual(watch.capabilities, [before | SourceCaps.REALTIME]);
    watch.source.setInterval(11_000);
    assert.deepEqual(watch.capabilities, [before | SourceCaps.REALTIME, before]);
    await watch.stop(running);
  });

  for (const millis of [4_999, 3_600_001, Number.NaN, 5_000.5]) {
    test(`out of range (${millis}) is refused and changes nothing`, async (t) => {
      const watch = await Watch.open(t);
      const running = watch.start();
      await watch.settle();
      await watch.endCycle(10);
      assert.throws(() => watch.source.setInterval(millis), {
        code: 'CONFIG_INVALID',
        message: /collectionIntervalMillis is .*, it must be a whole number from 5000 to 3600000$/,
      });
      assert.deepEqual(watch.capabilities, []);
      assert.deepEqual([watch.source.intervalMillis, watch.clock.nextDelayMillis], [INTERVAL, INTERVAL - 10]);
      await watch.stop(running);
    });
  }

  test('leaves nothing behind on a signal that lives as long as the program', async (t) => {
    const watch = await Watch.open(t);
    const running = watch.start();
    await watch.settle();
    await watch.endCycle(0);
    const before = getEventListeners(watch.controller.signal, 'abort').length;
    for (const seconds of [5, 6, 7, 8, 9, 10]) {
      watch.source.setInterval(seconds * 1000);
      await watch.settle();
    }
    assert.equal(getEventListeners(watch.controller.signal, 'abort').length, before);
    await watch.stop(running);
  });
});

suite('a cycle that is asked for', () => {
  test('is told to observers like any other, also when it fails, and moves no tick', async (t) => {
    const watch = await Watch.open(t);
    const running = watch.start();
    await watch.settle();
    await watch.endCycle(10);
    await watch.advance(1_000);
    const asked = watch.source.attemptCycle(watch.sink, watch.controller.signal);
    await watch.settle();
    await watch.endCycle(10);
    assert.equal(await asked, watch.reports[1]);
    const failing = watch.source.attemptCycle(watch.sink, watch.controller.signal);
    await watch.settle();
    await watch.failCycle(new Error('the list ended early'));
    assert.deepEqual(await failing, { outcome: 'failed', durationMillis: 0, message: 'the list ended early' });
    assert.equal(watch.reports[2], await failing);
    assert.equal(watch.clock.nextDelayMillis, INTERVAL - 1_020);
    await watch.stop(running);
  });

  test('and is ended by a stop is nothing', async (t) => {
    const watch = await Watch.open(t);
    const asked = watch.source.attemptCycle(watch.sink, watch.controller.signal);
    await watch.settle();
    watch.controller.abort();
    assert.equal(await asked, undefined);
    assert.deepEqual(watch.reports, []);
  });
});

suite('the committed processes', () => {
  const pids = (source: ProcessEventSource) =>
    [...(source.committedProcesses()?.processes ?? [])].map(({ pid }) => pid);

  test('are those of the last committed cycle, with the CPU use it found, whatever is read meanwhile', async (t) => {
    const store = await openStore(t);
    const busy = processOf({ pid: 7, cpuUtilization: 0.25, rssBytes: 1_000 });
    const processes = [processOf({ pid: 1 }), busy];
    const source = new ProcessEventSource(
      store,
      {},
      {
        enumerator: {
          enumerate: async () => enumerationOf(processes, { endedAtMillis: Date.UTC(2026, 10, 23) }),
          close: () => {},
        },
        redactor: testRedactor(),
        passwdFile: '/dev/null',
        groupFile: '/dev/null',
      },
    );
    const sink = {
      commit: ({ write }: EventBatch) => store.transact(() => commitNothing(write)),
      capabilitiesChanged() {},
    };
    assert.equal(source.committedProcesses(), undefined);
    await source.runCycle(sink, new AbortController().signal);
    // The enumerator samples its objects in place.
    Object.assign(busy, { cpuUtilization: 0.5, rssBytes: 2_000 });
    const committed = source.committedProcesses();
    const [first, second] = [...(committed?.processes ?? [])];
    assert.equal(committed?.count, 2);
    assert.equal(committed?.state.sampledAtMillis, Date.UTC(2026, 10, 23));
    assert.deepEqual([first?.pid, first?.cpuUsage], [1, undefined]);
    assert.deepEqual([second?.pid, second?.cpuUsage, second?.memoryUsage], [7, 25, 1_000]);

    const broken = { ...sink, commit: () => assert.fail('the disk is full') };
    processes.pop();
    await assert.rejects(source.runCycle(broken, new AbortController().signal));
    assert.deepEqual(pids(source), [1, 7]);
    await source.runCycle(sink, new AbortController().signal);
    assert.deepEqual(pids(source), [1]);
  });
});

function commitNothing(write: EventBatch['write']) {
  write?.();
  return { firstSeq: 1, lastSeq: 0 };
}

suite('a cycle that fails', () => {
  test('is told, commits nothing, and the next one runs when it is due', async (t) => {
    const watch = await Watch.open(t);
    const running = watch.start();
    await watch.settle();
    await watch.failCycle(new ProcmondError('CYCLE_INCOMPLETE', 'the list ended early'));
    assert.deepEqual(watch.reports, [{ outcome: 'failed', durationMillis: 0, message: 'the list ended early' }]);
    assert.deepEqual(watch.logged, ['error: cycle failed, nothing of it was committed: the list ended early']);
    assert.deepEqual(await watch.source.healthCheck(), {
      healthy: false,
      message: 'the last cycle failed: the list ended early',
    });
    assert.equal(watch.committed.length, 0);
    await watch.advance(INTERVAL);
    await watch.endCycle();
    assert.equal(watch.reports.at(-1)?.outcome, 'committed');
    assert.deepEqual(await watch.source.healthCheck(), { healthy: true, message: 'last cycle saw 1 processes' });
    await watch.stop(running);
  });

  test('by its commit is told as well, and what it saw is told by the next', async (t) => {
    const watch = await Watch.open(t);
    const running = watch.start();
    await watch.settle();
    watch.commitFailure = new ProcmondError('STORE_UNUSABLE', 'the disk is full');
    await watch.endCycle();
    assert.equal(watch.reports[0]?.outcome, 'failed');
    watch.commitFailure = undefined;
    await watch.advance(INTERVAL);
    await watch.endCycle();
    const report = watch.reports[1];
    assert.equal(report?.outcome === 'committed' && report.baseline, 'first_run');
    await watch.stop(running);
  });

  test('does not keep a cycle that was asked for meanwhile from running', async (t) => {
    const watch = await Watch.open(t);
    const { signal } = watch.controller;
    const failing = watch.source.runCycle(watch.sink, signal);
    const next = watch.source.runCycle(watch.sink, signal);
    await watch.settle();
    const failed = assert.rejects(failing, /the list ended early/);
    await watch.failCycle(new Error('the list ended early'));
    await failed;
    await watch.endCycle();
    assert.equal((await next).processes, 1);
  });
});

suite('a stop', () => {
  test('in the middle of an enumeration commits nothing and is no failure', async (t) => {
    const watch = await Watch.open(t);
    const running = watch.start();
    await watch.settle();
    await watch.stop(running);
    assert.deepEqual([watch.committed, watch.reports, watch.logged], [[], [], []]);
  });

  test('between two cycles ends the wait', async (t) => {
    const watch = await Watch.open(t);
    const running = watch.start();
    await watch.settle();
    await watch.endCycle();
    await watch.stop(running);
    assert.equal(watch.committed.length, 1);
    assert.equal(watch.begun.length, 1);
  });

  test('before the start runs nothing', async (t) => {
    const watch = await Watch.open(t);
    watch.controller.abort();
    await watch.start();
    await assert.rejects(watch.source.runCycle(watch.sink, watch.controller.signal), { name: 'AbortError' });
    assert.deepEqual(watch.begun, []);
  });

  test('does not hide a commit that failed at that moment', async (t) => {
    const watch = await Watch.open(t);
    const running = watch.start();
    await watch.settle();
    watch.commitFailure = new ProcmondError('STORE_UNUSABLE', 'the disk is full');
    const ended = watch.endCycle();
    watch.controller.abort();
    await Promise.all([ended, running]);
    assert.deepEqual(watch.logged, ['error: cycle failed, nothing of it was committed: the disk is full']);
  });

  test('in the middle of a real table of processes leaves the store as it was', async (t) => {
    const store = await openStore(t);
    const clock = new ManualClock();
    const controller = new AbortController();
    let texts = 0;
    const source = new ProcessEventSource(
      store,
      {},
      {
        enumerator: new LinuxEnumerator({
          procRoot: ProcTree.captured(t, 'host').root,
          clock,
          units: { pageBytes: 4096, ticksPerSecond: 100 },
        }),
        // The sixth text is met in the middle; then a slice of work is over.
        redactor: testRedactor('test:1', () => {
          texts += 1;
          if (texts !== 6) return;
          controller.abort();
          clock.advance(100);
        }),
        clock,
      },
    );
    const sink = { commit: () => assert.fail('a broken cycle must not be committed'), capabilitiesChanged() {} };
    await source.start(sink, controller.signal);
    assert.equal(store.snapshot.state(), undefined);
    assert.deepEqual(store.snapshot.rows(), []);
  });
});

suite('the source', () => {
  test('reads at once, and each cycle is committed under an id of its own with the time it was seen', async (t) => {
    const watch = await Watch.open(t);
    const running = watch.start();
    await watch.settle();
    await watch.endCycle(10);
    await watch.advance(INTERVAL);
    await watch.endCycle(10);
    const ids = watch.committed.map(({ cycleId }) => cycleId);
    assert.equal(new Set(ids).size, 2);
    for (const id of ids) assert.match(id ?? '', /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    assert.equal(watch.committed[1]?.observedAtMillis, watch.clock.wallMillis());
    await watch.stop(running);
  });

  test('asks for what its configuration says', async (t) => {
    for (const [config, expected] of [
      [{}, { enhanced: true, maxEnriched: 0 }],
      [
        { collectEnhancedMetadata: false, maxProcessesPerCycle: 7 },
        { enhanced: false, maxEnriched: 7 },
      ],
    ] as const) {
      const { source, sink, controller } = await Watch.open(t, config);
      const requests: EnumerationRequest[] = [];
      const other = new ProcessEventSource(await openStore(t), config, {
        enumerator: {
          enumerate: async (request) => {
            requests.push(request);
            return enumerationOf([], { endedAtMillis: 0 });
          },
          close: () => {},
        },
        redactor: testRedactor(),
      });
      await other.runCycle(sink, controller.signal);
      const { enhanced, maxEnriched } = requests[0] as EnumerationRequest;
      assert.deepEqual({ enhanced, maxEnriched }, expected);
      assert.equal(source.name, 'process-monitor');
    }
  });

  test('says that it is real time from ten seconds down', async (t) => {
    const base = SourceCaps.PROCESS | SourceCaps.SYSTEM_WIDE;
    for (const [collectionIntervalMillis, capabilities] of [
      [5_000, base | SourceCaps.REALTIME],
      [10_000, base | SourceCaps.REALTIME],
      [10_001, base],
    ] as const) {
      const { source } = await Watch.open(t, { collectionIntervalMillis });
      assert.equal(source.capabilities, capabilities);
    }
  });

  test('says once what the system denies, for how many and what to do', async (t) => {
    const watch = await Watch.open(t);
    const { signal } = watch.controller;
    const deniedFields = new Map([
      ['procmond.process.start_ticks', 2],
      ['process.executable.path', 3],
    ]);
    const denied = new ProcessEventSource(
      await openStore(t),
      {},
      {
        enumerator: {
          enumerate: async () => enumerationOf([processOf({ pid: 1 })], { endedAtMillis: 0, deniedFields }),
          close: () => {},
        },
        redactor: testRedactor(),
        clock: watch.clock,
        deniedAdvice: () => 'try this',
        logger: { error() {}, warn: (message) => watch.logged.push(message), info() {}, debug() {} },
      },
    );
    const running = denied.start(watch.sink, signal);
    await watch.settle();
    await watch.advance(INTERVAL);
    await watch.stop(running);
    assert.equal(watch.committed.length, 2);
    assert.deepEqual(watch.logged, [
      'the system hides what 2 more processes are (hidepid of the proc mount); they are not told: try this',
      'of 1 processes the system denies process.executable.path of 3; they are told without: try this',
    ]);
  });
});
