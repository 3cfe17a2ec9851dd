import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { systemClock } from '../../src/base/clock.ts';
import { fileVersion, unsettledMillis } from '../../src/hasher/file-version.ts';

/** A folder that goes when the test ends. */
export function folder(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'procmond-hasher-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A new file; after this each further change of it has another ctime. */
export async function settledFile(t: TestContext, content: string | Uint8Array): Promise<string> {
  const path = join(folder(t), 'program');
  writeFileSync(path, content);
  await settled(path);
  return path;
}

export async function settled(path: string): Promise<void> {
  for (;;) {
    const millis = unsettledMillis(statSync(path, { bigint: true }), Date.now());
    if (millis === 0) return;
    await systemClock.delay(millis);
  }
}

export function versionOf(path: string): string {
  return fileVersion(statSync(path, { bigint: true }));
}
