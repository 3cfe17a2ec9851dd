import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { SnapshotStore } from '../../src/store/snapshot-store.ts';
import { appendRows, CYCLES, commitRows, LIFECYCLE, OBSERVED } from './commit-rows.ts';

export interface StoredThings {
  readonly nextSeq: number;
  readonly records: readonly { readonly seq: number; readonly topic: string; readonly row: string }[];
  readonly deadLetters: readonly unknown[];
  readonly untold: readonly unknown[];
  readonly instanceId: string;
}

/**
 * Fills a new store with that many bytes at least, delivers all but a few records, and closes it.
 * @param options.keptRecords of 0.3 MB each
 * @returns what it still holds
 */
export async function makeBloatedStore(
  directory: string,
  fileBytes: number,
  { keptRecords = 2 } = {},
): Promise<StoredThings> {
  const store = await SnapshotStore.open({ directory });
  try {
    // A transaction of its own, the first: the last one is that in which nearly everything leaves.
    store.instanceId('host');
    const text = () => randomBytes(300_000).toString('hex');
    while (store.fileBytes() <= fileBytes) commitRows(store, { topic: OBSERVED, count: 20, text });
    store.transact(() => {
      store.outbox.settle(store.outbox.nextSeq - 1 - keptRecords);
      const letter = { seq: 1, topic: OBSERVED, senderId: 's', row: '{}', reason: 'answered 400', refusedAtMillis: 1 };
      store.outbox.deadLetters.put(letter);
      store.outbox.discards.add({ topic: OBSERVED, reason: 'dead_letter', count: 1, first: 1, last: 1 });
      appendRows(store, { topic: LIFECYCLE, count: 700 }, { topic: CYCLES, count: 1 });
    });
    return thingsOf(store);
  } finally {
    await store.close();
  }
}

export function thingsOf(store: SnapshotStore): StoredThings {
  const { outbox } = store;
  const records = outbox.take({ maxRecords: 1e6, maxBytes: 1e9, acrossTopics: true });
  outbox.release();
  return {
    nextSeq: outbox.nextSeq,
    records: records.map(({ seq, topic, row }) => ({ seq, topic, row })),
    deadLetters: outbox.deadLetters.all(),
    untold: outbox.discards.untold,
    instanceId: store.instanceId('host'),
  };
}

export function dataFileBytes(directory: string): number {
  return statSync(join(directory, 'data.mdb')).size;
}
