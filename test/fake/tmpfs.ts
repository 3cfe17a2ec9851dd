import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/**
 * A folder of mode 0700 with a file system of its own, in memory and of that size, that goes when the test ends. Only root
 * may mount one: for others, and where the kernel refuses, the test is skipped.
 * @returns undefined when the test was skipped
 */
export function smallDisk(t: TestContext, bytes: number): string | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'procmond-disk-'));
  const mount = ['-t', 'tmpfs', '-o', `size=${bytes},mode=0700`, 'none', directory];
  const { status, stderr, error } = spawnSync('mount', mount, { encoding: 'utf8' });
  t.after(() => {
    // What is still open there keeps it alive until it is closed.
    if (status === 0) spawnSync('umount', ['--lazy', directory]);
    rmdirSync(directory);
  });
  if (status === 0) return directory;
  t.skip(`a tmpfs cannot be mounted: ${error?.message ?? stderr.trim()}`);
  return undefined;
}
