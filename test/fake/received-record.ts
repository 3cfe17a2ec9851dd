import type { AnyValue, KeyValue, LogsRequest } from './otlp-json.ts';

/** A log record as it came over the wire. */
export interface ReceivedRecord {
  readonly seq: number;
  readonly uid: string;
  readonly topic: string;
  readonly eventName: string;
  readonly body: unknown;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly resource: Readonly<Record<string, unknown>>;
  readonly scopeName: string;
  /** Record, resource and scope exactly as received: equal text is equal content. */
  readonly content: string;
}

/** All log records of an `ExportLogsServiceRequest` in JSON (opentelemetry-proto, logs/v1), in its order. */
export function decodeRequest(json: string): readonly ReceivedRecord[] {
  const { resourceLogs = [] } = JSON.parse(json) as LogsRequest;
  return resourceLogs.flatMap(({ resource, scopeLogs = [] }) =>
    scopeLogs.flatMap(({ scope, logRecords = [] }) =>
      logRecords.map((record) => {
        const attributes = decodeAttributes(record.attributes);
        return {
          seq: Number(attributes['procmond.seq']),
          uid: String(attributes['log.record.uid']),
          topic: String(attributes['procmond.topic']),
          eventName: record.eventName ?? '',
          body: decodeValue(record.body),
          attributes,
          resource: decodeAttributes(resource?.attributes),
          scopeName: scope?.name ?? '',
          content: JSON.stringify([resource, scope, record]),
        };
      }),
    ),
  );
}

function decodeAttributes(list: readonly KeyValue[] = []): Record<string, unknown> {
  return Object.fromEntries(list.map(({ key, value }) => [key, decodeValue(value)]));
}

function decodeValue(value: AnyValue | undefined): unknown {
  if (value?.arrayValue) return (value.arrayValue.values ?? []).map(decodeValue);
  if (value?.kvlistValue) return decodeAttributes(value.kvlistValue.values);
  if (value?.intValue !== undefined) return Number(value.intValue);
  return value?.stringValue ?? value?.boolValue ?? value?.doubleValue;
}
