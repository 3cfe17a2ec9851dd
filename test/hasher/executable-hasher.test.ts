import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { ExecutableHasher, type ExecutableLink } from '../../src/hasher/executable-hasher.ts';

interface Given {
  readonly path: string;
  readonly executable: ExecutableLink;
}

/** A file and a link to it, as `/proc/PID/exe` is one. */
function fileOf(t: TestContext, content: string): Given {
  const directory = mkdtempSync(join(tmpdir(), 'procmond-hasher-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'program');
  const link = join(directory, 'exe');
  writeFileSync(path, content);
  symlinkSync(path, link);
  const { dev: device, ino: inode } = statSync(path);
  return { path, executable: { link, device, inode } };
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

suite('the hash of an executable', () => {
  test('is the SHA-256 of its content, in lower-case hex', async (t) => {
    const long = 'x'.repeat(3 * 1024 * 1024 + 1);
    const hasher = new ExecutableHasher();
    assert.equal(await hasher.hash(fileOf(t, 'abc').executable), sha256('abc'));
    assert.equal(await hasher.hash(fileOf(t, '').executable), sha256(''));
    assert.equal(await hasher.hash(fileOf(t, long).executable), sha256(long));
  });

  test('of the running Node is that of its file', async () => {
    const { dev: device, ino: inode } = statSync(process.execPath);
    const link = `/proc/${process.pid}/exe`;
    assert.match((await new ExecutableHasher().hash({ link, device, inode })) ?? '', /^[0-9a-f]{64}$/);
  });

  test('is another one after an edit in place with the time put back', async (t) => {
    const { path, executable } = fileOf(t, 'before');
    const hasher = new ExecutableHasher();
    const { atime, mtime } = statSync(path);
    assert.equal(await hasher.hash(executable), sha256('before'));
    writeFileSync(path, 'after!');
    utimesSync(path, atime, mtime);
    assert.equal(await hasher.hash(executable), sha256('after!'));
  });

  test('is not there when the link leads to another file than the process was seen with', async (t) => {
    const { executable } = fileOf(t, 'abc');
    assert.equal(await new ExecutableHasher().hash({ ...executable, inode: executable.inode + 1 }), undefined);
  });

  test('is not there for a file that is gone, is no file, or is too large', async (t) => {
    const { path, executable } = fileOf(t, 'abc');
    const hasher = new ExecutableHasher();
    const directory = tmpdir();
    const { dev: device, ino: inode } = statSync(directory);
    assert.equal(await hasher.hash({ link: directory, device, inode }), undefined);
    truncateSync(path, 512 * 1024 * 1024 + 1);
    assert.equal(await hasher.hash(executable), undefined);
    rmSync(path);
    assert.equal(await hasher.hash(executable), undefined);
  });

  test('of many files at once comes for each, whatever becomes of the others', async (t) => {
    const given = Array.from({ length: 20 }, (_, index) => fileOf(t, `program ${index}`));
    given.forEach(({ path }, index) => index % 5 === 0 && appendFileSync(path, ' changed'));
    const hasher = new ExecutableHasher();
    const gone = given[3] as Given;
    rmSync(gone.path);
    const hashes = await Promise.all(given.map(({ executable }) => hasher.hash(executable)));
    assert.deepEqual(
      hashes,
      given.map(({ path }, index) => {
        if (path === gone.path) return undefined;
        return sha256(`program ${index}${index % 5 === 0 ? ' changed' : ''}`);
      }),
    );
  });
});
