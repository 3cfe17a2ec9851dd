import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { WriterLock } from '../../../src/store/file/writer-lock.ts';
import { scratchDirectory } from '../../fake/scratch-store.ts';

const MODULE = `import { WriterLock } from '${import.meta.resolve('../../../src/store/file/writer-lock.ts')}';`;

test('lets one writer in at a time, in one process', (t) => {
  const directory = scratchDirectory(t);
  const lock = WriterLock.acquire(directory);
  assert.throws(() => WriterLock.acquire(directory), { code: 'STORE_LOCKED' });
  lock.release();
  lock.release();
  WriterLock.acquire(directory).release();
});

test('lets one writer in at a time, over processes, and says who holds it and what to do', async (t) => {
  const directory = scratchDirectory(t);
  const holder = await startHolder(t, directory);
  assert.throws(() => WriterLock.acquire(directory), {
    code: 'STORE_LOCKED',
    message: `another procmond (pid ${holder.pid} where it runs) writes to ${directory}; stop it, or give this one its own --data-dir`,
  });
});

test('holds against other processes though this one tried to take it a second time', (t) => {
  const directory = scratchDirectory(t);
  const lock = WriterLock.acquire(directory);
  t.after(() => lock.release());
  assert.throws(() => WriterLock.acquire(directory), { code: 'STORE_LOCKED' });
  assert.equal(tryElsewhere(directory), 'STORE_LOCKED');
});

test('is gone with its holder, however it died', async (t) => {
  const directory = scratchDirectory(t);
  const holder = await startHolder(t, directory);
  assert.equal(tryElsewhere(directory), 'STORE_LOCKED');
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  WriterLock.acquire(directory).release();
});

test('does not depend on knowing who holds it', (t) => {
  const directory = scratchDirectory(t);
  mkdirSync(join(directory, 'writer.pid'));
  const lock = WriterLock.acquire(directory);
  t.after(() => lock.release());
  assert.throws(() => WriterLock.acquire(directory), { code: 'STORE_LOCKED', message: /^another procmond writes to / });
});

test('says what is wrong with a directory that takes no lock', (t) => {
  const directory = scratchDirectory(t);
  rmSync(directory, { recursive: true });
  assert.throws(() => WriterLock.acquire(directory), {
    code: 'STORE_UNUSABLE',
    message: /could not lock the data directory .*ENOENT.*check that it can be written to/,
  });
});

test('warns of nothing: what it stands on is no experiment of this Node.js', (t) => {
  const { stderr } = spawnSync(process.execPath, [
    '--input-type=module',
    '--eval',
    `${MODULE} WriterLock.acquire(process.argv[1]).release()`,
    scratchDirectory(t),
  ]);
  assert.equal(stderr.toString(), '');
});

/** @returns `taken`, or the code of the error */
function tryElsewhere(directory: string): string {
  const script = `${MODULE}
    try { WriterLock.acquire(process.argv[1]); process.stdout.write('taken'); } catch (error) { process.stdout.write(error.code); }`;
  return spawnSync(process.execPath, ['--input-type=module', '--eval', script, directory]).stdout.toString();
}

async function startHolder(t: TestContext, directory: string): Promise<ChildProcess> {
  // Held by the global object: a lock that nothing refers to is collected, and with it the database that holds it.
  const script = `${MODULE} globalThis.lock = WriterLock.acquire(process.argv[1]); process.send('locked'); process.on('disconnect', () => process.exit());`;
  const holder = spawn(process.execPath, ['--input-type=module', '--eval', script, directory], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  t.after(() => holder.kill('SIGKILL'));
  await once(holder, 'message');
  return holder;
}
