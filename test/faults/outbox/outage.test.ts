import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { EventSink } from '../../../src/collector/event-source.ts';
import { ProcessEventSource } from '../../../src/process/process-event-source.ts';
import type { SnapshotStore } from '../../../src/store/snapshot-store.ts';
import { makeCommitter } from '../../fake/committed-events.ts';
import { ManualClock } from '../../fake/manual-clock.ts';
import { openStore } from '../../fake/scratch-store.ts';
import { NO_RULES } from '../../process/host-history.ts';
import { CYCLES, OBSERVED, range } from '../../store/commit-rows.ts';
import { Receiver, type ToldMissing } from '../../store/receiver.ts';
import { BusyHost } from './busy-host.ts';

const MiB = 1024 ** 2;
const PROCESSES = 1_000;
const INTERVAL_MILLIS = 5_000;
const CYCLES_OF_AN_HOUR = 3_600_000 / INTERVAL_MILLIS;

/** What the snapshot, the newest transaction and LMDB's own account take beside the outbox. */
const BESIDE_BYTES = 8 * MiB;

describe('an hour without an endpoint, at 1,000 processes and a cycle in 5 s, --emit all', () => {
  test('loses nothing while the outbox has room for it', async (t) => {
    const { store, emitted } = await hourOf(t, { outboxMaxBytes: 1024 * MiB });
    const committed = store.outbox.nextSeq - 1;
    assert.ok(committed > CYCLES_OF_AN_HOUR * PROCESSES);
    assert.equal(store.outbox.recordCount, committed);
    const receiver = new Receiver();
    receiver.receiveAll(store);
    assert.equal(receiver.count, committed);
    assert.deepEqual(receiver.counts, emitted);
    assert.equal(receiver.told.size, 0);
  });

  test('stays within a small bound, keeps what matters most, and tells of each record that is missing', async (t) => {
    const { store, emitted } = await hourOf(t, { outboxMaxBytes: 8 * MiB });
    const committed = store.outbox.nextSeq - 1;
    const receiver = new Receiver();
    receiver.receiveAll(store);
    for (const [topic, count] of emitted) {
      const missing = receiver.told.get(topic)?.count ?? 0;
      assert.equal((receiver.counts.get(topic) ?? 0) + missing, count, topic);
      assert.equal(missing > 0, topic === OBSERVED, topic);
    }
    assert.equal(receiver.counts.get(CYCLES), CYCLES_OF_AN_HOUR);
    assert.ok((receiver.counts.get(OBSERVED) ?? 0) > 10 * PROCESSES, 'the newest observed records are there');
    const { count, first, last } = receiver.told.get(OBSERVED) as ToldMissing;
    const absent = range(1, committed).filter((seq) => !receiver.has(seq));
    assert.deepEqual([absent.length, absent[0], absent.at(-1)], [count, first, last]);
  });
});

interface Hour {
  readonly store: SnapshotStore;
  /** Records by topic. */
  readonly emitted: ReadonlyMap<string, number>;
}

/** An hour of cycles, none of which was delivered. */
async function hourOf(t: TestContext, { outboxMaxBytes }: { readonly outboxMaxBytes: number }): Promise<Hour> {
  const clock = new ManualClock();
  const store = await openStore(t, { outboxMaxBytes, clock });
  const emitted = new Map<string, number>();
  const committer = makeCommitter(store, {
    clock,
    observer: {
      committed: (report) => {
        for (const [topic, count] of report.emitted) emitted.set(topic, (emitted.get(topic) ?? 0) + count);
      },
    },
  });
  const sink: EventSink = { commit: (batch) => committer.commit(batch), capabilitiesChanged() {} };
  const source = new ProcessEventSource(
    store,
    { collectionIntervalMillis: INTERVAL_MILLIS, emit: 'all' },
    {
      enumerator: new BusyHost({ processes: PROCESSES, clock }),
      clock,
      passwdFile: '/dev/null',
      groupFile: '/dev/null',
      rules: NO_RULES,
    },
  );
  const signal = new AbortController().signal;
  for (let cycle = 0; cycle < CYCLES_OF_AN_HOUR; cycle++) {
    await source.runCycle(sink, signal);
    assert.ok(store.outbox.byteCount <= outboxMaxBytes);
    assert.ok(
      store.fileBytes() <= outboxMaxBytes * 1.25 + BESIDE_BYTES,
      `${store.fileBytes()} bytes in cycle ${cycle}`,
    );
    clock.advance(INTERVAL_MILLIS);
  }
  t.diagnostic(`${store.outbox.byteCount} bytes of outbox in a file of ${store.fileBytes()}`);
  return { store, emitted };
}
