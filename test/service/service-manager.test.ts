import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { Health } from '../../src/metrics/health.ts';
import type { NotifySettings } from '../../src/service/notify-settings.ts';
import { ServiceManager } from '../../src/service/service-manager.ts';
import { CapturedLogger } from '../fake/captured-logger.ts';
import { CYCLE } from '../fake/committed-cycle.ts';
import { ManualClock } from '../fake/manual-clock.ts';
import { scratchDirectory } from '../fake/scratch-store.ts';
import { NO_RECEIVER, NotifyReceiver } from './notify-receiver.ts';

async function connect(t: TestContext, settings: NotifySettings) {
  const clock = new ManualClock();
  const logger = new CapturedLogger();
  const health = new Health({ clock, intervalMillis: () => 5_000 });
  const manager = await ServiceManager.connect({
    settings,
    logger,
    clock,
    pid: process.pid,
    liveness: () => health.liveness(),
    monotonicMicros: () => 1_234_567n,
  });
  t.after(() => manager.close());
  return { manager, clock, logger, health };
}

suite('a service manager', { skip: NO_RECEIVER }, () => {
  for (const [kind, addressIn] of [
    ['a path', (directory: string) => join(directory, 'notify')],
    ['an abstract name', (directory: string) => `@${directory}/notify`],
  ] as const) {
    test(`is told what happens, in its order, by ${kind}`, async (t) => {
      const socket = addressIn(scratchDirectory(t));
      const receiver = await NotifyReceiver.start(t, socket);
      const { manager, logger } = await connect(t, { socket });
      manager.ready('first\nlook \u001b[31m');
      manager.status('77 processes');
      manager.reloading();
      manager.ready('read again');
      manager.stopping();
      manager.ready('too late');
      await receiver.message('STOPPING=1');
      assert.deepEqual(
        receiver.received.map(({ lines }) => lines),
        [
          ['READY=1', 'STATUS=first\\nlook \\x1b[31m'],
          ['STATUS=77 processes'],
          ['RELOADING=1', 'MONOTONIC_USEC=1234567'],
          ['READY=1', 'STATUS=read again'],
          ['STOPPING=1', 'STATUS=stopping'],
        ],
      );
      assert.ok(receiver.received.every(({ pid }) => pid === process.pid));
      assert.deepEqual(logger.lines, []);
    });
  }

  test('hears from its watchdog as long as the loop lives, and otherwise why not', async (t) => {
    const socket = join(scratchDirectory(t), 'notify');
    const receiver = await NotifyReceiver.start(t, socket);
    const { manager, clock, health } = await connect(t, { socket, watchdogMicros: '60000000' });
    const end = new AbortController();
    const running = manager.run(end.signal);
    const halfAMinute = async () => {
      assert.equal(await clock.sleeping(() => true), 30_000);
      clock.advance(30_000);
      await clock.sleeping(() => true);
    };
    await halfAMinute();
    await halfAMinute();
    await halfAMinute();
    await halfAMinute();
    health.cycleEnded(CYCLE);
    await halfAMinute();
    end.abort();
    await running;
    manager.stopping();
    await receiver.message('STOPPING=1');
    const hangs = (seconds: number) =>
      `STATUS=no cycle has ended since the start ${seconds} s ago, the limit is 60 s: the loop hangs`;
    assert.deepEqual(
      receiver.received.map(({ lines }) => lines[0]),
      ['WATCHDOG=1', 'WATCHDOG=1', 'WATCHDOG=1', hangs(90), hangs(120), 'WATCHDOG=1', 'STOPPING=1'],
    );
  });

  test('that reads nothing holds nothing up, and hears later what it must not miss', async (t) => {
    const socket = join(scratchDirectory(t), 'notify');
    const receiver = await NotifyReceiver.start(t, socket, { hold: true });
    const { manager, clock, logger } = await connect(t, { socket });
    // Far more than there is room for (net.unix.max_dgram_qlen).
    for (let count = 0; count < 5_000; count++) manager.status(`status ${count}`);
    manager.ready('it serves');
    manager.reloading();
    manager.ready('read again');
    const end = new AbortController();
    const running = manager.run(end.signal);
    receiver.read();
    await receiver.message('STATUS=status 0');
    while (!receiver.received.some(({ lines }) => lines.includes('STATUS=read again'))) {
      clock.advance(await clock.sleeping(() => true));
      await new Promise(setImmediate);
    }
    end.abort();
    await running;
    const heard = receiver.received.map(({ lines }) => lines[0]).filter((line) => !line?.startsWith('STATUS='));
    assert.deepEqual(heard, ['READY=1', 'RELOADING=1', 'READY=1']);
    assert.ok(receiver.received.length < 5_000);
    assert.deepEqual(logger.lines, []);
  });
});

suite('where the service manager cannot be told', { skip: process.platform !== 'linux' }, () => {
  for (const [fault, socket, line] of [
    ['nobody listens', '/nowhere/notify', /could not be told how procmond fares \(ENOENT: no such file or directory\)/],
    ['nobody has the abstract name', '@procmond-test-nobody', /\(ECONNREFUSED: connection refused\)/],
    ['the address is none', 'nonsense\u001b[31m', /is not told .*: NOTIFY_SOCKET is neither .*: "nonsense\\x1b\[31m"/],
    ['the address is too long', `/${'x'.repeat(200)}`, /is not told .*: NOTIFY_SOCKET has 201 bytes/],
    ['the address is a folder', '/tmp', /could not be told .*\(ECONNREFUSED/],
  ] as const) {
    test(`because ${fault}, procmond says so once and goes on`, async (t) => {
      const { manager, logger, clock } = await connect(t, { socket, watchdogMicros: '2000000' });
      const end = new AbortController();
      const running = manager.run(end.signal);
      manager.ready('it serves');
      manager.status('fine');
      clock.advance(1_000);
      manager.stopping();
      end.abort();
      await running;
      assert.equal(logger.lines.length, 1);
      assert.match(logger.messages('warn')[0] ?? '', line);
    });
  }

  test('because there is none, nothing is said', async (t) => {
    const { manager, logger, clock } = await connect(t, {});
    manager.ready('it serves');
    await manager.run(new AbortController().signal);
    assert.deepEqual(logger.lines, []);
    assert.deepEqual(clock.delays, []);
  });
});
