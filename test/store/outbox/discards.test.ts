import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SnapshotStore } from '../../../src/store/snapshot-store.ts';
import { openStore, scratchDirectory } from '../../fake/scratch-store.ts';
import { HEALTH, LIFECYCLE, OBSERVED } from '../commit-rows.ts';

test('sums what was given up by topic and reason, over transactions and a reopening', async (t) => {
  const directory = scratchDirectory(t);
  const store = await openStore(t, { directory });
  const { discards } = store.outbox;
  store.transact(() => {
    discards.add({ topic: OBSERVED, reason: 'outbox_full', count: 5, first: 10, last: 14 });
    discards.add({ topic: LIFECYCLE, reason: 'outbox_full', count: 1, first: 3, last: 3 });
    discards.add({ topic: OBSERVED, reason: 'dead_letter', count: 1, first: 20, last: 20 });
  });
  store.transact(() => discards.add({ topic: OBSERVED, reason: 'outbox_full', count: 2, first: 1, last: 40 }));
  const expected = [
    { topic: OBSERVED, reason: 'dead_letter', count: 1, first: 20, last: 20 },
    { topic: OBSERVED, reason: 'outbox_full', count: 7, first: 1, last: 40 },
    { topic: LIFECYCLE, reason: 'outbox_full', count: 1, first: 3, last: 3 },
  ];
  assert.deepEqual(new Set(discards.untold), new Set(expected));
  await store.close();
  assert.deepEqual((await openStore(t, { directory })).outbox.discards.untold, expected);
});

test('forgets what was told, for good, once that is committed', async (t) => {
  const directory = scratchDirectory(t);
  const store = await openStore(t, { directory });
  const { discards } = store.outbox;
  const sum = { topic: HEALTH, reason: 'outbox_full', count: 2, first: 1, last: 2 } as const;
  store.transact(() => discards.add(sum));
  assert.throws(() =>
    store.transact(() => {
      discards.tell(3);
      assert.deepEqual(discards.untold, []);
      throw new Error('no');
    }),
  );
  assert.deepEqual(discards.untold, [sum]);
  store.transact(() => {
    discards.tell(3);
    discards.add({ ...sum, count: 1, first: 9, last: 9 });
  });
  const left = [{ ...sum, count: 1, first: 9, last: 9 }];
  assert.deepEqual(discards.untold, left);
  await store.close();
  assert.deepEqual((await openStore(t, { directory })).outbox.discards.untold, left);
});

describe('what a record tells', () => {
  const lost = { topic: OBSERVED, reason: 'outbox_full', count: 5, first: 1, last: 9 } as const;

  test('is to be told anew when that record is given up before it has left, also after a reopening', async (t) => {
    const directory = scratchDirectory(t);
    const store = await openStore(t, { directory });
    store.transact(() => store.outbox.discards.add(lost));
    store.transact(() => store.outbox.discards.tell(20));
    await store.close();
    const { outbox, transact } = bound(await openStore(t, { directory }));
    assert.deepEqual(outbox.discards.untold, []);
    const record = { topic: HEALTH, reason: 'expired', count: 3, first: 18, last: 20 } as const;
    transact(() => outbox.discards.add({ ...lost, count: 1, first: 30, last: 30 }));
    transact(() => outbox.discards.add(record));
    assert.deepEqual(outbox.discards.untold, [{ ...lost, count: 6, last: 30 }, record]);
    transact(() => outbox.discards.tell(40));
    transact(() => outbox.discards.add({ ...record, count: 1, first: 39, last: 39 }));
    assert.equal(outbox.discards.untold.length, 1, 'that record was another one');
  });

  test('is forgotten when that record has left', async (t) => {
    const { outbox, transact } = bound(await openStore(t));
    transact(() => outbox.discards.add(lost));
    transact(() => outbox.discards.tell(20));
    transact(() => outbox.settle(20));
    const record = { topic: HEALTH, reason: 'expired', count: 1, first: 20, last: 20 } as const;
    transact(() => outbox.discards.add(record));
    assert.deepEqual(outbox.discards.untold, [record]);
  });

  test('stays told when the endpoint refuses that record: it is kept as a dead letter', async (t) => {
    const { outbox, transact } = bound(await openStore(t));
    transact(() => outbox.discards.add(lost));
    transact(() => outbox.discards.tell(20));
    const refused = { topic: HEALTH, reason: 'dead_letter', count: 1, first: 20, last: 20 } as const;
    transact(() => outbox.discards.add(refused));
    assert.deepEqual(outbox.discards.untold, [refused]);
  });
});

test('refuses writes outside a transaction', async (t) => {
  const { discards } = (await openStore(t)).outbox;
  assert.throws(() => discards.tell(1), /outside a transaction/);
});

function bound(store: SnapshotStore) {
  return { outbox: store.outbox, transact: (work: () => void) => store.transact(work) };
}
