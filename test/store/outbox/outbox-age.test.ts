import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openLayout } from '../../../src/store/layout.ts';
import type { SnapshotStore } from '../../../src/store/snapshot-store.ts';
import { ManualClock } from '../../fake/manual-clock.ts';
import { openStore, scratchDirectory } from '../../fake/scratch-store.ts';
import { appendRows, CYCLES, commitRows, drainRows, HEALTH, LIFECYCLE, OBSERVED } from '../commit-rows.ts';

const MINUTE = 60_000;

describe('a bound of age', () => {
  test('gives up what has waited longer, the oldest first and of whatever topic, and keeps the rest', async (t) => {
    const { store, clock } = await opened(t, 10 * MINUTE);
    commitRows(store, { topic: HEALTH, count: 1 }, { topic: OBSERVED, count: 3 });
    clock.advance(5 * MINUTE);
    commitRows(store, { topic: LIFECYCLE, count: 2 });
    clock.advance(5 * MINUTE);
    assert.deepEqual(commitRows(store, { topic: CYCLES, count: 1 }), [], 'as old as the bound is not too old');
    clock.advance(1);
    assert.deepEqual(commitRows(store, { topic: CYCLES, count: 1 }), [
      { topic: HEALTH, reason: 'expired', count: 1, first: 1, last: 1 },
      { topic: OBSERVED, reason: 'expired', count: 3, first: 2, last: 4 },
    ]);
    assert.equal(store.outbox.recordCount, 4);
    assert.deepEqual(drainRows(store), [5, 6, 7, 8]);
  });

  test('is counted apart from what a full outbox gives up, with its range', async (t) => {
    const { store, clock } = await opened(t, MINUTE);
    for (let commit = 0; commit < 3; commit++) commitRows(store, { topic: OBSERVED, count: 2 });
    clock.advance(2 * MINUTE);
    commitRows(store, { topic: HEALTH, count: 1 });
    assert.deepEqual(store.outbox.discards.untold, [
      { topic: OBSERVED, reason: 'expired', count: 6, first: 1, last: 6 },
    ]);
  });

  test('is none by default, however long it takes', async (t) => {
    const { store, clock } = await opened(t, undefined);
    commitRows(store, { topic: OBSERVED, count: 1 });
    clock.advance(365 * 24 * 60 * MINUTE);
    assert.deepEqual(commitRows(store, { topic: OBSERVED, count: 1 }), []);
  });

  test('does not know the wall clock, wherever that is set', async (t) => {
    const { store, clock } = await opened(t, MINUTE);
    commitRows(store, { topic: OBSERVED, count: 1 });
    for (const step of [1e9, -3e9, 2e9]) {
      clock.stepWall(step);
      assert.deepEqual(commitRows(store, { topic: OBSERVED, count: 1 }), []);
    }
  });

  test('counts the time of all runs, and none between them', async (t) => {
    const directory = scratchDirectory(t);
    const first = await opened(t, 10 * MINUTE, directory);
    commitRows(first.store, { topic: OBSERVED, count: 1 });
    first.clock.advance(6 * MINUTE);
    commitRows(first.store, { topic: HEALTH, count: 1 });
    await first.store.close();

    const second = await opened(t, 10 * MINUTE, directory);
    // Down for a month: the wall clock has gone on, and the monotonic one has begun anew.
    second.clock.stepWall(30 * 24 * 60 * MINUTE);
    second.clock.advance(4 * MINUTE);
    assert.deepEqual(commitRows(second.store, { topic: HEALTH, count: 1 }), []);
    await second.store.close();

    const third = await opened(t, 10 * MINUTE, directory);
    third.clock.advance(1);
    assert.deepEqual(commitRows(third.store, { topic: HEALTH, count: 1 }), [
      { topic: OBSERVED, reason: 'expired', count: 1, first: 1, last: 1 },
    ]);
  });

  test('takes what a run had not saved for time it did not run', async (t) => {
    const directory = scratchDirectory(t);
    const killed = await opened(t, MINUTE, directory);
    commitRows(killed.store, { topic: OBSERVED, count: 1 });
    killed.clock.advance(10 * MINUTE);
    await killed.store.close();
    const { store } = await opened(t, MINUTE, directory);
    assert.deepEqual(commitRows(store, { topic: OBSERVED, count: 1 }), []);
  });

  test('goes on while something is delivered, and nothing committed', async (t) => {
    const directory = scratchDirectory(t);
    const first = await opened(t, MINUTE, directory);
    commitRows(first.store, { topic: OBSERVED, count: 1 }, { topic: CYCLES, count: 1 });
    first.clock.advance(MINUTE);
    first.store.transact(() => first.store.outbox.settle(1));
    await first.store.close();
    const { store, clock } = await opened(t, MINUTE, directory);
    clock.advance(1);
    assert.deepEqual(
      commitRows(store, { topic: HEALTH, count: 1 }).map(({ first: seq }) => seq),
      [2],
    );
  });

  test('never touches what the batch in flight is taken from, but what is behind it', async (t) => {
    const { store, clock } = await opened(t, MINUTE);
    commitRows(store, { topic: OBSERVED, count: 4 }, { topic: CYCLES, count: 1 });
    assert.equal(store.outbox.take({ maxRecords: 2, maxBytes: 1e9 }).length, 2);
    clock.advance(2 * MINUTE);
    assert.deepEqual(commitRows(store, { topic: HEALTH, count: 1 }), [
      { topic: CYCLES, reason: 'expired', count: 1, first: 5, last: 5 },
    ]);
    store.transact(() => store.outbox.settle(2));
    store.outbox.release();
    assert.deepEqual(
      commitRows(store, { topic: HEALTH, count: 1 }),
      [{ topic: OBSERVED, reason: 'expired', count: 2, first: 3, last: 4 }],
      'released, the rest of it goes like any other; what has left is not counted',
    );
    assert.deepEqual(drainRows(store), [6, 7]);
  });

  test('gives nothing up in a transaction that fails', async (t) => {
    const { store, clock } = await opened(t, MINUTE);
    commitRows(store, { topic: OBSERVED, count: 3 });
    clock.advance(2 * MINUTE);
    assert.throws(() =>
      store.transact(() => {
        assert.equal(appendRows(store, { topic: HEALTH, count: 1 })[0]?.count, 3);
        throw new Error('no');
      }),
    );
    assert.deepEqual(store.outbox.discards.untold, []);
    assert.deepEqual(drainRows(store), [1, 2, 3]);
  });

  test('holds from the next commit on when it is changed', async (t) => {
    const { store, clock } = await opened(t, undefined);
    commitRows(store, { topic: OBSERVED, count: 1 });
    clock.advance(2 * MINUTE);
    store.outbox.maxAgeMillis = MINUTE;
    assert.equal(store.outbox.recordCount, 1);
    assert.equal(commitRows(store, { topic: OBSERVED, count: 1 }).length, 1);
    clock.advance(2 * MINUTE);
    store.outbox.maxAgeMillis = 0;
    assert.deepEqual(commitRows(store, { topic: OBSERVED, count: 1 }), []);
  });

  test('counts from the first run that counts for what an earlier version committed', async (t) => {
    const directory = scratchDirectory(t);
    const before = await openStore(t, { directory });
    commitRows(before, { topic: OBSERVED, count: 2 });
    await before.close();
    const layout = openLayout(directory, { readOnly: false });
    layout.root.transactionSync(() => {
      const { committedAtRunMillis: _, ...row } = layout.outboxIndex.get(1) as Record<string, unknown>;
      layout.outboxIndex.putSync(1, row);
      layout.meta.removeSync('run_millis');
    });
    await layout.root.close();
    const { store, clock } = await opened(t, MINUTE, directory);
    clock.advance(MINUTE);
    assert.deepEqual(commitRows(store, { topic: HEALTH, count: 1 }), []);
    clock.advance(1);
    assert.equal(commitRows(store, { topic: HEALTH, count: 1 })[0]?.count, 2);
  });
});

type Test = Parameters<typeof openStore>[0];

async function opened(
  t: Test,
  outboxMaxAgeMillis: number | undefined,
  directory = scratchDirectory(t),
): Promise<{ readonly store: SnapshotStore; readonly clock: ManualClock }> {
  const clock = new ManualClock();
  const age = outboxMaxAgeMillis === undefined ? {} : { outboxMaxAgeMillis };
  return { store: await openStore(t, { directory, clock, ...age }), clock };
}
