import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { waitUntil } from '../fake/wait-until.ts';
import { cleanUp } from './harness/clean-up.ts';
import { freePorts } from './harness/free-ports.ts';
import { scratchDirectory } from './harness/scratch-directory.ts';
import { startPipeline } from './harness/start-pipeline.ts';
import { type BundledProcmond, startProcmond } from './harness/start-procmond.ts';

/** What is promised, and what a service manager can be told to wait. */
const PROMISED_MILLIS = 10_000;

test('SIGTERM ends it in order, and its stop is the last thing that is delivered', async (t) => {
  const directory = await scratchDirectory(t);
  const pipeline = await startPipeline(t, directory);
  const procmond = await startProcmond(t, {
    dataDirectory: join(directory, 'procmond'),
    endpoint: pipeline.collector.endpoint,
  });
  await firstCycle(procmond);

  await assertStopsInTime(procmond);

  const sequence = await waitUntil('everything up to the stop is there', async () => {
    const records = await pipeline.received();
    const stopped = records.find(({ eventName }) => eventName === 'procmond.agent.stopped');
    const numbers = new Set(records.map(({ attributes }) => Number(attributes['procmond.seq'])));
    const last = Number(stopped?.attributes['procmond.seq']);
    return numbers.size >= last ? { last, numbers } : undefined;
  });
  assert.equal(Math.max(...sequence.numbers), sequence.last);
  assert.match(procmond.program.output(), /stopped; 0 records in the outbox/);
});

test('SIGTERM ends it in time while nobody listens at the endpoint', async (t) => {
  const { nobody } = await freePorts(['nobody']);
  await assertStopsWithBlockedEndpoint(t, `http://127.0.0.1:${nobody}`);
});

test('SIGTERM ends it in time while the endpoint takes connections and never answers', async (t) => {
  await assertStopsWithBlockedEndpoint(t, await silentEndpoint(t));
});

async function assertStopsWithBlockedEndpoint(t: TestContext, endpoint: string): Promise<void> {
  const procmond = await startProcmond(t, { dataDirectory: join(await scratchDirectory(t), 'procmond'), endpoint });
  await firstCycle(procmond);
  await assertStopsInTime(procmond);
  assert.match(procmond.program.output(), /stopped; [1-9]\d* records in the outbox wait for the next start/);
}

async function firstCycle(procmond: BundledProcmond): Promise<void> {
  await waitUntil('the first cycle was committed', () => / processes, first look/.test(procmond.program.output()));
}

async function assertStopsInTime({ program }: BundledProcmond): Promise<void> {
  const before = performance.now();
  assert.equal(await program.stop('SIGTERM'), 0);
  const millis = performance.now() - before;
  assert.ok(millis < PROMISED_MILLIS, `it took ${Math.round(millis)} ms`);
}

async function silentEndpoint(t: TestContext): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).resume();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  cleanUp(t, () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return `http://127.0.0.1:${address.port}`;
}
