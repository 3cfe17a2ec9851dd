import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { ExecutableFiles, pathIsTaken } from '../../../../src/process/enumerate/linux/executable-files.ts';

/** A folder that stands for `/proc/PID`, whose `root` is a tree of the test's own. */
class Process {
  readonly directory: string;
  readonly files = new ExecutableFiles();

  constructor(t: TestContext) {
    this.directory = mkdtempSync(join(tmpdir(), 'procmond-process-'));
    mkdirSync(join(this.directory, 'root'), { mode: 0o755 });
    t.after(() => rmSync(this.directory, { recursive: true }));
  }

  write(path: string, mode = 0o755): void {
    mkdirSync(join(this.directory, 'root', dirname(path)), { recursive: true, mode: 0o755 });
    writeFileSync(this.file(path), path);
    chmodSync(this.file(path), mode);
  }

  mode(path: string, mode: number): void {
    chmodSync(this.file(path), mode);
  }

  file(path: string): string {
    return join(this.directory, 'root', path);
  }

  worldWritable(path: string): boolean | undefined {
    const file = this.files.read(this.file(path));
    assert.ok(typeof file === 'object');
    return this.files.worldWritable(this.directory, path, file);
  }
}

suite('whether anyone may write where a program lies', () => {
  const PATH = '/opt/app/bin/program';

  for (const [what, path, mode, expected] of [
    ['everything is its owner’s', PATH, 0o755, false],
    ['a group may write to its directory', '/opt/app/bin', 0o775, false],
    ['anyone may write to the file', PATH, 0o757, true],
    ['anyone may write to its directory', '/opt/app/bin', 0o757, true],
    ['anyone may write to its directory, each only their own', '/opt/app/bin', 0o1777, true],
    ['anyone may write to a directory far above it', '/opt', 0o1777, true],
    ['anyone may write to the root', '/', 0o777, true],
  ] as const) {
    test(`is ${expected} where ${what}`, (t) => {
      const process = new Process(t);
      process.write(PATH);
      process.mode(path, mode);
      assert.equal(process.worldWritable(PATH), expected);
    });
  }

  test('is looked at once per file', (t) => {
    const process = new Process(t);
    process.write(PATH);
    assert.equal(process.worldWritable(PATH), false);
    process.mode('/opt', 0o777);
    assert.equal(process.worldWritable(PATH), false);
    process.write('/opt/app/bin/other');
    assert.equal(process.worldWritable('/opt/app/bin/other'), true);
  });

  test('goes by what is left of the directories of a removed file', (t) => {
    const process = new Process(t);
    process.write(PATH);
    process.mode('/opt', 0o1777);
    const file = process.files.read(process.file(PATH));
    assert.ok(typeof file === 'object');
    rmSync(process.file('/opt/app'), { recursive: true });
    assert.equal(process.files.worldWritable(process.directory, PATH, file), true);
  });

  test('is not known of a path that leads nowhere in its root, nor once the process is gone', (t) => {
    const process = new Process(t);
    process.write(PATH);
    const file = process.files.read(process.file(PATH));
    assert.ok(typeof file === 'object');
    assert.equal(process.files.worldWritable(process.directory, '(unreachable)/x', file), undefined);
    renameSync(join(process.directory, 'root'), join(process.directory, 'gone'));
    assert.equal(process.files.worldWritable(process.directory, PATH, file), undefined);
  });
});

suite('whether another file has the place of a removed one', () => {
  test('is seen through the root of the process, by the bytes of its path', (t) => {
    const process = new Process(t);
    process.write('/bin/caf\u00e9'.normalize('NFC'));
    const bytes = Buffer.from('/bin/caf\u00e9').toString('latin1');
    assert.equal(pathIsTaken(process.directory, bytes), true);
    assert.equal(pathIsTaken(process.directory, '/bin/other'), false);
    assert.equal(pathIsTaken(process.directory, '/no/such/directory'), false);
  });

  test('is not known once the process is gone', (t) => {
    const process = new Process(t);
    rmSync(join(process.directory, 'root'), { recursive: true });
    assert.equal(pathIsTaken(process.directory, '/bin/other'), undefined);
  });
});
