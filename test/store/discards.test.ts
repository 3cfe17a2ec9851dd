import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openStore, scratchDirectory } from '../fake/scratch-store.ts';
import { HEALTH, LIFECYCLE, OBSERVED } from './commit-rows.ts';

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
      discards.clear();
      assert.deepEqual(discards.untold, []);
      throw new Error('no');
    }),
  );
  assert.deepEqual(discards.untold, [sum]);
  store.transact(() => {
    discards.clear();
    discards.add({ ...sum, count: 1, first: 9, last: 9 });
  });
  const left = [{ ...sum, count: 1, first: 9, last: 9 }];
  assert.deepEqual(discards.untold, left);
  await store.close();
  assert.deepEqual((await openStore(t, { directory })).outbox.discards.untold, left);
});

test('refuses writes outside a transaction', async (t) => {
  const { discards } = (await openStore(t)).outbox;
  assert.throws(() => discards.clear(), /outside a transaction/);
});
