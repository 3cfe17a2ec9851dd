import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, fstatSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { systemErrorCode } from '../../src/base/errors.ts';
import { scratchDirectory } from './scratch-store.ts';

/** Why a test cannot mount; false where it can. */
export const CANNOT_MOUNT: string | false = whyNot();

/** Only root may, and not everywhere: it is tried in a mount namespace of its own, which takes it away again. */
function whyNot(): string | false {
  const { status, stderr, error } = spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', tmpdir()], {
    encoding: 'utf8',
  });
  return status !== 0 && `a file system cannot be mounted: ${error?.message ?? stderr.trim()}`;
}

/** File systems in memory. To be made before the folder that they are mounted in, which goes after them. */
export class SmallFileSystems {
  readonly #paths = new Set<string>();

  constructor(t: TestContext) {
    t.after(() => {
      for (const path of this.#paths) this.unmount(path);
    });
  }

  mount(path: string, options = 'size=4m,mode=0700'): void {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path]);
    this.#paths.add(path);
  }

  unmount(path: string): void {
    execFileSync('umount', ['--lazy', path]);
    this.#paths.delete(path);
  }
}

/** A folder with a file system of its own, in memory and of so many bytes, until the test ends. */
export function smallFileSystem(t: TestContext, bytes = 4 * 1024 ** 2): string {
  const mounts = new SmallFileSystems(t);
  const directory = scratchDirectory(t);
  mounts.mount(directory, `size=${bytes},mode=0700`);
  return directory;
}

/** Takes all that is free but so many pages of 4 KiB, in place of what it took before. */
export function fillUp(directory: string, pagesLeft = 0): { free(): void } {
  const path = join(directory, 'filler');
  const descriptor = openSync(path, 'w');
  const page = Buffer.alloc(4096);
  try {
    for (;;) writeSync(descriptor, page);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOSPC') throw error;
    ftruncateSync(descriptor, fstatSync(descriptor).size - pagesLeft * page.length);
  } finally {
    closeSync(descriptor);
  }
  return { free: () => rmSync(path) };
}
