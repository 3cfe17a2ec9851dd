import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { checkStore } from '../../../src/cli/doctor/check-store.ts';
import { WriterLock } from '../../../src/store/file/writer-lock.ts';
import { openLayout } from '../../../src/store/layout.ts';
import { SnapshotStore } from '../../../src/store/snapshot-store.ts';
import { openStore, scratchDirectory } from '../../fake/scratch-store.ts';
import { commitRows, OBSERVED } from '../../store/commit-rows.ts';

const LITTLE = { outboxMaxBytes: 1024 ** 2 };
const ourselves = process.geteuid?.();

/** What is in a directory, with size and time of change: nothing may be otherwise after a check. */
function contentsOf(directory: string): readonly string[] {
  return readdirSync(directory).map((name) => {
    const { size, mtimeMs, mode } = statSync(join(directory, name));
    return `${name} ${size} ${mtimeMs} ${mode}`;
  });
}

async function closedStore(t: TestContext): Promise<string> {
  const store = await openStore(t);
  commitRows(store, { topic: OBSERVED, count: 3 });
  await store.close();
  return store.directory;
}

test('a store that is not there yet is fine where it can be made, and is not made', async (t) => {
  const above = scratchDirectory(t);
  const directory = join(above, 'a', 'b');
  const { finding, inUse } = await checkStore(directory, LITTLE);
  assert.deepEqual(
    [finding.status, finding.message, inUse],
    ['ok', `${directory} is not there yet; run makes it`, false],
  );
  assert.deepEqual(readdirSync(above), []);
});

test('an empty directory is fine, and stays empty', async (t) => {
  const directory = scratchDirectory(t);
  const { finding } = await checkStore(directory, LITTLE);
  assert.equal(finding.message, `${directory} of uid ${ourselves}, empty, nobody writes to it`);
  assert.deepEqual([finding.status, readdirSync(directory)], ['ok', []]);
});

test('a store is told with its size and what waits in it, and stays as it is', async (t) => {
  const directory = await closedStore(t);
  const before = contentsOf(directory).filter((line) => !line.startsWith('lock.mdb'));
  const { finding, inUse } = await checkStore(directory, LITTLE);
  assert.match(finding.message, /of uid \d+, \d+\.\d MiB, 3 records in the outbox, nobody writes to it$/);
  assert.deepEqual([finding.status, inUse], ['ok', false]);
  assert.equal(finding.facts?.['outboxRecords'], 3);
  assert.deepEqual(
    contentsOf(directory).filter((line) => !line.startsWith('lock.mdb')),
    before,
  );
});

test('a store that a procmond writes to is told as in use, by whom, and goes on being its', async (t) => {
  const directory = await closedStore(t);
  const module = import.meta.resolve('../../../src/store/snapshot-store.ts');
  const script = `import { SnapshotStore } from '${module}';
    await SnapshotStore.open({ directory: '${directory}' });
    console.log('open'); setInterval(() => {}, 1e9);`;
  const daemon = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => daemon.kill('SIGKILL'));
  await Promise.race([once(daemon.stdout, 'data'), once(daemon, 'exit').then(() => assert.fail('it ended by itself'))]);
  const { finding, inUse } = await checkStore(directory, LITTLE);
  assert.match(finding.message, new RegExp(`procmond \\(pid ${daemon.pid} where it runs\\) writes to it now$`));
  assert.deepEqual([finding.status, inUse, finding.facts?.['writerPid']], ['ok', true, daemon.pid]);
  assert.throws(() => WriterLock.acquire(directory), { code: 'STORE_LOCKED' });
  daemon.kill('SIGKILL');
  await once(daemon, 'exit');
  assert.equal((await checkStore(directory, LITTLE)).inUse, false);
});

test('looking for the writer leaves the lock with it, also in one process', async (t) => {
  const store = await openStore(t);
  assert.deepEqual(WriterLock.holder(store.directory), { pid: process.pid });
  await assert.rejects(SnapshotStore.open({ directory: store.directory }), { code: 'STORE_LOCKED' });
  await store.close();
  assert.equal(WriterLock.holder(store.directory), undefined);
});

test('a directory that others may read is noted, and left to run', async (t) => {
  const directory = scratchDirectory(t);
  chmodSync(directory, 0o755);
  const { finding } = await checkStore(directory, LITTLE);
  assert.deepEqual([finding.status, finding.advice], ['note', 'others may read it: run closes it to them']);
  assert.equal(statSync(directory).mode & 0o777, 0o755);
});

test('a disk with less room than the outbox may take is noted', async (t) => {
  const { finding } = await checkStore(scratchDirectory(t), { outboxMaxBytes: Number.MAX_SAFE_INTEGER });
  assert.equal(finding.status, 'note');
  assert.match(finding.advice ?? '', /^[\d.]+ MiB are free, less than --outbox-max-bytes allows to fill/);
});

const broken: readonly (readonly [string, (directory: string) => unknown, RegExp])[] = [
  ['that others may write to', (directory) => chmodSync(directory, 0o777), /others may write to it \(mode 777\)/],
  [
    'whose lock is no file',
    (directory) => mkdirSync(join(directory, 'writer.lock')),
    /^\/.* cannot be used: \/.*\/writer\.lock is no regular file$/,
  ],
  [
    'that another version wrote',
    async (directory) => {
      const { meta, root } = openLayout(directory, { readOnly: false });
      meta.putSync('schema_version', 99);
      await root.close();
    },
    /has schema 99, this procmond writes \d/,
  ],
];
for (const [what, breakIt, message] of broken) {
  test(`a directory ${what} is a problem`, async (t) => {
    const directory = scratchDirectory(t);
    await breakIt(directory);
    const { finding } = await checkStore(directory, LITTLE);
    assert.equal(finding.status, 'problem');
    assert.match(finding.message, message);
  });
}

test('a path that leads nowhere is a problem, whatever the reason', async (t) => {
  const directory = scratchDirectory(t);
  symlinkSync('loop', join(directory, 'loop'));
  writeFileSync(join(directory, 'file'), '');
  for (const path of [join(directory, 'loop'), join(directory, 'file', 'below'), join(directory, 'x'.repeat(300))]) {
    assert.equal((await checkStore(path, LITTLE)).finding.status, 'problem', path);
  }
});

test('a file that is no store is worth knowing, and keeps run from nothing', async (t) => {
  const directory = scratchDirectory(t);
  writeFileSync(join(directory, 'data.mdb'), 'x'.repeat(10_000));
  const { finding } = await checkStore(directory, LITTLE);
  assert.equal(finding.status, 'note');
  assert.match(finding.message, /data\.mdb cannot be used: it is no LMDB file/);
  assert.match(finding.advice ?? '', /puts it aside as data\.mdb\.foreign-\.\.\. and begins a new store/);
});
