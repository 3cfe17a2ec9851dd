import type { LogRecord, Logger as OtelLogger } from '@opentelemetry/api-logs';
import type { Clock } from '../base/clock.ts';
import { ProcmondError } from '../base/errors.ts';
import { faultPoint } from '../base/fault-point.ts';
import type { GivenUpSum } from '../base/given-up.ts';
import type { Logger } from '../base/logger.ts';
import type { CollectorObserver } from '../base/observer.ts';
import { uuidv7 } from '../base/uuid.ts';
import type { AgentEvent, CollectionEvent } from '../event/collection-event.ts';
import type { CommittedEvent } from '../event/committed-event.ts';
import { type DiscardSum, discardText } from '../event/discard-text.ts';
import { type EventRecord, toEventRecord } from '../otlp/event-record.ts';
import { MAX_ATTRIBUTES } from '../otlp/fit-attributes.ts';
import { captureWhile } from '../otlp/outbox-log-record-processor.ts';
import { decodeEvent, encodeRecord, encodeSender } from '../otlp/stored-record.ts';
import { DiscardLog } from './discard-log.ts';
import type { CommitReceipt, EventBatch } from './event-source.ts';
import { noticeEvents, type StoreNotice, StoreTrouble } from './store-trouble.ts';

/** What committing needs of the store. */
export interface CommitStore {
  transact<Result>(work: () => Result): Result;
  /** What happened to the store and is to be told. */
  readonly notices: readonly StoreNotice[];
  /** Called in the transaction that tells them. */
  clearNotices(): void;
  readonly outbox: {
    readonly nextSeq: number;
    append(topic: string, row: string, sender: string, committedAtMillis: number): void;
    flush(): readonly GivenUpSum[];
    readonly discards: { readonly untold: readonly DiscardSum[]; tell(firstSeq: number): void };
  };
}

/** Where what was committed is told inside this process. */
export interface CommittedEventBus {
  hasSubscribers(topic: string): boolean;
  publish(topic: string, event: CommittedEvent): void;
}

export interface EventCommitterOptions {
  readonly store: CommitStore;
  readonly bus: CommittedEventBus;
  readonly logger: OtelLogger;
  /** Of this program. */
  readonly log: Logger;
  readonly clock: Clock;
  readonly observer: CollectorObserver;
  /** Of one record as OTLP/JSON; 32 KiB by default. */
  readonly maxRecordBytes?: number | undefined;
  /** Called after every commit: there is something to deliver. */
  readonly committed: () => void;
}

/** What was given up is told once a minute at most, however often the outbox is full; so in the log. */
const DISCARDS_TOLD_EVERY_MILLIS = 60_000;

/** What a transaction says, for those who are told once it is committed. */
interface Transcript {
  /** Records by topic. */
  readonly emitted: Map<string, number>;
  /** Rows of the topics that somebody listens to, in order. */
  readonly heard: string[];
}

/**
 * Turns events into committed records: each goes through the Logs API and comes back, in the same call, by the processor
 * of the outbox. Emitted and captured must agree, or nothing is committed: a provider without the processor, or with two
 * of them, shows at once. Only what is on disk is published on the bus, in the order of the sequence numbers.
 */
export class EventCommitter {
  readonly #options: EventCommitterOptions;
  #discardsToldAtMillis = Number.NEGATIVE_INFINITY;
  readonly #discardLog: DiscardLog;
  readonly #trouble = new StoreTrouble();
  /** The last resource met, by identity: one object for the life of a provider. */
  #sender: { readonly resource: object; readonly text: string } | undefined;

  constructor(options: EventCommitterOptions) {
    this.#options = options;
    const { log: logger, clock } = options;
    this.#discardLog = new DiscardLog({ logger, clock, everyMillis: DISCARDS_TOLD_EVERY_MILLIS });
  }

  /**
   * Checks with one probe record, which is kept nowhere, that the provider's records come back, and whole.
   * @throws {ProcmondError} CAPTURE_MISMATCH
   */
  probe(): void {
    let captured = 0;
    let whole = true;
    captureWhile(
      (record) => {
        captured += 1;
        for (const name of ['procmond.seq', 'log.record.uid']) record.setAttribute(name, name);
        whole &&= record.droppedAttributesCount === 0 && record.attributes['procmond.probe'] === PROBE_TEXT;
      },
      () => this.#options.logger.emit({ eventName: 'procmond.probe', body: 'probe', attributes: probeAttributes() }),
    );
    if (captured !== 1) throw captureMismatch(1, captured);
    if (!whole) throw recordsCut();
  }

  /** @throws {ProcmondError} CAPTURE_MISMATCH, EVENT_INVALID, STORE_UNUSABLE; then nothing was committed */
  commit(batch: EventBatch): CommitReceipt {
    const { bus, clock, observer, committed } = this.#options;
    const transcript: Transcript = { emitted: new Map(), heard: [] };
    let givenUp: readonly GivenUpSum[] = [];
    const tellDiscards = clock.monotonicMillis() - this.#discardsToldAtMillis >= DISCARDS_TOLD_EVERY_MILLIS;
    let told = false;
    const receipt = this.#transact(() => {
      const { outbox } = this.#options.store;
      batch.write?.();
      TEST_ONLY: if (batch.write !== undefined) faultPoint('cycle.snapshot_written');
      this.#emitAll(this.#noticed(batch), batch, transcript);
      const firstSeq = outbox.nextSeq;
      this.#emitAll(batch.events, batch, transcript);
      givenUp = outbox.flush();
      TEST_ONLY: faultPoint('outbox.flushed');
      const untold = tellDiscards ? outbox.discards.untold : [];
      if (untold.length > 0) {
        outbox.discards.tell(outbox.nextSeq);
        TEST_ONLY: faultPoint('discards.marked_told');
        this.#emitAll(
          untold.map((sum) => discardedEvent(sum, batch.observedAtMillis)),
          batch,
          transcript,
        );
        givenUp = [...givenUp, ...outbox.flush()];
        TEST_ONLY: faultPoint('discards.told');
        told = true;
      }
      return { firstSeq, lastSeq: outbox.nextSeq - 1 };
    });
    this.#trouble.ended();
    if (told) this.#discardsToldAtMillis = clock.monotonicMillis();
    for (const row of transcript.heard) {
      const event = decodeEvent(row);
      bus.publish(event.topic, event);
      TEST_ONLY: faultPoint('event.published');
    }
    observer.committed?.({ emitted: transcript.emitted, ...givenUpCounts(givenUp) });
    if (givenUp.length > 0) observer.gaveUp?.(givenUp);
    this.#discardLog.committed(givenUp);
    committed();
    return receipt;
  }

  #transact<Result>(work: () => Result): Result {
    try {
      return this.#options.store.transact(work);
    } catch (error) {
      this.#trouble.failed(error, this.#options.clock.wallMillis());
      throw error;
    }
  }

  /** What happened to the store comes before all that is committed after it. */
  #noticed({ observedAtMillis }: EventBatch): readonly AgentEvent[] {
    const { store } = this.#options;
    const { notices } = store;
    if (notices.length > 0) store.clearNotices();
    const events = notices.flatMap((notice) => noticeEvents(notice, observedAtMillis));
    return [...events, ...this.#trouble.outageEvents(observedAtMillis)];
  }

  #emitAll(events: Iterable<CollectionEvent>, batch: EventBatch, { emitted: counts, heard }: Transcript): void {
    const { store, bus, clock, logger, maxRecordBytes } = this.#options;
    const committedAtMillis = clock.wallMillis();
    const observedTimestamp = hrTime(batch.observedAtMillis);
    let emitted = 0;
    let captured = 0;
    captureWhile(
      (record) => {
        captured += 1;
        record.setAttribute('procmond.seq', store.outbox.nextSeq);
        record.setAttribute('log.record.uid', uuidv7());
        const topic = String(record.attributes['procmond.topic']);
        const row = encodeRecord(record);
        store.outbox.append(topic, row, this.#senderText(record), committedAtMillis);
        if (bus.hasSubscribers(topic)) heard.push(row);
        counts.set(topic, (counts.get(topic) ?? 0) + 1);
      },
      () => {
        for (const event of events) {
          const record = toEventRecord(event, batch.cycleId, maxRecordBytes);
          logger.emit({ ...logRecord(record), observedTimestamp });
          emitted += 1;
          TEST_ONLY: faultPoint('event.emitted', record.eventName);
        }
      },
    );
    if (emitted !== captured) throw captureMismatch(emitted, captured);
  }

  #senderText(record: Parameters<typeof encodeSender>[0]): string {
    if (this.#sender?.resource !== record.resource) {
      this.#sender = { resource: record.resource, text: encodeSender(record) };
    }
    return this.#sender.text;
  }
}

function logRecord(record: EventRecord): LogRecord {
  return {
    eventName: record.eventName,
    timestamp: hrTime(record.timestampMillis),
    severityNumber: record.severityNumber,
    body: record.body,
    // The API's type wants mutable arrays; nothing writes to them.
    attributes: record.attributes as NonNullable<LogRecord['attributes']>,
  };
}

/** Seconds and nanoseconds: the one form of a time that the API keeps exactly. */
function hrTime(millis: number): [number, number] {
  const seconds = Math.floor(millis / 1000);
  return [seconds, Math.round((millis - seconds * 1000) * 1e6)];
}

function discardedEvent(sum: DiscardSum, timestampMillis: number): AgentEvent {
  return {
    kind: 'agent',
    name: 'events_discarded',
    timestampMillis,
    message: discardText(sum),
    attributes: {
      'procmond.discarded.class': sum.topic,
      'procmond.discarded.reason': sum.reason,
      'procmond.discarded.count': sum.count,
      'procmond.discarded.first': sum.first,
      'procmond.discarded.last': sum.last,
    },
  };
}

/** What is given up by a commit; what the endpoint refuses is counted where it is sent. */
function givenUpCounts(sums: readonly GivenUpSum[]): Record<'discarded' | 'expired', Map<string, number>> {
  const given = { discarded: new Map<string, number>(), expired: new Map<string, number>() };
  for (const { topic, reason, count } of sums) {
    const counts = reason === 'expired' ? given.expired : given.discarded;
    counts.set(topic, (counts.get(topic) ?? 0) + count);
  }
  return given;
}

/** As long and as many as a record may have. */
const PROBE_TEXT = 'x'.repeat(28 * 1024);

function probeAttributes(): Record<string, string> {
  const attributes: Record<string, string> = { 'procmond.probe': PROBE_TEXT };
  for (let index = 1; index < MAX_ATTRIBUTES; index++) attributes[`procmond.probe.${index}`] = 'x';
  return attributes;
}

function recordsCut(): ProcmondError {
  return new ProcmondError(
    'CAPTURE_MISMATCH',
    'the logger provider cuts log records off: raise its logRecordLimits (100 attributes, values of 32 KiB), and do not ' +
      'set OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT and OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT',
  );
}

function captureMismatch(emitted: number, captured: number): ProcmondError {
  return new ProcmondError(
    'CAPTURE_MISMATCH',
    `emitted ${emitted} log records but the outbox captured ${captured}: the logger provider must be built with exactly ` +
      'one OutboxLogRecordProcessor, and OTEL_SDK_DISABLED must not be set',
  );
}
