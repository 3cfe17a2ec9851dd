import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { SnapshotStore } from '../../src/store/snapshot-store.ts';

/** An empty store in a folder of its own; both are gone after the test. */
export async function openStore(t: TestContext): Promise<SnapshotStore> {
  const directory = mkdtempSync(join(tmpdir(), 'procmond-store-'));
  const store = await SnapshotStore.open({ directory });
  t.after(async () => {
    await store.close();
    rmSync(directory, { recursive: true });
  });
  return store;
}
