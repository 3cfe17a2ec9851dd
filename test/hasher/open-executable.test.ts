import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { openExecutable } from '../../src/hasher/open-executable.ts';
import { folder } from './program-file.ts';

const statLine = (startTicks: number) =>
  `7 (app) S 1 2 3 0 -1 4194560 5 6 7 8 9 10 11 12 20 0 1 0 ${startTicks} 1000 50 0`;

/** A `/proc` with process 7, which began at tick 100. */
function procWith(t: TestContext, executable: string): { readonly root: string; readonly stat: string } {
  const root = folder(t);
  const stat = join(root, '7', 'stat');
  mkdirSync(join(root, '7'));
  writeFileSync(stat, statLine(100));
  symlinkSync(executable, join(root, '7', 'exe'));
  return { root, stat };
}

function descriptorsOf(path: string): readonly string[] {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path;
    } catch {
      // The one the listing itself was read through.
      return false;
    }
  });
}

suite('the executable of a process is opened', () => {
  test('when the pid is that process', async (t) => {
    const { root } = procWith(t, process.execPath);
    const file = await openExecutable({ pid: 7, startTicks: 100 }, root);
    assert.ok(typeof file === 'object');
    await file.close();
  });

  test('not when the pid is another process by now', async (t) => {
    const { root } = procWith(t, process.execPath);
    assert.equal(await openExecutable({ pid: 7, startTicks: 99 }, root), 'gone');
    await assert.rejects(openExecutable({ pid: 8, startTicks: 100 }, root), { code: 'ENOENT' });
  });

  for (const [story, ticksThen, opened] of [
    ['is another process after it was opened: what was opened is closed', 200, false],
    ['is still that process after it was opened', 100, true],
  ] as const) {
    test(`${opened ? 'when' : 'not when'} the pid ${story}`, async (t) => {
      const executable = join(folder(t), 'program');
      writeFileSync(executable, 'program');
      const { root, stat } = procWith(t, executable);
      // Each look at the process waits for what it is to see.
      rmSync(stat);
      execFileSync('mkfifo', [stat]);
      const opening = openExecutable({ pid: 7, startTicks: 100 }, root);
      await writeFile(stat, statLine(100));
      while (descriptorsOf(executable).length === 0) await new Promise((resolve) => setImmediate(resolve));
      await writeFile(stat, statLine(ticksThen));
      const file = await opening;
      assert.deepEqual([typeof file === 'object', descriptorsOf(executable).length], [opened, opened ? 1 : 0]);
      if (typeof file === 'object') await file.close();
      else assert.equal(file, 'gone');
    });
  }
});
