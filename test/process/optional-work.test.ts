import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { EventBatch, EventSink } from '../../src/collector/event-source.ts';
import type { CycleCompletedEvent } from '../../src/event/collection-event.ts';
import type { EnumerationRequest } from '../../src/process/enumerate/enumerator.ts';
import { ALL_WORK } from '../../src/process/optional-work.ts';
import { ProcessEventSource } from '../../src/process/process-event-source.ts';
import type { ProcessSourceConfig } from '../../src/process/process-source-config.ts';
import { HandHasher } from './hand-hasher.ts';
import { ManualClock } from './manual-clock.ts';
import { openStore } from './open-store.ts';
import { enumerationOf, processOf } from './process-table.ts';
import { testRedactor } from './test-redactor.ts';

const SAVING = { refreshFactor: 10, countFileDescriptors: false, inventoryFactor: 2, awaitHashes: false };
const HOUR = 3_600_000;

/** A source over one process that never changes, and what it asks and tells. */
async function makeSource(t: TestContext, config: Partial<ProcessSourceConfig>) {
  const store = await openStore(t);
  const clock = new ManualClock();
  const asked: EnumerationRequest[] = [];
  const told: CycleCompletedEvent[] = [];
  const process = processOf({ pid: 5, details: { executableVersion: 'v1' } });
  const enumerate = async (request: EnumerationRequest) => {
    asked.push(request);
    return enumerationOf([process], { endedAtMillis: clock.wallMillis() });
  };
  const source = new ProcessEventSource(store, config, {
    enumerator: { enumerate, close: () => {} },
    hasher: new HandHasher(),
    redactor: testRedactor(),
    clock,
  });
  const sink: EventSink = {
    commit: ({ events }: EventBatch) => {
      told.push([...events].at(-1) as CycleCompletedEvent);
      return { firstSeq: 1, lastSeq: 0 };
    },
    capabilitiesChanged() {},
  };
  return { source, clock, asked, told, cycle: () => source.runCycle(sink, t.signal) };
}

test('reads what can change without an exec less often while it saves, and tells how often', async (t) => {
  const { source, asked, told, cycle } = await makeSource(t, { refreshCycles: 3, countFileDescriptors: true });
  await cycle();
  source.setOptionalWork(SAVING);
  await cycle();
  source.setOptionalWork(ALL_WORK);
  await cycle();
  assert.deepEqual(
    asked.map((request) => [request.refreshCycles, request.countFileDescriptors]),
    [
      [3, true],
      [30, false],
      [3, true],
    ],
  );
  assert.deepEqual(
    told.map(({ refreshCycles }) => refreshCycles),
    [3, 30, 3],
  );
});

test('never reads what was not to be read, however little it saves', async (t) => {
  const { source, asked, cycle } = await makeSource(t, { refreshCycles: 0, countFileDescriptors: false });
  source.setOptionalWork(SAVING);
  await cycle();
  source.setOptionalWork(ALL_WORK);
  await cycle();
  assert.ok(asked.every((request) => request.refreshCycles === 0 && !request.countFileDescriptors));
});

test('puts an inventory off while it saves, by another interval at most', async (t) => {
  const { source, clock, told, cycle } = await makeSource(t, { emit: 'changes', inventoryIntervalMillis: HOUR });
  await cycle();
  source.setOptionalWork(SAVING);
  for (const millis of [HOUR, HOUR - 1, 1]) {
    clock.advance(millis);
    await cycle();
  }
  assert.deepEqual(
    told.map(({ inventory }) => inventory),
    [true, false, false, true],
  );
});

test('makes up for an inventory that was put off as soon as it need not save any more', async (t) => {
  const { source, clock, told, cycle } = await makeSource(t, { emit: 'changes', inventoryIntervalMillis: HOUR });
  await cycle();
  source.setOptionalWork(SAVING);
  clock.advance(HOUR + 1);
  await cycle();
  source.setOptionalWork(ALL_WORK);
  await cycle();
  assert.deepEqual(
    told.map(({ inventory }) => inventory),
    [true, false, true],
  );
});

test('waits for no hash while none is made', async (t) => {
  const { source, clock, cycle } = await makeSource(t, { computeExecutableHashes: true });
  source.setOptionalWork(SAVING);
  await cycle();
  assert.equal(clock.nextDelayMillis, undefined);
});
