import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { SnapshotStore, type StoreOptions } from '../../src/store/snapshot-store.ts';

/** A new folder of mode 0700 that goes when the test ends. */
export function scratchDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'procmond-test-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A store that is closed when the test ends, in a folder of its own unless one is given. */
export async function openStore(t: TestContext, options: Partial<StoreOptions> = {}): Promise<SnapshotStore> {
  const store = await SnapshotStore.open({ directory: options.directory ?? scratchDirectory(t), ...options });
  t.after(() => store.close());
  return store;
}
