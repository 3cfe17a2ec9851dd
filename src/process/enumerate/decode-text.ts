export interface DecodedText {
  readonly text: string;
  /** True when some bytes were not UTF-8 and stand as `\xNN`. */
  readonly escaped: boolean;
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Decodes bytes that are usually, but need not be, UTF-8: each byte that is not part of a well-formed sequence
 * (RFC 3629) becomes `\xNN`, lower-case hex. Nothing is dropped.
 */
export function decodeText(bytes: Uint8Array): DecodedText {
  if (isAscii(bytes)) return { text: asciiText(bytes), escaped: false };
  try {
    return { text: strict.decode(bytes), escaped: false };
  } catch {
    return { text: escapeInvalid(bytes), escaped: true };
  }
}

function isAscii(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if ((bytes[i] as number) > 0x7f) return false;
  return true;
}

function asciiText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

function escapeInvalid(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; ) {
    const length = sequenceLength(bytes, i);
    if (length === 0) {
      text += `\\x${(bytes[i] as number).toString(16).padStart(2, '0')}`;
      i += 1;
    } else {
      text += strict.decode(bytes.subarray(i, i + length));
      i += length;
    }
  }
  return text;
}

/** Length of the well-formed UTF-8 sequence at `start`, 0 when there is none (RFC 3629 section 4). */
function sequenceLength(bytes: Uint8Array, start: number): number {
  const lead = bytes[start] as number;
  if (lead <= 0x7f) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (start + length > bytes.length) return 0;
  const second = bytes[start + 1] as number;
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (let i = start + 2; i < start + length; i++) {
    if (((bytes[i] as number) & 0xc0) !== 0x80) return 0;
  }
  return length;
}
