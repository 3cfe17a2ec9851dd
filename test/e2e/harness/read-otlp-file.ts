import { readFile } from 'node:fs/promises';
import type { AnyValue, KeyValue, LogsRequest } from '../../fake/otlp-json.ts';

/** A value as OTLP carries it, unwrapped. Integers are numbers where a double holds them, text otherwise. */
export type OtlpValue = string | number | boolean | null | readonly OtlpValue[] | { readonly [key: string]: OtlpValue };
export type OtlpAttributes = Readonly<Record<string, OtlpValue>>;

/** One log record as a backend received it. Times in nanoseconds since the epoch. */
export interface ReceivedRecord {
  readonly resource: OtlpAttributes;
  readonly scopeName: string;
  readonly timeNanos: bigint;
  readonly observedTimeNanos: bigint;
  readonly eventName: string;
  readonly severityNumber: number;
  readonly body: OtlpValue;
  readonly attributes: OtlpAttributes;
}

/** All log records of a file so far; see `OtlpFile`. */
export function readOtlpFile(path: string): Promise<readonly ReceivedRecord[]> {
  return new OtlpFile(path).records();
}

/**
 * A file that the collector's file exporter writes, one OTLP JSON request a line. It is read on from where the last call
 * ended, since tests ask again and again while it grows.
 */
export class OtlpFile {
  readonly #path: string;
  readonly #records: ReceivedRecord[] = [];
  #readBytes = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * All log records in the order in which they arrived. A last line that is still being written is left for the next call;
   * no file is no record. Not to be called again before it has resolved.
   */
  async records(): Promise<readonly ReceivedRecord[]> {
    const text = await this.#newLines();
    const lines = text.split('\n').filter((line) => line !== '');
    for (const line of lines) this.#records.push(...recordsOf(JSON.parse(line) as LogsRequest));
    return [...this.#records];
  }

  async #newLines(): Promise<string> {
    const content = await readFile(this.#path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return Buffer.alloc(0);
      throw error;
    });
    const end = content.lastIndexOf('\n') + 1;
    const text = content.toString('utf8', this.#readBytes, end);
    this.#readBytes = end;
    return text;
  }
}

export function uidOf({ attributes }: ReceivedRecord): string {
  return textOf(attributes['log.record.uid']);
}

/** @throws {TypeError} when the value is no text or not there */
export function textOf(value: OtlpValue | undefined): string {
  if (typeof value === 'string') return value;
  throw new TypeError(`this should be text: ${JSON.stringify(value)}`);
}

function recordsOf(request: LogsRequest): readonly ReceivedRecord[] {
  return (request.resourceLogs ?? []).flatMap(({ resource, scopeLogs }) =>
    (scopeLogs ?? []).flatMap(({ scope, logRecords }) =>
      (logRecords ?? []).map((record) => ({
        resource: attributesOf(resource?.attributes),
        scopeName: scope?.name ?? '',
        timeNanos: BigInt(record.timeUnixNano ?? 0),
        observedTimeNanos: BigInt(record.observedTimeUnixNano ?? 0),
        eventName: record.eventName ?? '',
        severityNumber: record.severityNumber ?? 0,
        body: valueOf(record.body),
        attributes: attributesOf(record.attributes),
      })),
    ),
  );
}

function attributesOf(attributes: readonly KeyValue[] | undefined): OtlpAttributes {
  return Object.fromEntries((attributes ?? []).map(({ key, value }) => [key, valueOf(value)]));
}

function valueOf(value: AnyValue | undefined): OtlpValue {
  if (value === undefined) return null;
  if (value.intValue !== undefined) return exactNumber(value.intValue);
  if (value.arrayValue !== undefined) return (value.arrayValue.values ?? []).map(valueOf);
  if (value.kvlistValue !== undefined) return attributesOf(value.kvlistValue.values);
  return value.stringValue ?? value.boolValue ?? value.doubleValue ?? value.bytesValue ?? null;
}

function exactNumber(integer: string | number): number | string {
  const number = Number(integer);
  return Number.isSafeInteger(number) ? number : String(integer);
}
