import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ProcmondError } from '../../../src/base/errors.ts';
import { filesSetAside } from '../../../src/store/file/set-aside.ts';
import { SnapshotStore } from '../../../src/store/snapshot-store.ts';
import { damage } from './damage.ts';

/**
 * Opens one damaged copy of a store after the other, reads all of it and writes to it. A line on stdout goes before each
 * one, so that who sees this process die knows of which; what became of it follows.
 */
const [original = '', scratch = '', from = '', to = ''] = process.argv.slice(2);
for (let seed = Number(from); seed < Number(to); seed++) {
  const directory = join(scratch, String(seed));
  mkdirSync(directory, { mode: 0o700 });
  copyFileSync(original, join(directory, 'data.mdb'));
  const way = damage(join(directory, 'data.mdb'), seed);
  process.stdout.write(`${seed} ${way} `);
  process.stdout.write(`${await outcome(directory)}\n`);
  rmSync(directory, { recursive: true });
}

async function outcome(directory: string): Promise<'set_aside' | 'records_given_up' | 'whole'> {
  const store = await SnapshotStore.open({ directory });
  try {
    const { outbox, snapshot } = store;
    snapshot.rows();
    snapshot.figures();
    let damaged = 0;
    for (let batch = 0; batch < 4; batch++) {
      const last = take(store);
      if (last === undefined) break;
      if (last === 'damaged') damaged += 1;
      store.transact(() => {
        if (typeof last === 'number') outbox.settle(last);
        outbox.append('collector/test', '{}', '{"resource":{},"scope":{"name":"test"}}', 1);
        outbox.flush();
        for (let count = 0; count < 40; count++) {
          const pid = (outbox.nextSeq * 37 + count * 101) % 3_000;
          if (count % 2 === 0) snapshot.removeRow(pid);
          else snapshot.putRow({ pid, startTicks: 1, comm: 'y'.repeat((pid * 7) % 900) } as never);
        }
      });
    }
    store.transact(() => snapshot.clearRows());
    if (filesSetAside(directory).length > 0) return 'set_aside';
    return damaged > 0 ? 'records_given_up' : 'whole';
  } finally {
    await store.close();
  }
}

function take({ outbox }: SnapshotStore): number | 'damaged' | undefined {
  try {
    return outbox.take({ maxRecords: 512, maxBytes: 1e6, acrossTopics: true }).at(-1)?.seq;
  } catch (error) {
    if (error instanceof ProcmondError && error.message.startsWith('the outbox is damaged')) return 'damaged';
    throw error;
  } finally {
    outbox.release();
  }
}
