import type { AttributeValue, ChangeValue } from '../event/collection-event.ts';

/** What one record may carry at the most; two are kept for sequence number and uid. */
export const MAX_ATTRIBUTES = 98;
const MAX_RECORD_BYTES = 32 * 1024;

/** Body, envelope and field names beside the attributes. */
const RESERVED_BYTES = 4 * 1024;

/**
 * Brings the attributes of a record below 32 KiB: texts and lists are cut to ever shorter lengths until all fit, and
 * `procmond.record_truncated` says so. Ordinary records pass after one addition per attribute.
 */
export function fitAttributes(attributes: Record<string, AttributeValue>): Record<string, AttributeValue> {
  if (fits(attributes)) return attributes;
  for (const maxLength of [4096, 2048, 1024, 256, 64]) {
    const cut: Record<string, AttributeValue> = {};
    for (const [name, value] of Object.entries(attributes)) cut[name] = cutValue(value, maxLength);
    cut['procmond.record_truncated'] = true;
    if (fits(cut)) return cut;
  }
  return { 'procmond.topic': attributes['procmond.topic'] ?? '', 'procmond.record_truncated': true };
}

function fits(attributes: Record<string, AttributeValue>): boolean {
  let bytes = RESERVED_BYTES;
  for (const name in attributes) {
    bytes += name.length + valueBytes(attributes[name] as AttributeValue) + 8;
    if (bytes > MAX_RECORD_BYTES) return false;
  }
  return true;
}

/** An upper bound for ASCII text, exact for the rest. */
function valueBytes(value: AttributeValue): number {
  if (typeof value === 'string') return value.length < 256 ? value.length * 3 : Buffer.byteLength(value);
  if (Array.isArray(value)) return value.reduce((sum: number, item: string) => sum + valueBytes(item) + 4, 0);
  if (typeof value === 'object') {
    return Object.entries(value).reduce((sum, [key, item]) => sum + key.length + valueBytes(item), 8);
  }
  return 8;
}

function cutValue(value: AttributeValue, maxLength: number): AttributeValue {
  if (typeof value === 'string') return value.slice(0, maxLength);
  if (Array.isArray(value)) return cutList(value, maxLength);
  if (typeof value === 'object') {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, cutValue(item, maxLength) as ChangeValue]),
    );
  }
  return value;
}

function cutList(list: readonly string[], maxLength: number): readonly string[] {
  const kept: string[] = [];
  let room = maxLength;
  for (const item of list) {
    if (room <= 0) break;
    kept.push(item.slice(0, room));
    room -= item.length + 1;
  }
  return kept;
}
