import type { AttributeValue } from '../event/collection-event.ts';

/** What one record may carry at the most; three are kept for sequence number, uid and `procmond.record_truncated`. */
export const MAX_ATTRIBUTES = 97;
/** How long a record may be as OTLP/JSON, where nobody says otherwise. */
export const DEFAULT_MAX_RECORD_BYTES: number = 32 * 1024;

/** Sequence number, uid, times, severity, event name and what JSON puts around them. */
const ENVELOPE_BYTES = 1024;

/** What OTLP/JSON puts around an attribute, a text, a list or map, and any other value. */
const ATTRIBUTE_BYTES = 20;
const STRING_BYTES = 18;
const CONTAINER_BYTES = 32;
const SCALAR_BYTES = 48;

/** JSON writes a character in at most this many bytes (`\u0001`). */
const MAX_BYTES_PER_CHARACTER = 6;

/**
 * Brings a record below `maxRecordBytes` of OTLP/JSON: texts and lists are cut to ever shorter lengths until all fit
 * beside the body, and `procmond.record_truncated` says so. Ordinary records pass after one addition per attribute.
 */
export function fitAttributes(
  attributes: Record<string, AttributeValue>,
  body: string,
  maxRecordBytes: number = DEFAULT_MAX_RECORD_BYTES,
): Record<string, AttributeValue> {
  const space = maxRecordBytes - ENVELOPE_BYTES;
  if (fits(attributes, space - boundBytes(body), boundBytes)) return attributes;
  const room = space - exactBytes(body);
  if (fits(attributes, room, exactBytes)) return attributes;
  for (const maxLength of [16_384, 8192, 4096, 2048, 1024, 256, 64]) {
    const cut: Record<string, AttributeValue> = {};
    for (const [name, value] of Object.entries(attributes)) cut[name] = cutValue(value, maxLength);
    cut['procmond.record_truncated'] = true;
    if (fits(cut, room, exactBytes)) return cut;
  }
  return { ...envelopeOf(attributes), 'procmond.record_truncated': true };
}

/** What a record cannot do without: where it goes, which cycle counts it, and which process it is about. */
const ENVELOPE: readonly string[] = [
  'procmond.topic',
  'procmond.cycle.id',
  'process.pid',
  'process.creation.time',
  'procmond.process.start_ticks',
  'procmond.process.cpid',
];

function envelopeOf(attributes: Record<string, AttributeValue>): Record<string, AttributeValue> {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => ENVELOPE.includes(name)));
}

function fits(attributes: Record<string, AttributeValue>, room: number, textBytes: (text: string) => number): boolean {
  let bytes = 0;
  for (const name in attributes) {
    bytes += ATTRIBUTE_BYTES + textBytes(name) + valueBytes(attributes[name] as AttributeValue, textBytes);
    if (bytes > room) return false;
  }
  return true;
}

function valueBytes(value: AttributeValue, textBytes: (text: string) => number): number {
  if (typeof value === 'string') return STRING_BYTES + textBytes(value);
  if (Array.isArray(value)) {
    return value.reduce((sum: number, item: string) => sum + STRING_BYTES + textBytes(item) + 1, CONTAINER_BYTES);
  }
  if (typeof value === 'object') {
    return Object.entries(value).reduce(
      (sum, [key, item]) => sum + ATTRIBUTE_BYTES + textBytes(key) + valueBytes(item, textBytes),
      CONTAINER_BYTES,
    );
  }
  return SCALAR_BYTES;
}

function boundBytes(text: string): number {
  return text.length * MAX_BYTES_PER_CHARACTER;
}

function exactBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) - 2;
}

function cutValue<Value extends AttributeValue>(value: Value, maxLength: number): Value;
function cutValue(value: AttributeValue, maxLength: number): AttributeValue {
  if (typeof value === 'string') return cutText(value, maxLength);
  if (Array.isArray(value)) return cutList(value, maxLength);
  if (typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, cutValue(item, maxLength)]));
  }
  return value;
}

function cutList(list: readonly string[], maxLength: number): readonly string[] {
  const kept: string[] = [];
  let room = maxLength;
  for (const item of list) {
    if (room <= 0) break;
    kept.push(cutText(item, room));
    room -= item.length + 1;
  }
  return kept;
}

/** A character that would be cut in half becomes U+FFFD. */
function cutText(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : text.slice(0, maxLength).toWellFormed();
}
