import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { cleanUp } from './clean-up.ts';

/** A new folder that goes when the test ends; its path has no symbolic link in it. */
export async function scratchDirectory(t: TestContext): Promise<string> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'procmond-e2e-')));
  cleanUp(t, () => rm(directory, { recursive: true, force: true }));
  return directory;
}
