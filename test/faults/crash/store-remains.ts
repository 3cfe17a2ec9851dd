import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessRow } from '../../../src/event/process-row.ts';
import type { SnapshotState } from '../../../src/event/snapshot-state.ts';
import { DATA_FILE } from '../../../src/store/file/data-file.ts';
import { openLayout } from '../../../src/store/layout.ts';
import { decodeChunk } from '../../../src/store/outbox/chunk.ts';
import type { DeadLetter } from '../../../src/store/outbox/dead-letters.ts';
import { type Discard, DiscardLedger } from '../../../src/store/outbox/discards.ts';
import { SnapshotTable } from '../../../src/store/snapshot-table.ts';

/** A record as it lies in the outbox. */
export interface StoredRow {
  readonly seq: number;
  /** The text itself: the same record is the same text. */
  readonly text: string;
  readonly eventName: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** What a procmond that ended, however it ended, left in its data directory. */
export interface StoreRemains {
  readonly schema: unknown;
  readonly instance: unknown;
  readonly redactionKey: unknown;
  readonly nextSeq: number;
  /** Every number up to this one has left. */
  readonly deliveredThrough: number;
  readonly waiting: ReadonlyMap<number, StoredRow>;
  readonly deadLetters: ReadonlyMap<number, StoredRow>;
  readonly retried: ReadonlySet<number>;
  /** Given up, and not told yet. */
  readonly untold: readonly Discard[];
  readonly state: SnapshotState | undefined;
  readonly rows: readonly ProcessRow[];
  /** Pids of which there are figures. */
  readonly figures: ReadonlySet<number>;
}

/**
 * Reads a store below the code that procmond reads it with, and from a copy: what the next start finds is what the last
 * one left. Asserts what has to hold of the tables among themselves.
 * @param scratch a folder for the copy
 */
export async function readRemains(directory: string, scratch: string): Promise<StoreRemains> {
  const copy = join(scratch, 'copy');
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(copy);
  const file = join(directory, DATA_FILE);
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0) copyFileSync(file, join(copy, DATA_FILE));
  const layout = openLayout(copy, { readOnly: false });
  try {
    const { meta } = layout;
    const nextSeq = (meta.get('next_seq') as number | undefined) ?? 1;
    const deliveredThrough = (meta.get('delivered_through') as number | undefined) ?? 0;
    const deadLetters = new Map(
      Array.from(layout.deadLetters.getRange(), ({ key, value }) => {
        const { seq, row } = value as DeadLetter;
        assert.equal(key, seq);
        return [seq, storedRow(seq, row)] as const;
      }),
    );
    const retried = new Set(layout.retried.getKeys());
    assert.deepEqual(
      [...retried].filter((seq) => !deadLetters.has(seq)),
      [],
      'only dead letters are retried',
    );
    const table = new SnapshotTable(layout);
    return {
      schema: meta.get('schema_version'),
      instance: meta.get('instance'),
      redactionKey: meta.get('redaction_key'),
      nextSeq,
      deliveredThrough,
      waiting: waitingRows(layout, nextSeq, deliveredThrough),
      deadLetters,
      retried,
      untold: new DiscardLedger(layout).untold,
      state: table.state(),
      rows: table.rows(),
      figures: new Set(table.figures().keys()),
    };
  } finally {
    await layout.root.close();
  }
}

interface ChunkRow {
  readonly firstSeq: number;
  readonly topic: string;
  readonly senderId: string;
  readonly count: number;
}

function waitingRows(
  layout: ReturnType<typeof openLayout>,
  nextSeq: number,
  deliveredThrough: number,
): ReadonlyMap<number, StoredRow> {
  const index = Array.from(layout.outboxIndex.getRange(), ({ key, value }) => ({ key, ...(value as ChunkRow) }));
  assert.deepEqual(
    Array.from(layout.outboxChunks.getKeys()),
    index.map(({ key }) => key),
    'each chunk has its row in the index, and each row its chunk',
  );
  const waiting = new Map<number, StoredRow>();
  let end = 1;
  for (const { key, firstSeq, topic, senderId, count } of index) {
    assert.equal(key, firstSeq);
    assert.ok(firstSeq >= end, `the chunk at ${firstSeq} overlaps the one that ends before ${end}`);
    end = firstSeq + count;
    assert.ok(end - 1 > deliveredThrough, `the chunk at ${firstSeq} has been delivered through ${deliveredThrough}`);
    const texts = decodeChunk(layout.outboxChunks.getBinary(firstSeq) as Buffer);
    assert.equal(texts.length, count, `records of the chunk at ${firstSeq}`);
    assert.ok(layout.senders.get(senderId), `the sender of the chunk at ${firstSeq}`);
    for (const [place, text] of texts.entries()) {
      const row = storedRow(firstSeq + place, text);
      assert.equal(row.attributes['procmond.topic'], topic);
      if (row.seq > deliveredThrough) waiting.set(row.seq, row);
    }
  }
  assert.ok(end <= nextSeq, `the last chunk ends before ${end}, the next number is ${nextSeq}`);
  assert.ok(deliveredThrough < nextSeq, `delivered through ${deliveredThrough}, the next number is ${nextSeq}`);
  return waiting;
}

function storedRow(seq: number, text: string): StoredRow {
  const { n: eventName, a: attributes } = JSON.parse(text) as { n: string; a: Record<string, unknown> };
  assert.equal(attributes['procmond.seq'], seq);
  return { seq, text, eventName, attributes };
}
