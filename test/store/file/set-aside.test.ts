import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { filesSetAside, MAX_SET_ASIDE, setAside } from '../../../src/store/file/set-aside.ts';
import type { Layout } from '../../../src/store/layout.ts';
import { openLayout } from '../../../src/store/layout.ts';
import { inspectStore, readSnapshot, SnapshotStore } from '../../../src/store/snapshot-store.ts';
import { CapturedLogger } from '../../fake/captured-logger.ts';
import { openStore, scratchDirectory } from '../../fake/scratch-store.ts';
import { commitRows, drainRows, OBSERVED } from '../commit-rows.ts';

const NOT_LMDB = 'not a store\n';

describe('a store file that cannot be used', () => {
  test('is put aside as it is, its name told, and a new store begun', async (t) => {
    const { directory, path, instanceId } = await storeWith(t, 3);
    writeFileSync(path, NOT_LMDB);
    const logger = new CapturedLogger();
    const store = await openStore(t, { directory, logger });
    const [name, ...others] = filesSetAside(directory);
    assert.deepEqual(others, []);
    assert.match(name ?? '', /^data\.mdb\.foreign-\d{8}T\d{6}\.\d{3}Z$/);
    assert.equal(readFileSync(join(directory, name ?? ''), 'utf8'), NOT_LMDB);
    assert.deepEqual(logger.messages('error'), [
      `${path} cannot be used: it is no LMDB file. It is now ${name}, and procmond begins a new store`,
    ]);
    const [notice] = store.notices;
    assert.deepEqual([notice?.kind, notice?.kind === 'state_lost' && notice.file], ['state_lost', name]);
    assert.equal(store.outbox.nextSeq, 1);
    assert.notEqual(
      store.instanceId('host'),
      instanceId,
      'so that equal sequence numbers are not taken for equal records',
    );
    store.transact(() => store.clearNotices());
    await store.close();
    assert.deepEqual((await openStore(t, { directory })).notices, [], 'it is told once');
  });

  test('is told until it was, over as many starts as that takes', async (t) => {
    const { directory, path } = await storeWith(t, 3);
    writeFileSync(path, NOT_LMDB);
    const first = await openStore(t, { directory });
    const { notices } = first;
    assert.equal(notices.length, 1);
    await first.close();
    const second = await openStore(t, { directory });
    assert.deepEqual(second.notices, notices);
    assert.equal(filesSetAside(directory).length, 1);
  });

  test('is told also when the start that put it aside could begin no new one', async (t) => {
    const { directory, path } = await storeWith(t, 3);
    writeFileSync(path, NOT_LMDB);
    setAside(directory, 'foreign', Date.now());
    const [notice] = (await openStore(t, { directory })).notices;
    assert.equal(notice?.kind === 'state_lost' && notice.file, filesSetAside(directory)[0]);
  });

  test('is left where it is by who only reads, and the error says what the next start does', async (t) => {
    const { directory, path } = await storeWith(t, 3);
    writeFileSync(path, NOT_LMDB);
    const refused = {
      code: 'STORE_UNUSABLE',
      message: /data\.mdb: it is no LMDB file; the next start .* puts it aside/,
    };
    await assert.rejects(
      readSnapshot(directory, () => {}),
      refused,
    );
    await assert.rejects(inspectStore(directory), refused);
    assert.equal(readFileSync(path, 'utf8'), NOT_LMDB);
  });

  const contents: readonly [string, (layout: Layout) => void, RegExp][] = [
    [
      'a row that is no JSON',
      (layout) => putText(layout, 'identities', 7, '{"pid":7'),
      /a row of identities cannot be read/,
    ],
    ['a row of another process', ({ identities }) => identities.putSync(7, { pid: 8 }), /the row of process 7/],
    ['figures of other bytes', ({ figures }) => figures.putSync(2, Buffer.from('x')), /the figures cannot be read/],
    ['no schema', ({ meta }) => meta.removeSync('schema_version'), /it has rows, but no schema/],
    [
      'a next number that was used',
      ({ meta }) => meta.putSync('next_seq', 2),
      /sequence numbers contradict each other/,
    ],
    ['a cursor beyond', ({ meta }) => meta.putSync('delivered_through', 99), /sequence numbers contradict each other/],
    [
      'a chunk at a wrong number',
      ({ outboxIndex }) => outboxIndex.putSync(3, { firstSeq: 1, count: 3, topic: 'a', senderId: 'ab' }),
      /the chunk at 3/,
    ],
  ];
  for (const [what, damage, why] of contents) {
    test(`because of what it says is put aside too: ${what}`, async (t) => {
      const { directory } = await storeWith(t, 3);
      const layout = openLayout(directory, { readOnly: false });
      layout.root.transactionSync(() => {
        damage(layout);
      });
      await layout.root.close();
      const logger = new CapturedLogger();
      const store = await openStore(t, { directory, logger });
      assert.match(logger.messages('error')[0] ?? '', why);
      assert.match(filesSetAside(directory)[0] ?? '', /^data\.mdb\.damaged-/);
      assert.equal(store.notices.length, 1);
      assert.deepEqual(drainRows(store), []);
    });
  }

  test('for a reason that says nothing of it stays, and the start is an error', async (t) => {
    const { directory, path } = await storeWith(t, 3);
    const whole = readFileSync(path);
    const other = await SnapshotStore.open({ directory });
    await assert.rejects(openStore(t, { directory }), { code: 'STORE_LOCKED' });
    await other.close();
    assert.deepEqual(filesSetAside(directory), []);
    assert.deepEqual(readFileSync(path), whole);
    assert.deepEqual(drainRows(await openStore(t, { directory })), [1, 2, 3]);
  });

  test('of which nothing is missing in the end is not put aside: a start that was cut off while it began a store', async (t) => {
    const directory = scratchDirectory(t);
    // As LMDB leaves it before its first transaction, and as the creation of the databases leaves it.
    await openLayout(directory, { readOnly: false }).root.close();
    const store = await openStore(t, { directory });
    assert.deepEqual([filesSetAside(directory), store.notices], [[], []]);
  });
});

describe('files that were put aside', () => {
  test(`are at most ${MAX_SET_ASIDE}: the oldest goes, and is named`, (t) => {
    const directory = scratchDirectory(t);
    const removed: string[] = [];
    for (let count = 0; count < MAX_SET_ASIDE + 2; count++) {
      writeFileSync(join(directory, 'data.mdb'), String(count));
      removed.push(...setAside(directory, 'damaged', 1_700_000_000_000 + count * 1_000).removed);
    }
    const kept = filesSetAside(directory).map((name) => readFileSync(join(directory, name), 'utf8'));
    assert.deepEqual(kept, ['2', '3', '4', '5', '6']);
    assert.deepEqual(removed, ['data.mdb.damaged-20231114T221320.000Z', 'data.mdb.damaged-20231114T221321.000Z']);
  });

  test('never take the place of one another, and nothing else is counted or removed', (t) => {
    const directory = scratchDirectory(t);
    const others = ['data.mdb.bak', 'data.mdb.damaged-by-me', 'writer.lock'];
    for (const name of others) writeFileSync(join(directory, name), '');
    // The clock stands still, and then goes backwards.
    for (const [index, nowMillis] of [9_000, 9_000, 9_000, 9_000, 9_000, 9_000, 9_000, 5_000, 1_000].entries()) {
      writeFileSync(join(directory, 'data.mdb'), String(index));
      const { name } = setAside(directory, 'damaged', nowMillis);
      assert.equal(readFileSync(join(directory, name), 'utf8'), String(index));
      assert.equal(filesSetAside(directory).length, Math.min(index + 1, MAX_SET_ASIDE));
    }
    for (const name of others) assert.ok(readdirSync(directory).includes(name));
  });
});

/** Text that LMDB is not asked to encode. */
function putText(layout: Layout, table: 'identities', key: number, text: string): void {
  const binary = layout.root.openDB<Buffer, number>({ name: table, encoding: 'binary' });
  binary.putSync(key, Buffer.from(text));
}

async function storeWith(t: TestContext, count: number) {
  const directory = scratchDirectory(t);
  const store = await openStore(t, { directory });
  commitRows(store, { topic: OBSERVED, count });
  const instanceId = store.instanceId('host');
  await store.close();
  return { directory, path: join(directory, 'data.mdb'), instanceId };
}
