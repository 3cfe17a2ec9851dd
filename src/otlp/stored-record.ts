import type { Attributes, HrTime, SeverityNumber } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableLogRecord, ReadWriteLogRecord } from '@opentelemetry/sdk-logs';
import type { CommittedEvent } from '../event/committed-event.ts';

/** A record as it lies in the outbox; what all records of a sender share lies beside it. */
interface StoredRecord {
  readonly t: HrTime;
  readonly o: HrTime;
  readonly s?: SeverityNumber;
  readonly n?: string;
  readonly b?: string;
  readonly a: Attributes;
}

export interface Sender {
  readonly resource: Readonly<Record<string, unknown>>;
  readonly scope: { readonly name: string; readonly version?: string };
}

export function encodeRecord(record: ReadWriteLogRecord): string {
  return JSON.stringify({
    t: record.hrTime,
    o: record.hrTimeObserved,
    s: record.severityNumber,
    n: record.eventName,
    b: record.body,
    a: record.attributes,
  });
}

export function encodeSender(record: ReadWriteLogRecord): string {
  const { name, version } = record.instrumentationScope;
  return JSON.stringify({ resource: record.resource.attributes, scope: { name, version } });
}

/** Reads a record for those who listen in this process. What they get shares nothing with the source it came from. */
export function decodeEvent(row: string): CommittedEvent {
  const { t, o, s, n, b, a } = JSON.parse(row) as StoredRecord;
  const cycleId = a['procmond.cycle.id'];
  return {
    topic: String(a['procmond.topic']),
    eventName: n ?? '',
    seq: Number(a['procmond.seq']),
    uid: String(a['log.record.uid']),
    ...(typeof cycleId === 'string' && { cycleId }),
    timestampMillis: epochMillis(t),
    observedAtMillis: epochMillis(o),
    severityNumber: s ?? 0,
    body: b ?? '',
    attributes: a as CommittedEvent['attributes'],
  };
}

function epochMillis([seconds, nanos]: HrTime): number {
  return seconds * 1000 + nanos / 1e6;
}

/**
 * Makes stored records exportable again. The exporter groups by the identity of resource and scope, so all records of a
 * sender share one object of each.
 */
export class RecordDecoder {
  readonly #senderOf: (id: string) => Sender;
  readonly #shared = new Map<string, Pick<ReadableLogRecord, 'resource' | 'instrumentationScope'>>();

  constructor(senderOf: (id: string) => Sender) {
    this.#senderOf = senderOf;
  }

  decode(row: string, senderId: string): ReadableLogRecord {
    const stored = JSON.parse(row) as StoredRecord;
    return {
      ...this.#sharedParts(senderId),
      hrTime: stored.t,
      hrTimeObserved: stored.o,
      ...(stored.s !== undefined && { severityNumber: stored.s }),
      ...(stored.n !== undefined && { eventName: stored.n }),
      ...(stored.b !== undefined && { body: stored.b }),
      attributes: stored.a,
      droppedAttributesCount: 0,
    };
  }

  #sharedParts(senderId: string): Pick<ReadableLogRecord, 'resource' | 'instrumentationScope'> {
    const known = this.#shared.get(senderId);
    if (known !== undefined) return known;
    const { resource, scope } = this.#senderOf(senderId);
    const parts = { resource: resourceFromAttributes(resource), instrumentationScope: scope };
    this.#shared.set(senderId, parts);
    return parts;
  }
}
