import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { Clock } from '../base/clock.ts';
import { errorMessage } from '../base/errors.ts';
import { faultPoint } from '../base/fault-point.ts';
import type { Logger } from '../base/logger.ts';
import type { CollectorObserver, ExportBlock, ExportFailureReason } from '../base/observer.ts';
import { type BatchResult, deliverBatch, type Refused } from './deliver-batch.ts';
import type { ExportOutcome } from './export-outcome.ts';
import { backoffMillis } from './retry-policy.ts';
import { RecordDecoder, type Sender } from './stored-record.ts';

/** What delivery needs of the store. */
export interface DeliveryOutbox {
  take(limits: {
    readonly maxRecords: number;
    readonly maxBytes: number;
    readonly acrossTopics: boolean;
  }): readonly StoredOutboxRecord[];
  release(): void;
  settle(throughSeq: number): void;
  sender(id: string): Sender;
  readonly deadLetters: {
    put(
      letter: Omit<StoredOutboxRecord, 'isRetried'> & { readonly reason: string; readonly refusedAtMillis: number },
    ): void;
  };
  readonly discards: {
    add(discard: {
      readonly topic: string;
      readonly reason: 'dead_letter';
      readonly count: number;
      readonly first: number;
      readonly last: number;
    }): void;
  };
}

export interface StoredOutboxRecord {
  readonly seq: number;
  readonly topic: string;
  readonly senderId: string;
  readonly row: string;
  /** It was refused before: that it is missing has been told. */
  readonly isRetried?: true;
}

export interface DeliveryOptions {
  readonly outbox: DeliveryOutbox;
  readonly transact: (work: () => void) => void;
  readonly sender: {
    readonly endpoint: string;
    send(records: ReadableLogRecord[], options: { readonly signal?: AbortSignal }): Promise<ExportOutcome>;
  };
  readonly observer: CollectorObserver;
  readonly logger: Logger;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
}

const MAX_BATCH_RECORDS = 512;

/** By how much batches grow again, with each that is accepted, after smaller ones were needed. */
const GROWTH_RECORDS = 32;

/** Of stored JSON; OTLP's JSON of the same records is about twice that, so a request stays below 2 MiB. */
const MAX_BATCH_BYTES = 900 * 1024;

/**
 * Brings committed records to the endpoint: in order, one batch in flight, removed only after it was accepted. Whatever
 * stands in the way, they stay; a pause follows that grows from a second to a minute, or as long as Retry-After asks.
 */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #decoder: RecordDecoder;
  #maxRecords = MAX_BATCH_RECORDS;
  #failures = 0;
  #everythingRefused = false;
  #block: ExportBlock | undefined;
  /** Who is the cause of `#block`. */
  #blockedAt: 'endpoint' | 'store' = 'endpoint';
  #wake = new AbortController();
  #exports: AcceptedExport[] = [];

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#decoder = new RecordDecoder((id) => options.outbox.sender(id));
  }

  /** What keeps records from leaving; undefined when nothing does. */
  get block(): ExportBlock | undefined {
    return this.#block;
  }

  /** To be called after a commit. */
  wake(): void {
    this.#wake.abort();
  }

  /** Delivers until `signal` aborts; the batch in flight is finished first, unless `cut` aborts too. Never rejects. */
  async run(signal: AbortSignal, cut: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const pauseMillis = await this.#step(cut);
      if (pauseMillis === undefined) await this.#untilWoken(signal);
      else if (pauseMillis > 0) await this.#options.clock.delay(pauseMillis, signal);
      else await nextTurn();
    }
  }

  /**
   * Delivers what is left before the end. One failed attempt is enough to give up, unless `patient` and the endpoint only
   * asks for time; `cut` ends it in any case, with the batch in flight.
   * @returns true when nothing is left
   */
  async drain(cut: AbortSignal, options: { readonly patient: boolean }): Promise<boolean> {
    while (!cut.aborted) {
      const pauseMillis = await this.#step(cut);
      if (pauseMillis === undefined) return true;
      if (pauseMillis === 0) await nextTurn();
      else if (options.patient && isTransient(this.#block)) await this.#options.clock.delay(pauseMillis, cut);
      else return false;
    }
    return false;
  }

  /** Takes and sends one batch. @returns how long to wait before the next; undefined when the outbox is empty */
  async #step(cut: AbortSignal): Promise<number | undefined> {
    const { outbox, clock } = this.#options;
    // Anything committed from here on must be seen by the wait that may follow.
    this.#wake = new AbortController();
    try {
      const batch = outbox.take({
        maxRecords: this.#maxRecords,
        maxBytes: MAX_BATCH_BYTES,
        // A record that nothing of its topic follows is judged by one of another.
        acrossTopics: this.#everythingRefused,
      });
      if (batch.length === 0) return undefined;
      TEST_ONLY: faultPoint('batch.taken');
      const result = await deliverBatch(batch, this.#ports(cut), this.#everythingRefused);
      return this.#after(result, batch.length);
    } catch (error) {
      // The store cannot be read or written now. The records are in it, or were removed after they had been accepted.
      const pauseMillis = backoffMillis(++this.#failures, this.#options.random());
      this.#setBlock(
        {
          reason: 'other',
          message: errorMessage(error),
          retryAtMonotonicMillis: clock.monotonicMillis() + pauseMillis,
        },
        'store',
      );
      return pauseMillis;
    } finally {
      outbox.release();
      this.#reportExports();
    }
  }

  #after(result: BatchResult, batchLength: number): number {
    const { clock, random } = this.#options;
    switch (result.kind) {
      case 'delivered':
        this.#failures = 0;
        this.#everythingRefused = false;
        this.#maxRecords = result.tooLarge
          ? Math.max(1, batchLength >>> 1)
          : Math.min(MAX_BATCH_RECORDS, this.#maxRecords + GROWTH_RECORDS);
        this.#setBlock(undefined);
        return 0;
      case 'stopped': {
        const { outcome } = result;
        this.#failures += 1;
        this.#everythingRefused = outcome.kind !== 'retry';
        // As many as possible behind the one that stands in the way: one of them may prove the endpoint well.
        if (this.#everythingRefused) this.#maxRecords = MAX_BATCH_RECORDS;
        else if (this.#failures > 1 && isTooSlow(outcome.reason)) this.#maxRecords = Math.max(1, batchLength >>> 1);
        const asked = outcome.kind === 'retry' ? outcome.retryAfterMillis : undefined;
        // A Retry-After of nothing must not become a loop without a pause.
        const pauseMillis = Math.max(1_000, asked || backoffMillis(this.#failures, random()));
        this.#setBlock({
          reason: outcome.reason,
          message: outcome.message,
          retryAtMonotonicMillis: clock.monotonicMillis() + pauseMillis,
        });
        return pauseMillis;
      }
    }
  }

  #ports(cut: AbortSignal) {
    return {
      send: (records: readonly StoredOutboxRecord[]) => this.#send(records, cut),
      accepted: (records: readonly StoredOutboxRecord[], outcome: Accepted) => this.#accepted(records, outcome),
      settle: (throughSeq: number, refused: readonly Refused<StoredOutboxRecord>[]) =>
        this.#settle(throughSeq, refused),
    };
  }

  async #send(records: readonly StoredOutboxRecord[], cut: AbortSignal): Promise<ExportOutcome> {
    const { sender, clock, observer } = this.#options;
    const startedAt = clock.monotonicMillis();
    const outcome = await sender.send(
      records.map(({ row, senderId }) => this.#decoder.decode(row, senderId)),
      { signal: cut },
    );
    TEST_ONLY: faultPoint('batch.answered');
    const durationMillis = clock.monotonicMillis() - startedAt;
    if (outcome.kind === 'accepted') {
      this.#exports.push({ durationMillis, acknowledged: new Map(), rejected: new Map() });
    } else {
      observer.exported?.({ durationMillis, acknowledged: new Map(), rejected: new Map(), failure: outcome.reason });
    }
    return outcome;
  }

  #accepted(records: readonly StoredOutboxRecord[], { rejected, message }: Accepted): void {
    const report = this.#exports.at(-1);
    for (const { topic } of records) addCount(report?.acknowledged, topic, 1);
    if (rejected === 0) return;
    // Which ones is not said: they count for the topic that most of the batch is of, the rest of them for the next one.
    let rest = rejected;
    for (const [topic, count] of [...(report?.acknowledged ?? [])].sort((a, b) => b[1] - a[1])) {
      const share = Math.min(rest, count);
      if (share === 0) break;
      addCount(report?.rejected, topic, share);
      addCount(report?.acknowledged, topic, -share);
      rest -= share;
    }
    this.#options.logger.error(
      `${this.#options.sender.endpoint} accepted a batch but refused ${rejected} of its ${records.length} records for good` +
        ` (sequence numbers ${records[0]?.seq} to ${records.at(-1)?.seq}): ${message ?? 'no reason given'}`,
    );
  }

  #settle(throughSeq: number, refused: readonly Refused<StoredOutboxRecord>[]): void {
    const { outbox, transact, clock, logger } = this.#options;
    transact(() => {
      for (const { record, message } of refused) {
        const { isRetried, ...letter } = record;
        outbox.deadLetters.put({ ...letter, reason: message, refusedAtMillis: clock.wallMillis() });
        const { topic, seq } = letter;
        if (!isRetried) outbox.discards.add({ topic, reason: 'dead_letter', count: 1, first: seq, last: seq });
      }
      outbox.settle(throughSeq);
    });
    TEST_ONLY: faultPoint('batch.settled');
    for (const { record, message } of refused) {
      addCount(this.#exports.at(-1)?.rejected, record.topic, 1);
      logger.error(`record ${record.seq} on ${record.topic} was put in the dead-letter table: ${message}`);
    }
    for (const report of this.#exports.splice(0)) this.#options.observer.exported?.(report);
  }

  /** What was accepted but has not left the outbox counts for nothing: it will be sent again. */
  #reportExports(): void {
    for (const { durationMillis } of this.#exports.splice(0)) {
      this.#options.observer.exported?.({ durationMillis, acknowledged: new Map(), rejected: new Map() });
    }
  }

  /** One line for what stands in the way, however often it is tried again, and one for its end. */
  #setBlock(block: ExportBlock | undefined, at: 'endpoint' | 'store' = 'endpoint'): void {
    const { observer, logger, sender } = this.#options;
    const before = this.#block;
    const beforeAt = this.#blockedAt;
    this.#block = block;
    this.#blockedAt = at;
    observer.exportBlocked?.(block);
    if (block === undefined) {
      if (before === undefined) return;
      // Where the store failed nobody refused anything.
      logger.info(beforeAt === 'store' ? 'delivery goes on' : `${sender.endpoint} accepts records again`);
      return;
    }
    const same = before !== undefined && beforeAt === at;
    if (at === 'store') {
      if (!same || before.message !== block.message) logger.error(`delivery stands still: ${block.message}`);
    } else if (!same || before.reason !== block.reason) {
      logger.warn(`records stay in the outbox: ${block.message}`, { reason: block.reason });
    }
  }

  /** Leaves no trace on `signal`, which lives as long as the program. */
  async #untilWoken(signal: AbortSignal): Promise<void> {
    const wake = this.#wake.signal;
    if (wake.aborted || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        wake.removeEventListener('abort', done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      wake.addEventListener('abort', done);
      signal.addEventListener('abort', done);
    });
  }
}

type Accepted = ExportOutcome & { readonly kind: 'accepted' };

/** One request that was accepted; its records are counted when they leave the outbox. */
interface AcceptedExport {
  readonly durationMillis: number;
  readonly acknowledged: Map<string, number>;
  readonly rejected: Map<string, number>;
}

/** Worth waiting for when one has little time. */
function isTransient(failure: { readonly reason?: ExportFailureReason } | undefined): boolean {
  switch (failure?.reason) {
    case 'throttled':
    case 'unavailable':
    case 'server_error':
    case 'timeout':
    case 'reset':
      return true;
    default:
      return false;
  }
}

/** Once is nothing; a slow line brings a large batch nowhere before it is cut, and would never bring any. */
function isTooSlow(reason: ExportFailureReason): boolean {
  return reason === 'timeout' || reason === 'reset';
}

function addCount(counts: Map<string, number> | undefined, topic: string, count: number): void {
  counts?.set(topic, (counts.get(topic) ?? 0) + count);
}
