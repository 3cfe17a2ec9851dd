import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SourceRunner } from '../../src/collector/source-runner.ts';
import { CapturedLogger } from '../fake/captured-logger.ts';
import { ManualClock } from '../fake/manual-clock.ts';
import { never, ScriptedSource, untilAborted } from '../fake/scripted-source.ts';

const SINK = { commit: () => ({ firstSeq: 1, lastSeq: 0 }), capabilitiesChanged: () => {} };

class Bench {
  readonly clock = new ManualClock();
  readonly logger = new CapturedLogger();
  readonly source = new ScriptedSource();
  readonly failures: [string, number][] = [];
  readonly stop = new AbortController();
  readonly runner = new SourceRunner({
    source: this.source,
    sink: SINK,
    logger: this.logger,
    clock: this.clock,
    failed: (_, message, pauseMillis) => this.failures.push([message, pauseMillis]),
  });

  async endPause(): Promise<void> {
    this.clock.advance(await this.clock.sleeping(() => true));
  }
}

describe('a source', () => {
  const ends: readonly [string, () => Promise<void>, string][] = [
    ['rejects', () => Promise.reject(new Error('broken')), 'broken'],
    ['throws before it returns a promise', () => fail('broken at once'), 'broken at once'],
    ['ends by itself', async () => {}, 'it ended by itself'],
    // A source in JavaScript may throw anything.
    ['rejects with something that is no error', () => rejectWith('just text'), 'just text'],
  ];
  for (const [what, onStart, message] of ends) {
    test(`that ${what} is started again`, async () => {
      const { source, runner, stop, failures, ...bench } = parts();
      source.onStart = onStart;
      const running = runner.run(stop.signal);
      await bench.endPause();
      source.onStart = (_, signal) => untilAborted(signal);
      await bench.endPause();
      assert.deepEqual(failures, [
        [message, 1_000],
        [message, 2_000],
      ]);
      assert.equal(source.starts, 3);
      stop.abort();
      await running;
    });
  }

  test('that fails again and again is started ever less often, up to once a minute', async () => {
    const { source, runner, stop, failures, ...bench } = parts();
    source.onStart = async () => {};
    void runner.run(stop.signal);
    for (let failure = 0; failure < 9; failure++) await bench.endPause();
    assert.deepEqual(failures.map(([, pause]) => pause / 1000).slice(0, 9), [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    stop.abort();
  });

  test('that ran for a minute has recovered: its next failure is a first one', async () => {
    const { source, runner, stop, failures, clock, ...bench } = parts();
    source.onStart = async () => {
      if (source.starts === 3) clock.advance(60_000);
    };
    void runner.run(stop.signal);
    for (let failure = 0; failure < 4; failure++) await bench.endPause();
    assert.deepEqual(failures.map(([, pause]) => pause).slice(0, 4), [1_000, 2_000, 1_000, 2_000]);
    stop.abort();
  });

  test('that ends because it was told to has not failed, however it ends', async () => {
    for (const how of [async () => {}, () => Promise.reject(new Error('aborted'))]) {
      const { source, runner, stop, failures } = parts();
      source.onStart = async (_, signal) => {
        await untilAborted(signal);
        return how();
      };
      const running = runner.run(stop.signal);
      stop.abort();
      await running;
      assert.deepEqual([failures, source.starts], [[], 1]);
    }
  });

  test('is not started again while it waits and the end comes', async () => {
    const { source, runner, stop, clock } = parts();
    source.onStart = async () => {};
    const running = runner.run(stop.signal);
    await clock.sleeping(() => true);
    stop.abort();
    await running;
    assert.equal(source.starts, 1);
  });
});

describe('health', () => {
  const signal = new AbortController().signal;

  const unwell: readonly [string, ScriptedSource['onHealthCheck'], string][] = [
    ['says so', async () => ({ healthy: false, message: 'the disk is away' }), 'the disk is away'],
    ['rejects', () => Promise.reject(new Error('cannot say')), 'cannot say'],
    ['throws', () => fail('cannot even try'), 'cannot even try'],
  ];
  for (const [what, onHealthCheck, message] of unwell) {
    test(`is bad when the source ${what}: told once, and told again when it is well`, async () => {
      const { source, runner, logger, clock } = parts();
      source.onHealthCheck = onHealthCheck;
      await runner.checkHealth(signal);
      await runner.checkHealth(signal);
      assert.deepEqual(runner.health, { healthy: false, message });
      assert.deepEqual(logger.messages('warn'), [`source scripted is not healthy: ${message}`]);
      source.onHealthCheck = async () => ({ healthy: true, message: 'well' });
      await runner.checkHealth(signal);
      assert.deepEqual(logger.messages('info'), ['source scripted is healthy again: well']);
      assert.deepEqual(clock.delays, []);
    });
  }

  test('is known at once when somebody asks for it, and is told by the next check all the same', async () => {
    const { source, runner, logger, clock } = parts();
    source.onHealthCheck = async () => ({ healthy: false, message: 'the disk is away' });
    await runner.refreshHealth();
    assert.deepEqual(runner.health, { healthy: false, message: 'the disk is away' });
    assert.deepEqual([logger.lines, clock.delays], [[], []]);
    await runner.checkHealth(signal);
    assert.deepEqual(logger.messages('warn'), ['source scripted is not healthy: the disk is away']);
    source.onHealthCheck = async () => ({ healthy: true, message: 'well' });
    await runner.refreshHealth();
    await runner.checkHealth(signal);
    assert.deepEqual(logger.messages('info'), ['source scripted is healthy again: well']);
  });

  test('is bad when the source does not answer within five seconds', async () => {
    const { source, runner, clock, ...bench } = parts();
    source.onHealthCheck = never;
    const checking = runner.checkHealth(signal);
    assert.deepEqual(clock.delays, [5_000]);
    await bench.endPause();
    await checking;
    assert.deepEqual(runner.health, { healthy: false, message: 'no answer within 5000 ms' });
  });

  test('is no longer asked for when the end comes', async () => {
    const { source, runner, clock, stop, logger } = parts();
    source.onHealthCheck = never;
    const checking = runner.checkHealth(stop.signal);
    stop.abort();
    await checking;
    assert.deepEqual([clock.delays, logger.lines, runner.health.healthy], [[], [], true]);
  });

  test('is bad from the moment the source failed', async () => {
    const { source, runner, clock, stop } = parts();
    source.onStart = () => Promise.reject(new Error('broken'));
    void runner.run(stop.signal);
    await clock.sleeping(() => true);
    assert.deepEqual(runner.health, { healthy: false, message: 'broken' });
    stop.abort();
  });
});

describe('stopping', () => {
  test('is quiet when the source stops', async () => {
    const { source, runner, logger, clock } = parts();
    await runner.stop();
    assert.deepEqual([source.stops, logger.lines, clock.delays], [1, [], []]);
  });

  const unwilling: readonly [string, () => Promise<void>][] = [
    ['rejects', () => Promise.reject(new Error('will not'))],
    ['throws', () => fail('will not')],
  ];
  for (const [what, onStop] of unwilling) {
    test(`goes on when the source ${what}`, async () => {
      const { source, runner, logger } = parts();
      source.onStop = onStop;
      await runner.stop();
      assert.deepEqual(logger.messages('warn'), ['source scripted did not stop cleanly: will not']);
    });
  }

  test('goes on without a source that does not answer within two seconds', async () => {
    const { source, runner, logger, clock, ...bench } = parts();
    source.onStop = never;
    const stopping = runner.stop();
    assert.deepEqual(clock.delays, [2_000]);
    await bench.endPause();
    await stopping;
    assert.deepEqual(logger.messages('warn'), ['source scripted did not stop cleanly: no answer within 2000 ms']);
  });
});

function parts() {
  const bench = new Bench();
  const { source, runner, clock, logger, failures, stop } = bench;
  return { source, runner, clock, logger, failures, stop, endPause: () => bench.endPause() };
}

function fail(message: string): never {
  throw new Error(message);
}

function rejectWith(reason: unknown): Promise<never> {
  return Promise.reject(reason);
}
