import type { Discard } from '../../src/store/outbox/discards.ts';
import type { SnapshotStore } from '../../src/store/snapshot-store.ts';

export const OBSERVED = 'collector/process/events';
export const CYCLES = 'collector/process/cycles';
export const LIFECYCLE = 'collector/process/lifecycle';
export const HEALTH = 'collector/agent/health';

export const SENDER = JSON.stringify({
  resource: { 'service.name': 'procmond' },
  scope: { name: 'procmond', version: '1' },
});

/** The row the tests put under a sequence number. */
export function rowOf(seq: number, text = ''): string {
  return JSON.stringify({ seq, text });
}

export interface Rows {
  readonly topic: string;
  readonly count: number;
  readonly text?: string | (() => string);
  readonly sender?: string;
  readonly committedAtMillis?: number;
}

/** Commits rows of one or more topics in one transaction. */
export function commitRows(store: SnapshotStore, ...rows: readonly Rows[]): readonly Discard[] {
  return store.transact(() => appendRows(store, ...rows));
}

export function appendRows({ outbox }: SnapshotStore, ...rows: readonly Rows[]): readonly Discard[] {
  for (const { topic, count, text = '', sender = SENDER, committedAtMillis = 1 } of rows) {
    for (let index = 0; index < count; index++) {
      const own = typeof text === 'string' ? text : text();
      outbox.append(topic, rowOf(outbox.nextSeq, own), sender, committedAtMillis);
    }
  }
  return outbox.flush();
}

/** Takes and settles batch after batch. @returns the sequence numbers in the order taken */
export function drainRows(store: SnapshotStore, maxRecords = 512): readonly number[] {
  const seqs: number[] = [];
  for (;;) {
    const batch = store.outbox.take({ maxRecords, maxBytes: 1e9 });
    const last = batch.at(-1);
    if (last === undefined) return seqs;
    seqs.push(...batch.map(({ seq }) => seq));
    store.transact(() => store.outbox.settle(last.seq));
    store.outbox.release();
  }
}

export function range(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
