import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { dataFileProblem } from '../../src/store/data-file.ts';
import { readSnapshot } from '../../src/store/snapshot-store.ts';
import { openStore, scratchDirectory } from '../fake/scratch-store.ts';
import { commitRows, OBSERVED } from './commit-rows.ts';

const damages: readonly [string, (path: string) => void, RegExp][] = [
  ['of random bytes', (path) => writeFileSync(path, randomBytes(100_000)), /it is no LMDB file/],
  ['of zeros', (path) => writeFileSync(path, Buffer.alloc(100_000)), /it is no LMDB file/],
  ['of text', (path) => writeFileSync(path, 'hello\n'), /it is no LMDB file/],
  ['whose first page was overwritten', (path) => overwrite(path, 0), /it is no LMDB file/],
  ['whose second page was overwritten', (path) => overwrite(path, 4096), /it is no LMDB file/],
  ['cut in its first page', (path) => truncateSync(path, 1_000), /it is no LMDB file/],
  ['cut after its first page', (path) => truncateSync(path, 4_096), /it is no LMDB file/],
  ['cut before its roots', (path) => truncateSync(path, 8_192), /it was cut short to 8192 bytes/],
];
for (const [what, damage, message] of damages) {
  test(`keeps a data file ${what} from ending the process by a signal: it is an error that says what to do`, async (t) => {
    const { directory, path } = await storeWith(t, 300);
    damage(path);
    const before = readFileSync(path);
    const refused = { code: 'STORE_UNUSABLE', message };
    await assert.rejects(openStore(t, { directory }), refused);
    await assert.rejects(
      openStore(t, { directory }),
      { message: /data\.mdb: .*; move it away/ },
      'the lock was given back',
    );
    await assert.rejects(
      readSnapshot(directory, () => {}),
      refused,
    );
    assert.deepEqual(readFileSync(path), before, 'it is left as it is');
  });
}

test('finds nothing wrong with a store, whatever was written to it and taken from it', async (t) => {
  const { directory, path } = await storeWith(t, 0);
  const store = await openStore(t, { directory, outboxMaxBytes: 200_000 });
  for (let commit = 0; commit < 100; commit++) {
    commitRows(store, { topic: OBSERVED, count: 1 + commit, text: () => randomBytes(commit * 10).toString('hex') });
    if (commit % 7 === 0) store.transact(() => store.outbox.settle(store.outbox.nextSeq - 1));
    assert.equal(dataFileProblem(path), undefined);
  }
  await store.close();
  assert.equal(dataFileProblem(path), undefined);
  await openStore(t, { directory });
});

test('finds nothing wrong with a file that is not there, or empty: LMDB makes it', async (t) => {
  const directory = scratchDirectory(t);
  const path = join(directory, 'data.mdb');
  assert.equal(dataFileProblem(path), undefined);
  writeFileSync(path, '');
  assert.equal(dataFileProblem(path), undefined);
  await openStore(t, { directory });
});

async function storeWith(t: TestContext, count: number) {
  const directory = scratchDirectory(t);
  const store = await openStore(t, { directory });
  commitRows(store, { topic: OBSERVED, count });
  await store.close();
  return { directory, path: join(directory, 'data.mdb') };
}

function overwrite(path: string, position: number): void {
  const bytes = readFileSync(path);
  randomBytes(4096).copy(bytes, position);
  writeFileSync(path, bytes);
}
