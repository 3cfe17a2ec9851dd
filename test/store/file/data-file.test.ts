import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, type TestContext, test } from 'node:test';
import { type DataFileState, inspectDataFile } from '../../../src/store/file/data-file.ts';
import { openStore, scratchDirectory } from '../../fake/scratch-store.ts';
import { seededRandom } from '../../fake/seeded-random.ts';
import { commitRows, OBSERVED } from '../commit-rows.ts';

const PAGE = 4096;

describe('a data file', () => {
  const damages: readonly [string, (path: string) => void, DataFileState['kind'], RegExp][] = [
    ['of random bytes', (path) => writeFileSync(path, randomBytes(100_000)), 'foreign', /it is no LMDB file/],
    ['of zeros', (path) => writeFileSync(path, Buffer.alloc(100_000)), 'foreign', /it is no LMDB file/],
    ['of text', (path) => writeFileSync(path, 'hello\n'), 'foreign', /it is no LMDB file/],
    ['of SQLite', makeSqliteFile, 'foreign', /it is no LMDB file/],
    ['whose first page was overwritten', (path) => overwrite(path, 0, randomBytes(PAGE)), 'foreign', /no LMDB file/],
    ['whose first page is zeros', (path) => overwrite(path, 0, Buffer.alloc(PAGE)), 'foreign', /it is no LMDB file/],
    ['whose second page is zeros', (path) => overwrite(path, PAGE, Buffer.alloc(PAGE)), 'damaged', /second meta page/],
    ['cut in its first page', (path) => truncateSync(path, 1_000), 'damaged', /ends before byte/],
    ['cut after its first page', (path) => truncateSync(path, PAGE), 'damaged', /ends before byte/],
    ['cut before its roots', (path) => truncateSync(path, 2 * PAGE), 'damaged', /it was cut short to 2 pages/],
    ['that ends in zeros', zeroTail, 'damaged', /page \d+/],
  ];
  for (const [what, damage, kind, why] of damages) {
    test(`${what} is seen as ${kind} before LMDB opens it`, async (t) => {
      const { path } = await storeWith(t, 3_000);
      damage(path);
      const before = readFileSync(path);
      const state = inspectDataFile(path);
      assert.equal(state.kind, kind);
      assert.match('why' in state ? state.why : '', why);
      assert.deepEqual(readFileSync(path), before, 'it is left as it is');
    });
  }

  test('that was cut at any page is seen as damaged, unless nothing of what was cut is in use', async (t) => {
    const { path, directory } = await storeWith(t, 2_000);
    const whole = readFileSync(path);
    let damaged = 0;
    for (let pages = whole.length / PAGE - 1; pages > 1; pages--) {
      truncateSync(path, pages * PAGE);
      const { kind } = inspectDataFile(path);
      assert.ok(kind === 'damaged' || damaged === 0, `it was damaged already when it was longer than ${pages} pages`);
      if (kind === 'damaged') damaged += 1;
    }
    assert.ok(damaged > 5);
    writeFileSync(path, whole);
    assert.equal(inspectDataFile(path).kind, 'sound');
    await openStore(t, { directory });
  });

  test('with any one bit of the rules of its pages changed is seen as damaged', async (t) => {
    const { path } = await storeWith(t, 3_000);
    const whole = readFileSync(path);
    const newest = whole.readBigUInt64LE(0x98) > whole.readBigUInt64LE(PAGE + 0x98) ? 0 : PAGE;
    const fields: readonly [string, number, number][] = [
      ['magic', newest + 0x18, 4],
      ['format', newest + 0x1c, 4],
      ['size of pages', newest + 0x30, 4],
      ['root of the list of free pages', newest + 0x58, 8],
      ['depth of the main tree', newest + 0x66, 2],
      ['root of the main tree', newest + 0x88, 8],
    ];
    const root = Number(whole.readBigUInt64LE(newest + 0x88)) * PAGE;
    // The main tree is one leaf, in which all named databases stand.
    for (const [what, at, bytes] of [
      ...fields,
      ['number of a page', root, 8] as const,
      ['lower bound of a page', root + 20, 2] as const,
      ['upper bound of a page', root + 22, 2] as const,
      ['place of a row', root + 24, 2] as const,
    ]) {
      for (let bit = 0; bit < bytes * 8; bit++) {
        const changed = Buffer.from(whole);
        const byte = at + (bit >>> 3);
        changed[byte] = (changed[byte] as number) ^ (1 << (bit & 7));
        writeFileSync(path, changed);
        const { kind } = inspectDataFile(path);
        assert.notEqual(kind, 'sound', `bit ${bit} of the ${what}`);
      }
    }
  });

  test('of another program that uses LMDB is foreign', async (t) => {
    const directory = scratchDirectory(t);
    const script = `
      const { open } = await import('${import.meta.resolve('lmdb')}');
      const root = open({ path: process.argv[1], noSubdir: false });
      root.openDB({ name: 'users' }).putSync('a', { b: 1 });
      await root.close();`;
    execFileSync(process.execPath, ['--input-type=module', '--eval', script, directory]);
    const state = inspectDataFile(join(directory, 'data.mdb'));
    assert.deepEqual(state, {
      kind: 'foreign',
      why: 'it is an LMDB file of another program, with the databases users',
    });
  });

  test('that is not there, or empty, is none: LMDB makes it', async (t) => {
    const directory = scratchDirectory(t);
    const path = join(directory, 'data.mdb');
    assert.deepEqual(inspectDataFile(path), { kind: 'none' });
    writeFileSync(path, '');
    assert.deepEqual(inspectDataFile(path), { kind: 'none' });
    await openStore(t, { directory });
  });

  test('that is a directory or a FIFO is an error, and nothing waits for it', (t) => {
    const directory = scratchDirectory(t);
    mkdirSync(join(directory, 'directory'));
    execFileSync('mkfifo', [join(directory, 'fifo')]);
    for (const name of ['directory', 'fifo']) {
      assert.throws(() => inspectDataFile(join(directory, name)), /it is no regular file/);
    }
  });
});

test('finds nothing wrong with a store, whatever was written to it and taken from it', async (t) => {
  const { directory, path } = await storeWith(t, 0);
  const store = await openStore(t, { directory, outboxMaxBytes: 200_000 });
  const random = seededRandom(3);
  for (let commit = 0; commit < 120; commit++) {
    commitRows(store, { topic: OBSERVED, count: 1 + commit, text: () => randomBytes(commit * 10).toString('hex') });
    store.transact(() => {
      for (let count = 0; count < 60; count++) {
        const pid = 1 + Math.floor(random() * 800);
        if (random() < 0.4) store.snapshot.removeRow(pid);
        else store.snapshot.putRow({ ...ROW, pid, comm: 'x'.repeat(random() * random() * 3_000) });
      }
      if (random() < 0.05) store.snapshot.clearRows();
    });
    if (commit % 7 === 0) store.transact(() => store.outbox.settle(store.outbox.nextSeq - 1));
    assert.deepEqual(inspectDataFile(path), { kind: 'sound' });
  }
  await store.close();
  assert.deepEqual(inspectDataFile(path), { kind: 'sound' });
  await openStore(t, { directory });
});

const ROW = {
  pid: 1,
  startTicks: 1,
  ppid: 0,
  processGroupId: 1,
  sessionId: 1,
  terminal: 0,
  kernelThread: false,
  comm: 'a',
  commEscaped: false,
};

async function storeWith(t: TestContext, count: number) {
  const directory = scratchDirectory(t);
  const store = await openStore(t, { directory });
  commitRows(store, { topic: OBSERVED, count, text: () => randomBytes(20).toString('hex') });
  await store.close();
  return { directory, path: join(directory, 'data.mdb') };
}

function overwrite(path: string, position: number, bytes: Buffer): void {
  const descriptor = openSync(path, 'r+');
  writeSync(descriptor, bytes, 0, bytes.length, position);
  closeSync(descriptor);
}

function zeroTail(path: string): void {
  const { length } = readFileSync(path);
  overwrite(path, length - 8 * PAGE, Buffer.alloc(8 * PAGE));
}

function makeSqliteFile(path: string): void {
  rmSync(path);
  const database = new DatabaseSync(path);
  database.exec('CREATE TABLE a (b)');
  database.close();
}
