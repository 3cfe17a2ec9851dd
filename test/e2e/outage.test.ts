import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { SnapshotStore } from '../../src/store/snapshot-store.ts';
import { waitUntil } from '../fake/wait-until.ts';
import { fillQueue } from './harness/fill-queue.ts';
import { postLogs, standInRecord } from './harness/post-logs.ts';
import { type ReceivedRecord, uidOf } from './harness/read-otlp-file.ts';
import { scratchDirectory } from './harness/scratch-directory.ts';
import { writeShortenedRetries } from './harness/shortened-retries.ts';
import { startOtelCollector } from './harness/start-otel-collector.ts';
import { type Pipeline, startPipeline } from './harness/start-pipeline.ts';
import { type BundledProcmond, startProcmond } from './harness/start-procmond.ts';
import type { RunningProgram } from './harness/start-program.ts';

/** Soon full, but not too small for the largest request of procmond, which would never be accepted. */
const QUEUE_BYTES = 3_000_000;

const INVENTORY_TOPIC = 'collector/process/events';

test('what procmond committed and what the last backend holds is the same, after', async (t) => {
  const directory = await scratchDirectory(t);
  const pipeline = await startPipeline(t, directory, { queueBytes: QUEUE_BYTES });
  const { collector, to } = pipeline;
  let { backend, collector: collectorProgram } = pipeline.programs;
  const dataDirectory = join(directory, 'procmond');
  const procmond = await startProcmond(t, { dataDirectory, endpoint: collector.endpoint });
  await waitUntil('the first records are there', async () => (await pipeline.received()).length > 0);

  await t.test('a backend that was down', async () => {
    await backend.stop();
    await acknowledgedMore(procmond);
    backend = await startOtelCollector(t, to.settings);
    await assertSame(pipeline, await emitted(procmond));
  });

  await t.test('a queue of the OTel Collector that was full', async () => {
    await backend.stop();
    await fillQueue(collector.endpoint, INVENTORY_TOPIC);
    await waitUntil('the OTel Collector refuses and procmond waits', () => isBlocked(procmond, 'unavailable'));
    await waitUntil('procmond counts the refusal', async () =>
      (await procmond.metric('procmond_export_failures_total')).some(
        ({ metric, value }) => metric.reason === 'unavailable' && value > 0,
      ),
    );
    assert.match(procmond.program.output(), /records stay in the outbox: .*503 \(.*sending queue is full/);
    backend = await startOtelCollector(t, to.settings);
    await assertSame(pipeline, await emitted(procmond));
  });

  await t.test('an OTel Collector that was killed with records in its queue', async () => {
    await backend.stop();
    await acknowledgedMore(procmond);
    await collectorProgram.stop('SIGKILL');
    await waitUntil('procmond finds nobody there', () => isBlocked(procmond, 'refused'));
    [backend, collectorProgram] = await startBoth(t, pipeline);
    await assertSame(pipeline, await emitted(procmond));
  });

  await t.test('all of it, and the end of procmond', async () => {
    assert.equal(await procmond.program.stop(), 0);
    const committed = await emptied(dataDirectory);
    const received = await assertSame(pipeline, committed);
    assert.equal(received.at(-1)?.eventName, 'procmond.agent.stopped');
    t.diagnostic(`${committed} records`);
  });
});

test('loses nothing when the backend comes back after the time after which an OTel Collector gives up by default', async (t) => {
  const [ours, byDefault] = await Promise.all([
    shortenedPipeline(t, 'ours', {}),
    shortenedPipeline(t, 'by-default', { without: ['max_elapsed_time'] }),
  ]);
  const dataDirectory = join(await scratchDirectory(t), 'procmond');
  const procmond = await startProcmond(t, { dataDirectory, endpoint: ours.collector.endpoint });
  await waitUntil('the first records are there', async () => (await ours.received()).length > 0);

  await Promise.all([ours.programs.backend.stop(), byDefault.programs.backend.stop()]);
  await acknowledgedMore(procmond);
  const [lost, kept] = [standInRecord(INVENTORY_TOPIC), standInRecord(INVENTORY_TOPIC)];
  await postLogs(byDefault.collector.endpoint, [lost]);
  await waitUntil('an OTel Collector with the default has given up', () =>
    /no more retries left/i.test(byDefault.programs.collector.output()),
  );
  // What `ours` was given before has waited for longer than that.
  await Promise.all([startOtelCollector(t, ours.to.settings), startOtelCollector(t, byDefault.to.settings)]);

  await postLogs(byDefault.collector.endpoint, [kept]);
  await waitUntil('the other one delivers again', async () => (await byDefault.received()).length > 0);
  assert.deepEqual((await byDefault.received()).map(uidOf), [kept.uid], 'it has lost what it had taken');

  assert.equal(await procmond.program.stop(), 0);
  await assertSame(ours, await emptied(dataDirectory));
  assert.doesNotMatch(ours.programs.collector.output(), /no more retries left|dropping data/i);
});

async function shortenedPipeline(
  t: TestContext,
  name: string,
  options: Parameters<typeof writeShortenedRetries>[1],
): Promise<Pipeline> {
  const directory = join(await scratchDirectory(t), name);
  await mkdir(directory);
  return startPipeline(t, directory, { overlayFile: await writeShortenedRetries(directory, options) });
}

async function startBoth(t: TestContext, { to, collector }: Pipeline): Promise<[RunningProgram, RunningProgram]> {
  return Promise.all([startOtelCollector(t, to.settings), startOtelCollector(t, collector.settings)]);
}

/** Resolves when the OTel Collector has taken more than it had. */
async function acknowledgedMore(procmond: BundledProcmond): Promise<void> {
  const before = await total(procmond, 'procmond_events_acknowledged_total');
  await waitUntil(
    'the OTel Collector takes more',
    async () => (await total(procmond, 'procmond_events_acknowledged_total')) > before,
  );
}

/** How many records it has committed: they are numbered from 1 on. */
function emitted(procmond: BundledProcmond): Promise<number> {
  return total(procmond, 'procmond_events_emitted_total');
}

/** What is left in the store of a procmond that has ended must be nothing. @returns how many records it ever committed */
async function emptied(dataDirectory: string): Promise<number> {
  const store = await SnapshotStore.open({ directory: dataDirectory });
  try {
    const { outbox } = store;
    assert.deepEqual([outbox.recordCount, outbox.deadLetters.count, outbox.discards.untold], [0, 0, []]);
    return outbox.nextSeq - 1;
  } finally {
    await store.close();
  }
}

/**
 * Resolves when the backend has the records 1 to `committed`: none is missing, each has one uid, and what came again is the
 * same. @returns the first of each, by number
 */
async function assertSame(pipeline: Pipeline, committed: number): Promise<readonly ReceivedRecord[]> {
  const copies = await waitUntil(`all ${committed} records are in the backend`, async () => {
    const records = (await pipeline.received()).filter(({ attributes }) => 'procmond.seq' in attributes);
    const bySeq = Map.groupBy(records, sequenceNumber);
    const isThere = Array.from({ length: committed }, (_, index) => bySeq.has(index + 1));
    return isThere.every(Boolean) ? bySeq : undefined;
  });
  const uids = new Set<string>();
  for (const [one, ...others] of copies.values()) {
    for (const other of others) assert.deepEqual(other, one);
    if (one !== undefined) uids.add(uidOf(one));
  }
  assert.equal(uids.size, copies.size, 'one uid each');
  return [...copies.entries()].toSorted(([one], [other]) => one - other).flatMap(([, records]) => records.slice(0, 1));
}

async function isBlocked(procmond: BundledProcmond, reason: string): Promise<boolean> {
  const blocked = await procmond.metric('procmond_export_blocked');
  return blocked.some(({ metric, value }) => metric.reason === reason && value === 1);
}

/** The sum over all label values. */
async function total(procmond: BundledProcmond, name: string): Promise<number> {
  return (await procmond.metric(name)).reduce((sum, { value }) => sum + value, 0);
}

function sequenceNumber({ attributes }: ReceivedRecord): number {
  return Number(attributes['procmond.seq']);
}
