import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { filesSetAside } from '../../../src/store/file/set-aside.ts';
import { WriterLock } from '../../../src/store/file/writer-lock.ts';
import { readSnapshot, type SnapshotStore } from '../../../src/store/snapshot-store.ts';
import { CapturedLogger } from '../../fake/captured-logger.ts';
import { openStore, scratchDirectory } from '../../fake/scratch-store.ts';
import { CANNOT_MOUNT, SmallFileSystems } from '../../fake/small-file-system.ts';
import { commitRows, drainRows, OBSERVED, range } from '../commit-rows.ts';

/** Each is done while the store is open. */
const removals: readonly [string, (directory: string) => void][] = [
  ['its directory', (directory) => rmSync(directory, { recursive: true })],
  ['all that is in its directory', (directory) => emptied(directory)],
  ['its data file', (directory) => rmSync(join(directory, 'data.mdb'))],
  ['its data file, moved elsewhere', (directory) => renameSync(join(directory, 'data.mdb'), `${directory}/elsewhere`)],
];
for (const [what, remove] of removals) {
  test(`a store that loses ${what} is written anew by the next commit, and nothing of it is lost`, async (t) => {
    const { store, directory, logger } = await filledStore(t);
    const before = contents(store);
    remove(directory);
    commitRows(store, { topic: OBSERVED, count: 2 });
    assert.match(
      logger.messages('error')[0] ?? '',
      /data\.mdb was removed while .* written there anew, and nothing was lost/,
    );
    assert.throws(() => WriterLock.acquire(directory), { code: 'STORE_LOCKED' }, 'it keeps other writers out');
    assert.equal((await readSnapshot(directory, (table) => table.rows())).length, 300);
    assert.equal(statSync(directory).mode & 0o777, 0o700);
    commitRows(store, { topic: OBSERVED, count: 1 });
    assert.equal(logger.lines.length, 1, 'once');
    await store.close();

    const again = await openStore(t, { directory });
    const { records, nextSeq, ...others } = before;
    const { records: recordsNow, nextSeq: nextNow, ...othersNow } = contents(again);
    assert.deepEqual(othersNow, others);
    assert.deepEqual([recordsNow, nextNow], [records + 3, nextSeq + 3]);
    assert.deepEqual(drainRows(again), range(1, nextSeq + 2));
  });
}

test('a store whose lock was removed takes a new one before it commits', async (t) => {
  const { store, directory } = await filledStore(t);
  rmSync(join(directory, 'writer.lock'));
  commitRows(store, { topic: OBSERVED, count: 1 });
  assert.throws(() => WriterLock.acquire(directory), { code: 'STORE_LOCKED' });
  await store.close();
  WriterLock.acquire(directory).release();
});

describe('a store whose directory was taken by another meanwhile', () => {
  test('commits nothing while another procmond writes there, and goes on when that has ended', async (t) => {
    const { store, directory } = await filledStore(t);
    rmSync(directory, { recursive: true });
    const other = await openStore(t, { directory });
    commitRows(other, { topic: OBSERVED, count: 1 });
    const { nextSeq } = store.outbox;
    assert.throws(() => commitRows(store, { topic: OBSERVED, count: 1 }), { code: 'STORE_LOCKED' });
    assert.equal(store.outbox.nextSeq, nextSeq);
    commitRows(other, { topic: OBSERVED, count: 1 });
    await other.close();
    commitRows(store, { topic: OBSERVED, count: 1 });
    assert.equal(store.outbox.nextSeq, nextSeq + 1);
    assert.match(filesSetAside(directory)[0] ?? '', /^data\.mdb\.replaced-/, 'what the other one wrote is kept');
  });

  test('puts a file aside that is not its own', async (t) => {
    const { store, directory, logger } = await filledStore(t);
    const foreign = randomBytes(10_000);
    writeFileSync(join(directory, 'new'), foreign);
    renameSync(join(directory, 'new'), join(directory, 'data.mdb'));
    commitRows(store, { topic: OBSERVED, count: 1 });
    const [name] = filesSetAside(directory);
    assert.deepEqual(readFileSync(join(directory, name ?? '')), foreign);
    assert.match(logger.messages('warn')[0] ?? '', new RegExp(`is now ${name}`));
  });

  test('is an error as long as it cannot be written anew, and recovers when it can', async (t) => {
    const { store, directory } = await filledStore(t);
    const before = contents(store);
    rmSync(directory, { recursive: true });
    writeFileSync(directory, 'in the way');
    for (let count = 0; count < 3; count++) {
      assert.throws(() => commitRows(store, { topic: OBSERVED, count: 1 }), {
        code: 'STORE_UNUSABLE',
        message: /could not prepare the data directory/,
      });
    }
    assert.deepEqual(contents(store), before, 'what is open can still be read');
    rmSync(directory);
    commitRows(store, { topic: OBSERVED, count: 1 });
    assert.equal(readFileSync(join(directory, 'data.mdb')).length, store.fileBytes());
  });

  test('leaves nothing half written where the disk is full', {
    skip: CANNOT_MOUNT,
  }, async (t) => {
    const mounts = new SmallFileSystems(t);
    const { store, directory } = await filledStore(t);
    const before = contents(store);
    rmSync(directory, { recursive: true });
    mkdirSync(directory, { mode: 0o700 });
    mounts.mount(directory, 'size=128k,mode=0700');
    for (let count = 0; count < 2; count++) {
      assert.throws(() => commitRows(store, { topic: OBSERVED, count: 1 }), { code: 'STORE_UNUSABLE' });
      assert.ok(!readdirSync(directory).includes('data.mdb'));
    }
    assert.deepEqual(contents(store), before);
    mounts.unmount(directory);
    commitRows(store, { topic: OBSERVED, count: 1 });
    assert.deepEqual(drainRows(store), range(1, before.nextSeq));
  });
});

async function filledStore(t: TestContext) {
  const directory = join(scratchDirectory(t), 'data');
  const logger = new CapturedLogger();
  const store = await openStore(t, { directory, logger });
  store.transact(() => {
    for (let pid = 1; pid <= 300; pid++) store.snapshot.putRow({ pid, startTicks: pid, comm: 'é\n' } as never);
    store.snapshot.putState({ cycleId: 'c' } as never);
    store.snapshot.putFigures([]);
    store.hashCache.put('version', { sha256: 'ab', hashedAtMillis: 1 });
  });
  commitRows(store, { topic: OBSERVED, count: 400, text: () => randomBytes(200).toString('hex') });
  commitRows(store, { topic: OBSERVED, count: 1 });
  store.instanceId('host');
  store.redactionKey();
  return { store, directory, logger };
}

function contents(store: SnapshotStore) {
  return {
    rows: store.snapshot.rows(),
    state: store.snapshot.state(),
    hash: store.hashCache.get('version'),
    records: store.outbox.recordCount,
    nextSeq: store.outbox.nextSeq,
    instanceId: store.instanceId('host'),
    key: store.redactionKey(),
  };
}

function emptied(directory: string): void {
  for (const name of readdirSync(directory)) rmSync(join(directory, name));
}
