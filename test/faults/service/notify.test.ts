import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { StatusReport } from '../../../src/control/protocol.ts';
import { bodyOf, startDaemon } from '../../fake/running-daemon.ts';
import { scratchDirectory } from '../../fake/scratch-store.ts';
import { NO_RECEIVER, NotifyReceiver } from '../../service/notify-receiver.ts';

test('the service manager is told from the start to the stop how the real program fares, and its watchdog that it lives', async (t) => {
  if (NO_RECEIVER) return t.skip(NO_RECEIVER);
  const address = `@${scratchDirectory(t)}/notify`;
  const receiver = await NotifyReceiver.start(t, address);
  const daemon = await startDaemon(t, { env: { NOTIFY_SOCKET: address, WATCHDOG_USEC: '200000' } });
  const { pid } = bodyOf(await daemon.client.ask<StatusReport>({ method: 'GET', path: '/v1/status' }));
  await receiver.message(/^STATUS=\d+ processes, first look/);
  await receiver.message('WATCHDOG=1');

  process.kill(pid, 'SIGHUP');
  await receiver.message('STATUS=the configuration was read again');
  assert.equal(await daemon.program.end('SIGTERM'), 0, daemon.program.log);
  await receiver.message('STOPPING=1');

  const told = receiver.received.map(({ lines }) => lines);
  assert.deepEqual(
    told.flatMap(([first = '']) => (/^(READY|RELOADING|STOPPING)=/.test(first) ? [first] : [])),
    ['READY=1', 'RELOADING=1', 'READY=1', 'STOPPING=1'],
  );
  const ready = told.find(([first]) => first === 'READY=1');
  assert.deepEqual(ready, ['READY=1', 'STATUS=reading all processes for the first time']);
  const micros = Number(/^MONOTONIC_USEC=(\d+)$/.exec(told.find(([first]) => first === 'RELOADING=1')?.[1] ?? '')?.[1]);
  const nowMicros = Number(process.hrtime.bigint() / 1_000n);
  assert.ok(micros > nowMicros - 600e6 && micros <= nowMicros, `${micros} of ${nowMicros}`);
  assert.ok(receiver.received.every((message) => message.pid === pid));
});

test('the real program runs as ever where the service manager cannot be told', async (t) => {
  if (process.platform !== 'linux') return t.skip('there is no /proc to read on this platform');
  const socket = join(scratchDirectory(t), 'nobody');
  const daemon = await startDaemon(t, { env: { NOTIFY_SOCKET: socket, WATCHDOG_USEC: 'soon' } });
  assert.equal(await daemon.program.end('SIGTERM'), 0, daemon.program.log);
  assert.equal(daemon.program.log.split('the service manager could not be told').length, 2, daemon.program.log);
});
