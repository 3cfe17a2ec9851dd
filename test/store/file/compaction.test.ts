import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { type Compaction, type CompactionParts, compactWhenLarge } from '../../../src/store/file/compaction.ts';
import { type Layout, openLayout } from '../../../src/store/layout.ts';
import { readSnapshot, SnapshotStore } from '../../../src/store/snapshot-store.ts';
import { openStore, scratchDirectory } from '../../fake/scratch-store.ts';
import { dataFileBytes, makeBloatedStore, thingsOf } from '../bloated-store.ts';
import { commitRows, HEALTH, OBSERVED } from '../commit-rows.ts';
import { startNode } from '../start-node.ts';

const MiB = 1024 ** 2;

test('makes a file that is much larger than its content small at start, and loses nothing that is in it', async (t) => {
  const directory = scratchDirectory(t);
  const before = await makeBloatedStore(directory, 65 * MiB);
  const fileBytes = dataFileBytes(directory);
  const umask = process.umask(0);
  const store = await openStore(t, { directory });
  process.umask(umask);
  const { compaction } = store;
  assert.equal(compaction?.kind, 'done');
  assert.deepEqual(compaction, { kind: 'done', fileBytes, compactedBytes: dataFileBytes(directory) });
  assert.ok(
    dataFileBytes(directory) < 2 * MiB,
    `${dataFileBytes(directory)} bytes for ${before.records.length} records`,
  );
  assert.deepEqual(thingsOf(store), before);
  assert.equal(statSync(join(directory, 'data.mdb')).mode & 0o777, 0o600);
  assert.equal(existsSync(join(directory, 'compacting')), false);

  // It is a store like any other from then on, for this run and the next.
  commitRows(store, { topic: HEALTH, count: 2 });
  const after = thingsOf(store);
  assert.equal(after.nextSeq, before.nextSeq + 2);
  assert.equal(await readSnapshot(directory, (table) => table.rows().length), 0);
  await store.close();
  const again = await openStore(t, { directory });
  assert.equal(again.compaction, undefined, 'there is nothing to gain any more');
  assert.deepEqual(thingsOf(again), after);
});

describe('a file is left alone', () => {
  test('that is small, however little is in it', async (t) => {
    const { compact, unchanged } = await bloated(t);
    assert.equal(await compact({ minFileBytes: 10 * MiB }), undefined);
    unchanged();
  });

  test('that is no four times as large as its content', async (t) => {
    const { directory, compact, unchanged } = await bloated(t);
    const store = await SnapshotStore.open({ directory });
    const text = () => randomBytes(100_000).toString('hex');
    while (store.outbox.byteCount * 3 < store.fileBytes()) commitRows(store, { topic: OBSERVED, count: 5, text });
    await store.close();
    assert.equal(await compact({}), undefined);
    unchanged();
  });
});

describe('a compaction is skipped, said why, and the store used as it is', () => {
  const reasons: readonly [string, CompactionParts, RegExp][] = [
    [
      'when there is no room for the copy',
      { freeBytesOf: () => 16 * MiB },
      /^the copy needs \d+ bytes more than are free$/,
    ],
    [
      'when the copy cannot be written to its end',
      {
        copyInto: async (_, into) => {
          writeFileSync(join(into, 'data.mdb'), 'half of');
          throw new Error('No space left on device');
        },
      },
      /^No space left on device$/,
    ],
    ['when the copy is not there', { copyInto: async () => {} }, /^ENOENT.*chmod/],
    ['when the copy lacks a row', damagedCopy(({ deadLetters }) => deadLetters.removeSync(1)), /in deadLetters at 1$/],
    [
      'when the copy has another row',
      damagedCopy(({ meta }) => meta.putSync('next_seq', 1)),
      /^the copy differs from the store in meta at next_seq$/,
    ],
    [
      'when the copy has a chunk of other bytes',
      damagedCopy(({ outboxChunks }) => {
        const [chunk] = outboxChunks.getRange({ limit: 1 });
        outboxChunks.putSync(chunk?.key ?? 0, Buffer.from('other'));
      }),
      /^the copy differs from the store in outboxChunks at \d+$/,
    ],
    [
      'when the copy has a row too many',
      damagedCopy(({ retried }) => retried.putSync(9, true)),
      /^the copy holds more than the store in retried$/,
    ],
  ];
  for (const [when, parts, why] of reasons) {
    test(when, async (t) => {
      const { directory, compact, before, unchanged } = await bloated(t);
      const compaction = await compact(parts);
      assert.equal(compaction?.kind, 'skipped');
      assert.match(compaction.why, why);
      assert.ok(compaction.usedBytes < 2 * MiB && compaction.fileBytes === dataFileBytes(directory));
      unchanged();
      assert.deepEqual(thingsOf(await openStore(t, { directory })), before);
      assert.deepEqual(readdirSync(directory).sort(), ['data.mdb', 'lock.mdb', 'writer.lock', 'writer.pid']);
    });
  }

  test('when the attempt before was cut short, and done by the start after that', async (t) => {
    const { directory, compact, before, unchanged } = await bloated(t);
    mkdirSync(join(directory, 'compacting'));
    writeFileSync(join(directory, 'compacting', 'data.mdb'), 'half of it');
    const skipped = await compact({});
    const why = 'the attempt before was cut short; the next start tries again';
    assert.partialDeepStrictEqual(skipped, { kind: 'skipped', why });
    assert.equal(existsSync(join(directory, 'compacting')), false);
    unchanged();
    assert.equal((await compact({}))?.kind, 'done');
    assert.deepEqual(thingsOf(await openStore(t, { directory })), before);
  });
});

test('leaves the old file to a reader that has it open, and the writer undisturbed by that', async (t) => {
  const { directory, before, compact } = await bloated(t);
  const reader = startNode(
    t,
    `
    const layout = openLayout(${JSON.stringify(directory)}, { readOnly: true });
    process.on('message', () => process.send([...layout.outboxIndex.getKeys()].length));
    process.send('ready');`,
  );
  await once(reader, 'message');
  const chunksSeen = async () => {
    reader.send('look');
    const [count] = await once(reader, 'message');
    return count as number;
  };
  const count = await chunksSeen();
  assert.equal((await compact({}))?.kind, 'done');
  const store = await openStore(t, { directory });
  assert.deepEqual(thingsOf(store), before);
  // LMDB takes turns with its two roots: with one of these, what a lock file of both said would lead the reader astray.
  for (let commit = 1; commit <= 4; commit++) {
    commitRows(store, { topic: OBSERVED, count: 30 });
    assert.equal(await chunksSeen(), count);
    assert.equal(store.outbox.recordCount, before.records.length + commit * 30);
  }
  await store.close();
  assert.equal((await openStore(t, { directory })).outbox.recordCount, before.records.length + 120);
});

/** A store of 4 MiB with little in it. */
async function bloated(t: TestContext) {
  const directory = scratchDirectory(t);
  const path = join(directory, 'data.mdb');
  const before = await makeBloatedStore(directory, 4 * MiB);
  let bytes: Buffer | undefined;
  return {
    directory,
    before,
    /** As the store does it when it is opened. */
    compact: async (parts: CompactionParts): Promise<Compaction | undefined> => {
      bytes = readFileSync(path);
      const layout = openLayout(directory, { readOnly: false });
      const compaction = await compactWhenLarge(path, layout, { minFileBytes: MiB, ...parts });
      if (compaction?.kind !== 'done') await layout.root.close();
      return compaction;
    },
    /** Since it was to be compacted. */
    unchanged: () => assert.ok(bytes !== undefined && readFileSync(path).equals(bytes)),
  };
}

/** A copy that LMDB made and something else spoiled. */
function damagedCopy(damage: (copy: Layout) => unknown): CompactionParts {
  return {
    copyInto: async ({ root }, into) => {
      await root.backup(into, true);
      const copy = openLayout(into, { readOnly: false });
      copy.root.transactionSync(() => {
        damage(copy);
      });
      await copy.root.close();
    },
  };
}
