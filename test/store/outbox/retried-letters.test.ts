import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { SnapshotStore } from '../../../src/store/snapshot-store.ts';
import { openStore, scratchDirectory } from '../../fake/scratch-store.ts';
import { CYCLES, commitRows, drainRows, OBSERVED, range, rowOf } from '../commit-rows.ts';

const LIMITS = { maxRecords: 512, maxBytes: 1e9 };

test('takes what is retried first, unchanged, a few with each batch, and the rest in its order', async (t) => {
  const store = await storeWithLetters(t, 20);
  commitRows(store, { topic: OBSERVED, count: 5 });
  assert.equal(retry(store), 20);
  assert.deepEqual([store.outbox.deadLetters.count, store.outbox.recordCount], [0, 25]);
  const first = take(store);
  assert.deepEqual(seqsOf(first), [...range(1, 8), ...range(21, 25)]);
  assert.deepEqual([first[0]?.row, first[0]?.isRetried, first[8]?.isRetried], [rowOf(1), true, undefined]);
  store.transact(() => store.outbox.settle(25));
  assert.deepEqual(drainRows(store), range(9, 20));
  assert.deepEqual([store.outbox.deadLetters.all(), store.outbox.recordCount], [[], 0]);
});

test('keeps a batch of one topic where it has to be, also among what is retried', async (t) => {
  const store = await openStore(t);
  commitRows(store, { topic: OBSERVED, count: 2 }, { topic: CYCLES, count: 2 });
  bury(store, 4);
  commitRows(store, { topic: CYCLES, count: 1 });
  retry(store);
  assert.deepEqual(seqsOf(take(store)), [1, 2]);
  assert.deepEqual(seqsOf(take(store, { ...LIMITS, acrossTopics: true })), [1, 2, 3, 4, 5]);
  assert.deepEqual(seqsOf(take(store, { ...LIMITS, maxRecords: 1 })), [1]);
  assert.deepEqual(seqsOf(take(store, { maxRecords: 9, maxBytes: rowOf(1).length })), [1]);
});

test('removes only what was taken: what is retried while a batch is under way waits for its turn', async (t) => {
  const store = await storeWithLetters(t, 3);
  commitRows(store, { topic: OBSERVED, count: 4 });
  const batch = take(store);
  assert.deepEqual(seqsOf(batch), range(4, 7));
  retry(store);
  store.transact(() => store.outbox.settle(7));
  store.outbox.release();
  assert.equal(store.outbox.recordCount, 3);
  assert.deepEqual(drainRows(store), [1, 2, 3]);
});

test('keeps a letter that is refused again, and takes it once more only when it is asked for once more', async (t) => {
  const store = await storeWithLetters(t, 3);
  retry(store);
  const [first, second] = take(store);
  assert.ok(first !== undefined && second !== undefined);
  store.transact(() => {
    store.outbox.deadLetters.put({ ...letter(first.seq), reason: 'refused again' });
    // Asked for again while the rest of its batch is under way.
    if (store.outbox.deadLetters.retry() !== 1) throw new Error('it was not put aside');
    store.outbox.settle(second.seq);
  });
  assert.deepEqual(
    store.outbox.deadLetters.all().map(({ seq, reason }) => [seq, reason]),
    [
      [1, 'refused again'],
      [3, 'answered 400'],
    ],
  );
  store.transact(() => store.outbox.deadLetters.put(letter(1)));
  store.outbox.release();
  assert.deepEqual(drainRows(store), [3]);
  assert.equal(store.outbox.deadLetters.count, 1);
});

test('goes on after a reopening where it was', async (t) => {
  const directory = scratchDirectory(t);
  const store = await storeWithLetters(t, 12, directory);
  retry(store);
  const eight = take(store);
  store.transact(() => store.outbox.settle(eight.at(-1)?.seq ?? 0));
  await store.close();
  const again = await openStore(t, { directory });
  assert.deepEqual([again.outbox.deadLetters.retriedCount, again.outbox.deadLetters.count], [4, 0]);
  assert.deepEqual(drainRows(again), range(9, 12));
});

test('leaves everything as it was when the transaction fails', async (t) => {
  const store = await storeWithLetters(t, 3);
  const failing = (work: () => void) =>
    assert.throws(() =>
      store.transact(() => {
        work();
        throw new Error('no');
      }),
    );
  failing(() => store.outbox.deadLetters.retry());
  assert.deepEqual([store.outbox.deadLetters.count, store.outbox.recordCount], [3, 0]);
  retry(store);
  take(store);
  failing(() => store.outbox.settle(3));
  store.outbox.release();
  assert.deepEqual(drainRows(store), [1, 2, 3]);
});

test('counts once what is asked for twice', async (t) => {
  const store = await storeWithLetters(t, 3);
  assert.deepEqual([retry(store), retry(store)], [3, 0]);
  assert.equal(store.outbox.recordCount, 3);
});

test('stays within the bound of dead letters: the oldest goes, retried or not', async (t) => {
  const store = await openStore(t);
  const { deadLetters } = store.outbox;
  store.transact(() => {
    for (let seq = 1; seq <= 10_000; seq++) deadLetters.put(letter(seq));
    deadLetters.retry();
    deadLetters.put(letter(10_001));
  });
  assert.deepEqual([deadLetters.count, deadLetters.retriedCount], [1, 9_999]);
  assert.deepEqual(seqsOf(take(store)), range(2, 9));
});

test('refuses to retry outside a transaction', async (t) => {
  const { deadLetters } = (await storeWithLetters(t, 1)).outbox;
  assert.throws(() => deadLetters.retry(), /outside a transaction/);
});

test('tells what waits by topic, without what has left of a chunk', async (t) => {
  const store = await openStore(t);
  assert.deepEqual(store.outbox.backlog, []);
  commitRows(store, { topic: OBSERVED, count: 5, committedAtMillis: 10 });
  commitRows(store, { topic: CYCLES, count: 1, committedAtMillis: 10 });
  commitRows(store, { topic: OBSERVED, count: 5, committedAtMillis: 20 });
  store.transact(() => store.outbox.settle(2));
  assert.deepEqual(
    store.outbox.backlog.map(({ topic, records, oldestCommittedAtMillis }) => [
      topic,
      records,
      oldestCommittedAtMillis,
    ]),
    [
      [OBSERVED, 8, 10],
      [CYCLES, 1, 10],
    ],
  );
  assert.equal(
    store.outbox.backlog.reduce((total, { bytes }) => total + bytes, 0),
    store.outbox.byteCount,
  );
});

/** A store whose first records were refused, and nothing else. */
async function storeWithLetters(t: TestContext, count: number, directory?: string): Promise<SnapshotStore> {
  const store = await openStore(t, directory === undefined ? {} : { directory });
  commitRows(store, { topic: OBSERVED, count });
  bury(store, count);
  return store;
}

/** The endpoint refuses the next records. */
function bury(store: SnapshotStore, count: number): void {
  const records = take(store, { maxRecords: count, maxBytes: 1e9, acrossTopics: true });
  store.transact(() => {
    for (const record of records) store.outbox.deadLetters.put({ ...record, ...REFUSED });
    store.outbox.settle(count);
  });
  store.outbox.release();
}

const REFUSED = { reason: 'answered 400', refusedAtMillis: 5 };

function letter(seq: number) {
  return { seq, topic: OBSERVED, senderId: 's', row: rowOf(seq), ...REFUSED };
}

function retry(store: SnapshotStore): number {
  return store.transact(() => store.outbox.deadLetters.retry());
}

function take(store: SnapshotStore, limits: Parameters<SnapshotStore['outbox']['take']>[0] = LIMITS) {
  return store.outbox.take(limits);
}

function seqsOf(records: readonly { readonly seq: number }[]): readonly number[] {
  return records.map(({ seq }) => seq);
}
