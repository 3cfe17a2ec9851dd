import { hash } from 'node:crypto';
import { FINGERPRINT_CHARACTERS, markOf, REDACTED } from './mark.ts';

/** Says what stands in the place of a secret. */
export type Mark = (secret: string) => string;

/** Bytes of a key: as many as SHA-256 gives (RFC 2104 section 3). */
export const KEY_BYTES = 32;

/**
 * Marks with a fingerprint: HMAC-SHA-256 of the secret, cut. Equal secrets have equal marks, as long as the key is the same;
 * who does not have the key can't try a guess. Without a key all marks are the same.
 */
export function secretMark(key: Uint8Array | undefined): Mark {
  if (key === undefined) return () => REDACTED;
  const digest = hmacSha256(key);
  return (secret) => markOf(digest(secret).slice(0, FINGERPRINT_CHARACTERS));
}

/** A name for a key, from which the key can't be told. */
export function keyId(key: Uint8Array): string {
  return hmacSha256(key)('id of this key').slice(0, FINGERPRINT_CHARACTERS);
}

/** A name for a text that is no secret. */
export function shortDigest(text: string): string {
  return hash('sha256', text).slice(0, FINGERPRINT_CHARACTERS);
}

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
/** Longer secrets are digested in a buffer of their own. */
const SHARED_BYTES = 1024;

/**
 * HMAC-SHA-256 (RFC 2104) of a text, in hex, for keys that are no longer than a block. Made of two digests in one step
 * each: an `Hmac` of Node.js is an object for long messages, and takes twice as long to make as all of this.
 */
function hmacSha256(key: Uint8Array): (text: string) => string {
  const inner = paddedKey(key, 0x36, SHARED_BYTES);
  const outer = paddedKey(key, 0x5c, DIGEST_BYTES);
  return (text) => {
    const fits = text.length * 3 <= SHARED_BYTES;
    const message = fits ? inner : Buffer.concat([inner.subarray(0, BLOCK_BYTES), Buffer.from(text)]);
    const end = fits ? BLOCK_BYTES + inner.write(text, BLOCK_BYTES) : message.length;
    outer.write(hash('sha256', message.subarray(0, end), 'binary'), BLOCK_BYTES, 'binary');
    return hash('sha256', outer);
  };
}

/** A block of the key, and room behind it. */
function paddedKey(key: Uint8Array, pad: number, roomBytes: number): Buffer {
  const padded = Buffer.alloc(BLOCK_BYTES + roomBytes);
  padded.fill(pad, 0, BLOCK_BYTES);
  for (const [index, byte] of key.entries()) padded[index] = byte ^ pad;
  return padded;
}
