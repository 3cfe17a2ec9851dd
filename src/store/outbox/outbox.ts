import { createHash } from 'node:crypto';
import { type Clock, systemClock } from '../../base/clock.ts';
import { errorMessage, ProcmondError } from '../../base/errors.ts';
import { faultPoint } from '../../base/fault-point.ts';
import type { Layout } from '../layout.ts';
import type { BatchLimits } from './batch-limits.ts';
import { chunkPageBytes, decodeChunk, encodeChunk, MAX_CHUNK_BYTES, MAX_CHUNK_RECORDS } from './chunk.ts';
import { DeadLetterTable } from './dead-letters.ts';
import { DiscardLedger, type GivenUp } from './discards.ts';
import { loadPosition, type Position, storeCursor, storeNextSeq } from './position.ts';
import { RunningTime } from './running-time.ts';
import { type ChunkInfo, WaitingChunks } from './waiting-chunks.ts';

/**
 * Committed records that the endpoint has not accepted yet.
 *
 * - Records lie in chunks of one topic, in the order of their sequence numbers; numbers start at 1 and are never reused.
 * - Reading removes nothing. Only `settle` does, in one transaction, after the endpoint answered.
 * - `deliveredThrough` is the cursor: every number up to it has left. It may lie inside a chunk.
 * - What has waited longer than `maxAgeMillis` of running time is given up. Then, over `maxBytes`, the least important
 *   topic first and the oldest of it. Chunks go whole, and never one that the batch in flight is taken from; each number
 *   given up is in the ledger of discards until that has been told, and the record that tells it has left.
 * - Dead letters that are retried are taken before all else, a few with each batch: their numbers are lower than all that
 *   waits, so that `settle` means the same for them, and should they be refused again, what is behind them judges them.
 * - A chunk that cannot be read stands in the way of what is behind it until the next `flush`, which gives it up.
 * - What is in memory (the position, the waiting chunks) is that of the last committed transaction, between two of them.
 *   Inside one it is ahead of it, and goes back when that fails.
 */
export class Outbox {
  readonly #layout: Layout;
  readonly #maxBytes: number;
  readonly #runningTime: RunningTime;
  readonly deadLetters: DeadLetterTable;
  readonly discards: DiscardLedger;
  /** Running time that a record may wait, milliseconds; 0 = as long as it takes. Holds from the next commit on. */
  maxAgeMillis: number;
  readonly #chunks: WaitingChunks;
  #committed: Position;
  #working: Position | undefined;
  #pending: PendingChunk | undefined;
  #inFlight: { readonly firstSeq: number; readonly lastSeq: number } | undefined;
  #decoded: { readonly firstSeq: number; readonly rows: readonly string[] } | undefined;
  #senderIds = new Map<string, string>();
  /** First numbers of chunks that turned out to be damaged; given up by the next `flush`. */
  readonly #damaged = new Set<number>();

  constructor(layout: Layout, options: OutboxOptions) {
    const { maxBytes, maxAgeMillis = 0, clock = systemClock } = options;
    this.#layout = layout;
    this.#maxBytes = maxBytes;
    this.maxAgeMillis = maxAgeMillis;
    this.#runningTime = new RunningTime(layout, clock);
    this.deadLetters = new DeadLetterTable(layout);
    this.discards = new DiscardLedger(layout);
    this.#committed = loadPosition(layout);
    this.#chunks = new WaitingChunks(layout.outboxIndex.getRange().map(({ value }) => value as ChunkInfo));
  }

  /** Records waiting, not chunks; dead letters that are retried among them. */
  get recordCount(): number {
    return this.deadLetters.retriedCount + this.#chunks.records - this.#deliveredOf(this.#chunks.first);
  }

  /** Bytes of LMDB pages in use by what waits; what is retried counts as a dead letter still. */
  get byteCount(): number {
    return this.#chunks.bytes;
  }

  get maxBytes(): number {
    return this.#maxBytes;
  }

  /** What waits, dead letters left out, one sum for each topic, in the order of their oldest records. */
  get backlog(): readonly TopicBacklog[] {
    return this.#chunks.topics.map(({ topic, records, bytes, oldest }) => ({
      topic,
      records: records - this.#deliveredOf(oldest),
      bytes,
      oldestCommittedAtMillis: oldest.committedAtMillis,
    }));
  }

  /** When the oldest record that waits was committed, epoch milliseconds; undefined when none waits. */
  get oldestCommittedAtMillis(): number | undefined {
    return this.#chunks.first?.committedAtMillis;
  }

  /** The sequence number the next record will get. */
  get nextSeq(): number {
    return this.#position.nextSeq;
  }

  /**
   * Appends one record to the open transaction.
   * @param row one JSON text, in which the record carries the number that `nextSeq` gave
   * @param sender JSON text of resource and scope; stored once
   */
  append(topic: string, row: string, sender: string, committedAtMillis: number): void {
    const state = this.#writable();
    const senderId = this.#senderId(sender);
    const pending = this.#pending;
    if (
      pending === undefined ||
      pending.topic !== topic ||
      pending.senderId !== senderId ||
      pending.rows.length >= MAX_CHUNK_RECORDS ||
      pending.bytes + row.length > MAX_CHUNK_BYTES
    ) {
      this.#flush();
      this.#pending = { firstSeq: state.nextSeq, topic, senderId, committedAtMillis, rows: [row], bytes: row.length };
    } else {
      pending.rows.push(row);
      pending.bytes += row.length;
    }
    state.nextSeq += 1;
  }

  /**
   * Writes what was appended and gives up what has waited too long or is over the bound.
   * @returns what was given up by this call
   */
  flush(): readonly GivenUp[] {
    this.#flush();
    this.#runningTime.save();
    return [...this.#giveUpDamaged(), ...this.#expire(), ...this.#evict()];
  }

  /** The next records in order, at least one unless there is none, within the limits; pinned until `release`. */
  take(limits: BatchLimits): readonly OutboxRecord[] {
    const records = this.#read(limits);
    const first = records[0];
    const last = records.at(-1);
    this.#inFlight = first === undefined || last === undefined ? undefined : { firstSeq: first.seq, lastSeq: last.seq };
    return records;
  }

  /** Lets go of the batch: what has not been settled will be taken again. */
  release(): void {
    this.#inFlight = undefined;
    this.deadLetters.release();
  }

  /** Removes all numbers up to `throughSeq`, inside the open transaction: they have been delivered or put aside. */
  settle(throughSeq: number): void {
    const state = this.#writable();
    state.deliveredThrough = Math.max(state.deliveredThrough, throughSeq);
    const hasLeft = (chunk: ChunkInfo) => lastSeqOf(chunk) <= state.deliveredThrough;
    for (;;) {
      const chunk = this.#chunks.removeOldest(notPinned, hasLeft);
      if (chunk === undefined) break;
      this.#removeRows(chunk);
      TEST_ONLY: faultPoint('outbox.chunk_removed');
    }
    storeCursor(this.#layout, state);
    TEST_ONLY: faultPoint('outbox.cursor_put');
    this.#runningTime.save();
    this.discards.settle(throughSeq);
    this.deadLetters.settle(throughSeq);
  }

  /** Called by the store around its transaction. */
  begin(): void {
    this.#working = { ...this.#committed };
    this.#pending = undefined;
    this.#chunks.begin();
    this.discards.begin();
    this.deadLetters.begin();
  }

  adopt(): void {
    this.#committed = this.#writable();
    this.#working = undefined;
    this.#chunks.adopt();
    this.discards.adopt();
    this.deadLetters.adopt();
  }

  rollback(): void {
    this.#working = undefined;
    this.#pending = undefined;
    this.#chunks.rollback();
    this.#senderIds.clear();
    this.discards.rollback();
    this.deadLetters.rollback();
  }

  /** @throws {ProcmondError} STORE_UNUSABLE when it is not there, though records refer to it */
  sender(id: string): StoredSender {
    const sender = this.#layout.senders.get(id) as StoredSender | undefined;
    if (sender === undefined) throw damaged(`what records of sender ${id} have in common is missing`);
    return sender;
  }

  get #position(): Position {
    return this.#working ?? this.#committed;
  }

  #writable(): Position {
    if (this.#working === undefined) throw new Error('the outbox is written to outside a transaction');
    return this.#working;
  }

  #flush(): void {
    const pending = this.#pending;
    if (pending === undefined) return;
    this.#pending = undefined;
    const state = this.#writable();
    const { firstSeq, topic, senderId, committedAtMillis } = pending;
    const value = encodeChunk(pending.rows);
    const chunk: ChunkInfo = {
      firstSeq,
      topic,
      senderId,
      committedAtMillis,
      committedAtRunMillis: this.#runningTime.millis,
      count: pending.rows.length,
      pageBytes: chunkPageBytes(value.length),
    };
    this.#layout.outboxChunks.putSync(firstSeq, value);
    TEST_ONLY: faultPoint('outbox.chunk_put');
    this.#layout.outboxIndex.putSync(firstSeq, chunk);
    storeNextSeq(this.#layout, state);
    this.#chunks.append(chunk);
  }

  /** What has waited too long, the oldest first, of whatever topic. */
  #expire(): readonly GivenUp[] {
    if (this.maxAgeMillis === 0) return [];
    const { millis } = this.#runningTime;
    const isTooOld = ({ committedAtRunMillis = 0 }: ChunkInfo) => millis - committedAtRunMillis > this.maxAgeMillis;
    return this.#giveUp('expired', () => this.#chunks.removeOldest(this.#isInFlight, isTooOld));
  }

  /** A damaged one is found when it is the oldest. */
  #giveUpDamaged(): readonly GivenUp[] {
    return this.#giveUp('damaged', () =>
      this.#chunks.removeOldest(this.#isInFlight, ({ firstSeq }) => this.#damaged.has(firstSeq)),
    );
  }

  #evict(): readonly GivenUp[] {
    return this.#giveUp('outbox_full', () =>
      this.#chunks.bytes > this.#maxBytes ? this.#chunks.removeLeastImportant(this.#isInFlight) : undefined,
    );
  }

  /** @param next takes one out of what waits, until there is none to go */
  #giveUp(reason: GivenUp['reason'], next: () => ChunkInfo | undefined): readonly GivenUp[] {
    const given: GivenUp[] = [];
    for (;;) {
      const chunk = next();
      if (chunk === undefined) return given;
      this.#removeRows(chunk);
      const first = chunk.firstSeq + this.#deliveredOf(chunk);
      const last = lastSeqOf(chunk);
      const discard: GivenUp = { topic: chunk.topic, reason, count: last - first + 1, first, last };
      this.discards.add(discard);
      given.push(discard);
      TEST_ONLY: faultPoint('outbox.chunk_evicted');
    }
  }

  readonly #isInFlight = (chunk: ChunkInfo): boolean => {
    const flight = this.#inFlight;
    return flight !== undefined && chunk.firstSeq <= flight.lastSeq && lastSeqOf(chunk) >= flight.firstSeq;
  };

  /** How many records of a chunk have left already. */
  #deliveredOf(chunk: ChunkInfo | undefined): number {
    return chunk === undefined ? 0 : Math.max(0, this.#position.deliveredThrough - chunk.firstSeq + 1);
  }

  #removeRows({ firstSeq }: ChunkInfo): void {
    this.#layout.outboxChunks.removeSync(firstSeq);
    this.#layout.outboxIndex.removeSync(firstSeq);
    if (this.#decoded?.firstSeq === firstSeq) this.#decoded = undefined;
  }

  #read(limits: BatchLimits): readonly OutboxRecord[] {
    const records: OutboxRecord[] = this.#takeRetried(limits);
    let bytes = sum(records.map(({ row }) => row.length));
    for (const chunk of this.#chunks.inOrder()) {
      const skipped = this.#deliveredOf(chunk);
      // A batch is of one topic: while a collector refuses one route, what goes by the others is not sent again with it.
      if (!limits.acrossTopics && records[0] !== undefined && records[0].topic !== chunk.topic) return records;
      // A chunk that does not fit any more begins the next batch, so that batches and chunks stay in step.
      if (records.length > 0 && records.length + chunk.count - skipped > limits.maxRecords) return records;
      // What is damaged stands in the way of what is behind it, not of what is before it.
      if (records.length > 0 && !this.#canRead(chunk)) return records;
      const rows = this.#rows(chunk);
      for (let index = skipped; index < chunk.count; index++) {
        const row = rows[index] as string;
        bytes += row.length;
        if (records.length > 0 && (records.length >= limits.maxRecords || bytes > limits.maxBytes)) return records;
        records.push({ seq: chunk.firstSeq + index, topic: chunk.topic, senderId: chunk.senderId, row });
      }
    }
    return records;
  }

  #takeRetried({ maxRecords, maxBytes, acrossTopics = false }: BatchLimits): OutboxRecord[] {
    return this.deadLetters
      .take({ maxRecords: Math.min(maxRecords, MAX_RETRIED_PER_BATCH), maxBytes, acrossTopics })
      .map(({ seq, topic, senderId, row }) => ({ seq, topic, senderId, row, isRetried: true }));
  }

  #rows(chunk: ChunkInfo): readonly string[] {
    if (this.#decoded?.firstSeq === chunk.firstSeq) return this.#decoded.rows;
    const rows = this.#storedRows(chunk);
    this.#decoded = { firstSeq: chunk.firstSeq, rows };
    return rows;
  }

  #canRead(chunk: ChunkInfo): boolean {
    try {
      this.#rows(chunk);
      return true;
    } catch (error) {
      if (error instanceof ProcmondError) return false;
      throw error;
    }
  }

  /** @throws {ProcmondError} STORE_UNUSABLE when it is damaged: then the next `flush` gives it up */
  #storedRows({ firstSeq, count, senderId }: ChunkInfo): readonly string[] {
    try {
      this.sender(senderId);
      const value = this.#layout.outboxChunks.getBinary(firstSeq);
      const rows = value === undefined ? [] : decodeRows(firstSeq, value);
      if (rows.length === count) return rows;
      throw damaged(`the chunk at ${firstSeq} holds ${rows.length} records instead of ${count}`);
    } catch (error) {
      if (error instanceof ProcmondError) this.#damaged.add(firstSeq);
      throw error;
    }
  }

  #senderId(sender: string): string {
    const known = this.#senderIds.get(sender);
    if (known !== undefined) return known;
    const id = createHash('sha256').update(sender).digest('hex').slice(0, 16);
    if (this.#layout.senders.get(id) === undefined) this.#layout.senders.putSync(id, JSON.parse(sender));
    this.#senderIds.set(sender, id);
    return id;
  }
}

export interface OutboxOptions {
  /** Of LMDB pages. */
  readonly maxBytes: number;
  /** Running time; 0, the default, is no bound. */
  readonly maxAgeMillis?: number;
  readonly clock?: Clock;
}

export interface OutboxRecord {
  readonly seq: number;
  readonly topic: string;
  readonly senderId: string;
  readonly row: string;
  /** It was refused before, and told as discarded. */
  readonly isRetried?: true;
}

/** What waits of one topic. */
export interface TopicBacklog {
  readonly topic: string;
  readonly records: number;
  /** Of LMDB pages in use. */
  readonly bytes: number;
  /** When the oldest of them was committed, epoch milliseconds. */
  readonly oldestCommittedAtMillis: number;
}

/** What all records of one emitter share. */
export interface StoredSender {
  readonly resource: Readonly<Record<string, unknown>>;
  readonly scope: { readonly name: string; readonly version?: string };
}

interface PendingChunk {
  readonly firstSeq: number;
  readonly topic: string;
  readonly senderId: string;
  readonly committedAtMillis: number;
  readonly rows: string[];
  bytes: number;
}

/**
 * Few, since most of them may be refused again: a batch has to reach what is behind them to tell a bad record from a bad
 * endpoint (deliver-batch.ts tries eight records of a batch that it expects to be refused).
 */
const MAX_RETRIED_PER_BATCH = 8;

function decodeRows(firstSeq: number, value: Uint8Array): readonly string[] {
  try {
    return decodeChunk(value);
  } catch (error) {
    throw damaged(`the chunk at ${firstSeq} cannot be decompressed: ${errorMessage(error)}`, error);
  }
}

function damaged(what: string, cause?: unknown): ProcmondError {
  return new ProcmondError(
    'STORE_UNUSABLE',
    `the outbox is damaged: ${what}; the next cycle gives these records up and tells which`,
    { cause },
  );
}

function lastSeqOf(chunk: ChunkInfo): number {
  return chunk.firstSeq + chunk.count - 1;
}

function notPinned(): boolean {
  return false;
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
