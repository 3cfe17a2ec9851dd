import assert from 'node:assert/strict';
import { decodeEvent } from '../../src/otlp/stored-record.ts';
import type { OutboxRecord } from '../../src/store/outbox/outbox.ts';
import type { SnapshotStore } from '../../src/store/snapshot-store.ts';
import { HEALTH } from './commit-rows.ts';

/** Records of one class that were told to be missing: so many numbers within the range. */
export interface ToldMissing {
  readonly count: number;
  readonly first: number;
  readonly last: number;
}

/** Who takes what the outbox gives, and can say of each number whether it came, or was told to be missing. */
export class Receiver {
  /** How many came, by topic. */
  readonly counts = new Map<string, number>();
  /** By topic, over all reasons. */
  readonly told = new Map<string, ToldMissing>();
  readonly #seqs = new Set<number>();
  #last = 0;

  get count(): number {
    return this.#seqs.size;
  }

  has(seq: number): boolean {
    return this.#seqs.has(seq);
  }

  receive(record: OutboxRecord): void {
    const { seq, topic } = record;
    assert.ok(seq > this.#last, `${seq} came after ${this.#last}`);
    this.#last = seq;
    this.#seqs.add(seq);
    this.counts.set(topic, (this.counts.get(topic) ?? 0) + 1);
    this.hear(record);
  }

  /** Takes to heart what a record tells of others. */
  hear({ topic, row }: OutboxRecord): void {
    if (topic !== HEALTH) return;
    const { eventName, attributes } = decodeEvent(row);
    if (eventName !== 'procmond.agent.events_discarded') return;
    this.hearOf(attributes['procmond.discarded.class'] as string, {
      count: attributes['procmond.discarded.count'] as number,
      first: attributes['procmond.discarded.first'] as number,
      last: attributes['procmond.discarded.last'] as number,
    });
  }

  hearOf(topic: string, { count, first, last }: ToldMissing): void {
    const before = this.told.get(topic) ?? { count: 0, first, last };
    this.told.set(topic, {
      count: before.count + count,
      first: Math.min(before.first, first),
      last: Math.max(before.last, last),
    });
  }

  /** Takes all that waits, and reads what the store has still to tell. */
  receiveAll(store: SnapshotStore): void {
    const { outbox } = store;
    for (;;) {
      const batch = outbox.take({ maxRecords: 512, maxBytes: 1e6 });
      const last = batch.at(-1);
      if (last === undefined) break;
      for (const record of batch) this.receive(record);
      store.transact(() => outbox.settle(last.seq));
      outbox.release();
    }
    for (const { topic, ...sum } of outbox.discards.untold) this.hearOf(topic, sum);
  }
}
