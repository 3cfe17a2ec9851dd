import { execFileSync } from 'node:child_process';
import { closeSync, fstatSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { systemErrorCode } from '../../src/base/errors.ts';

/** Why a test cannot mount; false where it can. */
export const CANNOT_MOUNT: string | false = process.geteuid?.() === 0 ? false : 'needs root to mount a file system';

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
