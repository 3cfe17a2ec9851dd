import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { fillQueue } from './harness/fill-queue.ts';
import { type ReceivedRecord, uidOf } from './harness/read-otlp-file.ts';
import { scratchDirectory } from './harness/scratch-directory.ts';
import { startOtelCollector } from './harness/start-otel-collector.ts';
import { startPipeline } from './harness/start-pipeline.ts';
import { type RunningProcmond, startProcmond } from './harness/start-procmond.ts';
import { waitUntil } from './harness/wait-until.ts';

/** Soon full, but not too small for the largest request of procmond, which would never be accepted. */
const QUEUE_BYTES = 3_000_000;

test('loses nothing that it committed through a backend that is down, a full queue and a killed OTel Collector', async (t) => {
  const directory = await scratchDirectory(t);
  const pipeline = await startPipeline(t, directory, { queueBytes: QUEUE_BYTES });
  const { collector, to, programs } = pipeline;
  const procmond = await startProcmond(t, { dataDirectory: join(directory, 'procmond'), endpoint: collector.endpoint });
  await waitUntil('the first records are there', async () => (await pipeline.received()).length > 0);

  await programs.backend.stop();
  await fillQueue(collector.endpoint, 'collector/process/events');
  await waitUntil('the OTel Collector refuses and procmond waits', () => isBlocked(procmond, 'unavailable'));
  await waitUntil('procmond counts the refusal', async () =>
    (await procmond.metric('procmond_export_failures_total')).some(
      ({ metric, value }) => metric.reason === 'unavailable' && value > 0,
    ),
  );
  assert.match(procmond.program.output(), /records stay in the outbox: .*503/);

  await programs.collector.stop('SIGKILL');
  await waitUntil('procmond finds nobody there', () => isBlocked(procmond, 'refused'));
  await Promise.all([startOtelCollector(t, to.settings), startOtelCollector(t, collector.settings)]);

  await waitUntil('procmond has delivered', async () => (await total(procmond, 'procmond_outbox_records')) === 0);
  const committed = await total(procmond, 'procmond_events_emitted_total');
  assert.equal(await procmond.program.stop(), 0);
  const received = await waitUntil('everything committed is in the backend', async () => {
    const records = (await pipeline.received()).filter(({ attributes }) => 'procmond.seq' in attributes);
    const sequence = new Set(records.map(sequenceNumber));
    const last = records.find(({ eventName }) => eventName === 'procmond.agent.stopped');
    return last !== undefined && sequence.size === sequenceNumber(last) ? records : undefined;
  });

  const sequence = [...new Set(received.map(sequenceNumber))].toSorted((one, other) => one - other);
  assert.ok(sequence.length > committed);
  assert.deepEqual(
    sequence,
    sequence.map((_, index) => index + 1),
  );
  assert.equal(new Set(received.map(uidOf)).size, sequence.length);
  for (const copies of Map.groupBy(received, uidOf).values()) {
    for (const copy of copies) assert.deepEqual(copy, copies[0]);
  }
  t.diagnostic(`${sequence.length} records, of which ${received.length - sequence.length} came again`);
});

async function isBlocked(procmond: RunningProcmond, reason: string): Promise<boolean> {
  const blocked = await procmond.metric('procmond_export_blocked');
  return blocked.some(({ metric, value }) => metric.reason === reason && value === 1);
}

/** The sum over all label values. */
async function total(procmond: RunningProcmond, name: string): Promise<number> {
  return (await procmond.metric(name)).reduce((sum, { value }) => sum + value, 0);
}

function sequenceNumber({ attributes }: ReceivedRecord): number {
  return Number(attributes['procmond.seq']);
}
