import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { open } from 'lmdb';
import { type Layout, openLayout } from '../../../src/store/layout.ts';
import type { BatchLimits } from '../../../src/store/outbox/batch-limits.ts';
import { encodeChunk, MAX_CHUNK_RECORDS } from '../../../src/store/outbox/chunk.ts';
import { openStore, scratchDirectory } from '../../fake/scratch-store.ts';
import {
  appendRows,
  CYCLES,
  commitRows,
  drainRows,
  HEALTH,
  LIFECYCLE,
  OBSERVED,
  type Rows,
  range,
  rowOf,
  SENDER,
} from '../commit-rows.ts';

const FINDINGS = 'collector/process/findings';
const TRIGGERS = 'collector/triggers/binary-hasher';
const RESULTS = 'collector/binary-hasher/results';

const ALL = { maxRecords: 10_000, maxBytes: 1e9, acrossTopics: true };

describe('sequence numbers', () => {
  test('start at 1, rise by 1 over all topics, and go on after a reopening', async (t) => {
    const directory = scratchDirectory(t);
    const store = await openStore(t, { directory });
    assert.equal(store.outbox.nextSeq, 1);
    commitRows(store, { topic: HEALTH, count: 1 }, { topic: OBSERVED, count: 3 });
    commitRows(store, { topic: CYCLES, count: 1 });
    await store.close();
    const again = await openStore(t, { directory });
    commitRows(again, { topic: HEALTH, count: 1 });
    const batch = again.outbox.take(ALL);
    assert.deepEqual(
      batch.map(({ seq, topic }) => [seq, topic]),
      [
        [1, HEALTH],
        [2, OBSERVED],
        [3, OBSERVED],
        [4, OBSERVED],
        [5, CYCLES],
        [6, HEALTH],
      ],
    );
    assert.deepEqual(
      batch.map(({ row }) => row),
      range(1, 6).map((seq) => rowOf(seq)),
    );
  });

  test('are never used again, though everything was delivered before the reopening', async (t) => {
    const directory = scratchDirectory(t);
    const store = await openStore(t, { directory });
    commitRows(store, { topic: OBSERVED, count: 7 });
    drainRows(store);
    await store.close();
    const again = await openStore(t, { directory });
    assert.equal(again.outbox.nextSeq, 8);
    assert.equal(again.outbox.recordCount, 0);
    commitRows(again, { topic: OBSERVED, count: 1 });
    assert.deepEqual(drainRows(again), [8]);
  });

  test('are never used again, though everything was given up', async (t) => {
    const directory = scratchDirectory(t);
    const store = await openStore(t, { directory, outboxMaxBytes: 1 });
    commitRows(store, { topic: OBSERVED, count: 7 });
    await store.close();
    assert.equal((await openStore(t, { directory })).outbox.nextSeq, 8);
  });
});

describe('what is taken', () => {
  test('comes in order, whatever the chunks are: full ones, changes of topic, of sender, large rows', async (t) => {
    const store = await openStore(t);
    const other = JSON.stringify({ resource: { 'service.name': 'other' }, scope: { name: 'procmond', version: '2' } });
    commitRows(
      store,
      { topic: OBSERVED, count: MAX_CHUNK_RECORDS * 2 + 3 },
      { topic: LIFECYCLE, count: 2 },
      { topic: LIFECYCLE, count: 2, sender: other },
      { topic: OBSERVED, count: 40, text: 'x'.repeat(30_000) },
      { topic: OBSERVED, count: 1, text: 'y'.repeat(2_000_000) },
    );
    const count = MAX_CHUNK_RECORDS * 2 + 48;
    const batch = store.outbox.take(ALL);
    assert.deepEqual(
      batch.map(({ seq }) => seq),
      range(1, count),
    );
    assert.deepEqual(store.outbox.sender(batch[MAX_CHUNK_RECORDS * 2 + 3]?.senderId ?? ''), JSON.parse(SENDER));
    assert.deepEqual(store.outbox.sender(batch[MAX_CHUNK_RECORDS * 2 + 5]?.senderId ?? ''), JSON.parse(other));
    assert.deepEqual(drainRows(store, 100), range(1, count));
  });

  const text = 'x'.repeat(77);
  const limits: readonly [string, Rows[], BatchLimits, number][] = [
    ['nothing when there is nothing', [], ALL, 0],
    ['no more records than allowed', [{ topic: OBSERVED, count: 9 }], { ...ALL, maxRecords: 4 }, 4],
    ['no more bytes than allowed', [{ topic: OBSERVED, count: 9, text }], { ...ALL, maxBytes: 500 }, 5],
    ['one record at least, however large', [{ topic: OBSERVED, count: 2, text }], { ...ALL, maxBytes: 10 }, 1],
    ['whole chunks only, after the first', [three(OBSERVED), three(CYCLES)], { ...ALL, maxRecords: 5 }, 3],
    ['several chunks that fit', [three(OBSERVED), three(CYCLES)], { ...ALL, maxRecords: 6 }, 6],
    [
      'of bytes over several chunks',
      [
        { ...three(OBSERVED), text },
        { ...three(CYCLES), text },
      ],
      { ...ALL, maxBytes: 500 },
      5,
    ],
    ['of one topic unless it may be of several', [three(OBSERVED), three(CYCLES)], { maxRecords: 9, maxBytes: 1e9 }, 3],
    [
      'of one topic over its chunks',
      [three(OBSERVED), { ...three(OBSERVED), sender: '{}' }, three(CYCLES)],
      { maxRecords: 9, maxBytes: 1e9 },
      6,
    ],
  ];
  for (const [promise, rows, limit, expected] of limits) {
    test(`is ${promise}`, async (t) => {
      const store = await openStore(t);
      commitRows(store, ...rows);
      assert.deepEqual(
        store.outbox.take(limit).map(({ seq }) => seq),
        expected === 0 ? [] : range(1, expected),
      );
    });
  }

  test('is taken again, the same, until it is settled', async (t) => {
    const store = await openStore(t);
    commitRows(store, { topic: OBSERVED, count: 9 });
    const first = store.outbox.take({ maxRecords: 4, maxBytes: 1e9 });
    store.outbox.release();
    assert.deepEqual(store.outbox.take({ maxRecords: 4, maxBytes: 1e9 }), first);
    assert.equal(store.outbox.recordCount, 9);
  });

  test('goes on inside a chunk where it was settled, also after a reopening', async (t) => {
    const directory = scratchDirectory(t);
    const store = await openStore(t, { directory });
    commitRows(store, { topic: OBSERVED, count: 10 }, { topic: CYCLES, count: 1 });
    const { byteCount } = store.outbox;
    store.transact(() => store.outbox.settle(4));
    assert.equal(store.outbox.recordCount, 7);
    assert.equal(store.outbox.byteCount, byteCount, 'a chunk stays whole until its last record has left');
    await store.close();
    const again = await openStore(t, { directory });
    assert.equal(again.outbox.recordCount, 7);
    assert.deepEqual(drainRows(again, 3), range(5, 11));
    assert.equal(again.outbox.byteCount, 0);
  });

  test('is settled for good: a cursor never goes back', async (t) => {
    const store = await openStore(t);
    commitRows(store, { topic: OBSERVED, count: 10 });
    store.transact(() => store.outbox.settle(6));
    store.transact(() => store.outbox.settle(2));
    assert.deepEqual(drainRows(store), range(7, 10));
  });
});

test('tells since when the oldest record has waited', async (t) => {
  const store = await openStore(t);
  assert.equal(store.outbox.oldestCommittedAtMillis, undefined);
  commitRows(store, { topic: OBSERVED, count: 2, committedAtMillis: 111 });
  commitRows(store, { topic: OBSERVED, count: 2, committedAtMillis: 222 });
  assert.equal(store.outbox.oldestCommittedAtMillis, 111);
  store.transact(() => store.outbox.settle(2));
  assert.equal(store.outbox.oldestCommittedAtMillis, 222);
});

const OTHER_SENDER = JSON.stringify({ resource: { 'service.name': 'another' }, scope: { name: 'procmond' } });

describe('damage', () => {
  const damages: readonly [string, (layout: Layout) => void, RegExp][] = [
    ['a chunk that is gone', ({ outboxChunks }) => outboxChunks.removeSync(1), /holds 0 records instead of 3/],
    [
      'a chunk of other bytes',
      ({ outboxChunks }) => outboxChunks.putSync(1, randomBytes(99)),
      /cannot be decompressed/,
    ],
    ['a chunk of another one', ({ outboxChunks }) => outboxChunks.putSync(1, encodeChunk(['{}'])), /holds 1 records/],
    ['a sender that is gone', ({ senders }) => senders.clearSync(), /of sender [0-9a-f]+ have in common is missing/],
  ];
  for (const [what, damage, message] of damages) {
    test(`keeps records behind it from leaving only until it is given up, and is told: ${what}`, async (t) => {
      const directory = scratchDirectory(t);
      const store = await openStore(t, { directory });
      commitRows(store, { topic: OBSERVED, count: 3 });
      await store.close();
      const layout = openLayout(directory, { readOnly: false });
      layout.root.transactionSync(() => {
        damage(layout);
      });
      await layout.root.close();
      const again = await openStore(t, { directory });
      const { outbox } = again;
      assert.throws(() => outbox.take(ALL), { code: 'STORE_UNUSABLE', message });
      assert.throws(() => outbox.take(ALL), {
        message: /^the outbox is damaged: .* gives these records up and tells which$/,
      });
      const given = { topic: OBSERVED, reason: 'damaged', count: 3, first: 1, last: 3 } as const;
      assert.deepEqual(commitRows(again, { topic: OBSERVED, count: 2, sender: OTHER_SENDER }), [given]);
      assert.deepEqual(outbox.discards.untold, [given]);
      assert.deepEqual(drainRows(again), [4, 5]);
      assert.equal(outbox.byteCount, 0);
      await again.close();
      assert.deepEqual(drainRows(await openStore(t, { directory })), [], 'it is gone for good');
    });
  }
});

test('a damaged chunk does not keep those before it, and keeps count of what had left of it already', async (t) => {
  const directory = scratchDirectory(t);
  const store = await openStore(t, { directory });
  for (let chunk = 0; chunk < 3; chunk++) commitRows(store, { topic: OBSERVED, count: 3 });
  await store.close();
  const layout = openLayout(directory, { readOnly: false });
  layout.root.transactionSync(() => {
    const whole = layout.outboxChunks.getBinary(4) as Buffer;
    // One bit of the records, which the frame has a checksum of.
    whole[20] = (whole[20] as number) ^ 1;
    layout.outboxChunks.putSync(4, whole);
  });
  await layout.root.close();
  const again = await openStore(t, { directory });
  const { outbox } = again;
  assert.deepEqual(
    outbox.take(ALL).map(({ seq }) => seq),
    [1, 2, 3],
  );
  again.transact(() => outbox.settle(4));
  assert.throws(() => outbox.take(ALL), { message: /the chunk at 4 cannot be decompressed/ });
  const given = { topic: OBSERVED, reason: 'damaged', count: 2, first: 5, last: 6 } as const;
  assert.deepEqual(
    again.transact(() => outbox.flush()),
    [given],
  );
  assert.deepEqual(drainRows(again), [7, 8, 9]);
});

test('refuses writes outside a transaction', async (t) => {
  const { outbox } = await openStore(t);
  assert.throws(() => outbox.append(OBSERVED, '{}', SENDER, 1), /outside a transaction/);
  assert.throws(() => outbox.settle(1), /outside a transaction/);
});

describe('a full outbox', () => {
  const big = { count: 1, text: () => randomBytes(6_000).toString('hex') };

  test('gives up the oldest observed chunk first, then cycles, then lifecycle and foreign topics by age, then findings and triggers, health and results last', async (t) => {
    const directory = scratchDirectory(t);
    const store = await openStore(t, { directory });
    const topics = [
      HEALTH,
      LIFECYCLE,
      FINDINGS,
      OBSERVED,
      'collector/other/things',
      CYCLES,
      TRIGGERS,
      OBSERVED,
      RESULTS,
      LIFECYCLE,
      CYCLES,
      HEALTH,
    ];
    for (const topic of topics) commitRows(store, { topic, ...big });
    const whole = store.outbox.byteCount;
    await store.close();

    const order: string[] = [];
    for (let keep = topics.length - 1; keep >= 0; keep--) {
      const smaller = await openStore(t, {
        directory,
        outboxMaxBytes: Math.ceil((whole / topics.length) * (keep + 0.5)),
      });
      const given = smaller.transact(() => smaller.outbox.flush());
      order.push(...given.map(({ topic, first }) => `${first} ${topic}`));
      assert.ok(
        given.every(({ count, first, last, reason }) => count === 1 && first === last && reason === 'outbox_full'),
      );
      await smaller.close();
    }
    assert.deepEqual(order, [
      `4 ${OBSERVED}`,
      `8 ${OBSERVED}`,
      `6 ${CYCLES}`,
      `11 ${CYCLES}`,
      `2 ${LIFECYCLE}`,
      '5 collector/other/things',
      `10 ${LIFECYCLE}`,
      `3 ${FINDINGS}`,
      `7 ${TRIGGERS}`,
      `1 ${HEALTH}`,
      `9 ${RESULTS}`,
      `12 ${HEALTH}`,
    ]);
  });

  test('stays within its bound and keeps the newest, in order', async (t) => {
    const store = await openStore(t, { outboxMaxBytes: 100_000 });
    let givenUp = 0;
    for (let cycle = 0; cycle < 40; cycle++) {
      const given = commitRows(store, { topic: LIFECYCLE, count: 1 }, { topic: OBSERVED, ...big, count: 2 });
      for (const { count } of given) givenUp += count;
      assert.ok(store.outbox.byteCount <= 100_000);
    }
    const kept = drainRows(store);
    assert.equal(kept.length + givenUp, 120);
    assert.deepEqual(
      kept,
      [...kept].sort((a, b) => a - b),
    );
    assert.equal(kept.filter((seq) => seq % 3 === 1).length, 40, 'every lifecycle record is there');
    assert.equal(kept.at(-1), 120);
  });

  test('never gives up what the batch in flight is taken from, not even when part of it has been settled', async (t) => {
    const store = await openStore(t, { outboxMaxBytes: 60_000 });
    commitRows(store, { topic: OBSERVED, ...big, count: 4 });
    const batch = store.outbox.take({ maxRecords: 4, maxBytes: 1e9 });
    assert.deepEqual(
      batch.map(({ seq }) => seq),
      [1, 2, 3, 4],
    );
    commitRows(store, { topic: OBSERVED, ...big, count: 4 });
    store.transact(() => store.outbox.settle(2));
    commitRows(store, { topic: OBSERVED, ...big, count: 4 });
    assert.ok(store.outbox.discards.untold.every(({ first }) => first > 4));
    store.outbox.release();
    commitRows(store, { topic: OBSERVED, ...big, count: 4 });
    assert.equal(store.outbox.discards.untold[0]?.first, 3, 'released, the rest of it goes like any other');
  });

  test('counts as given up only what had not been delivered yet', async (t) => {
    const store = await openStore(t, { outboxMaxBytes: 40_000 });
    commitRows(store, { topic: OBSERVED, ...big, count: 3 });
    store.transact(() => store.outbox.settle(2));
    const given = commitRows(store, { topic: OBSERVED, ...big, count: 3 });
    assert.deepEqual(given, [{ topic: OBSERVED, reason: 'outbox_full', count: 1, first: 3, last: 3 }]);
    assert.equal(store.outbox.recordCount, 3);
    assert.deepEqual(drainRows(store), [4, 5, 6]);
  });

  test('gives up even the cycle that does not fit by itself, and says so', async (t) => {
    const store = await openStore(t, { outboxMaxBytes: 100 });
    const given = commitRows(store, { topic: OBSERVED, count: 3 }, { topic: HEALTH, count: 1 });
    assert.deepEqual(
      given.map(({ topic, count }) => [topic, count]),
      [
        [OBSERVED, 3],
        [HEALTH, 1],
      ],
    );
    assert.equal(store.outbox.recordCount, 0);
    assert.equal(store.outbox.byteCount, 0);
  });

  test('gives nothing up when the transaction that wanted room fails', async (t) => {
    const store = await openStore(t, { outboxMaxBytes: 40_000 });
    commitRows(store, { topic: OBSERVED, ...big, count: 3 });
    const { byteCount } = store.outbox;
    assert.throws(() =>
      store.transact(() => {
        assert.equal(appendRows(store, { topic: OBSERVED, ...big, count: 3 }).length, 1);
        throw new Error('no');
      }),
    );
    assert.equal(store.outbox.byteCount, byteCount);
    assert.deepEqual(store.outbox.discards.untold, []);
    assert.deepEqual(drainRows(store), [1, 2, 3]);
  });
});

describe('byteCount', () => {
  const text = (bytes: number) => () => randomBytes(bytes).toString('base64');
  const loads: readonly [string, Rows[]][] = [
    [
      'cycles of a busy host',
      [
        { topic: LIFECYCLE, count: 6, text: text(200) },
        { topic: OBSERVED, count: 300, text: text(60) },
        { topic: CYCLES, count: 1, text: text(60) },
      ],
    ],
    [
      'cycles of a quiet host',
      [
        { topic: LIFECYCLE, count: 2, text: text(300) },
        { topic: CYCLES, count: 1, text: text(60) },
      ],
    ],
    ['rows of a third of a page', [{ topic: LIFECYCLE, count: 1, text: text(1_200) }]],
    ['rows of half a page', [{ topic: LIFECYCLE, count: 1, text: text(1_700) }]],
    ['rows of a page and a bit', [{ topic: LIFECYCLE, count: 1, text: text(4_200) }]],
  ];
  for (const [name, rows] of loads) {
    test(`is what LMDB's own page statistics say, give or take a quarter: ${name}`, async (t) => {
      const directory = scratchDirectory(t);
      const store = await openStore(t, { directory });
      for (let commit = 0; commit < 150; commit++) commitRows(store, ...rows);
      const { byteCount } = store.outbox;
      await store.close();
      const ratio = byteCount / outboxPageBytes(t, directory);
      assert.ok(ratio > 0.95 && ratio < 1.25, `byteCount is ${ratio.toFixed(2)} of the pages in use`);
    });
  }
});

function three(topic: string): Rows {
  return { topic, count: 3 };
}

function outboxPageBytes(t: { after(hook: () => Promise<void>): void }, directory: string): number {
  const root = open({ path: join(directory, 'data.mdb'), readOnly: true });
  t.after(() => root.close());
  let pages = 0;
  for (const name of ['outbox_index', 'outbox_chunks']) {
    const stats = root.openDB({ name }).getStats() as Record<
      'treeBranchPageCount' | 'treeLeafPageCount' | 'overflowPages',
      number
    >;
    pages += stats.treeBranchPageCount + stats.treeLeafPageCount + stats.overflowPages;
  }
  return pages * 4096;
}
