import type { IncomingMessage } from 'node:http';

export const MAX_BODY_BYTES = 64 * 1024;

/** How much of a body that is too large is read and forgotten, since whoever still sends would not see the answer. */
const MAX_READ_BYTES = 1024 ** 2;

export type RequestBody =
  /** undefined where there is none. */
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'not_json'; readonly message: string }
  | { readonly kind: 'too_large' }
  /** The client went away in the middle, or was sent away because it goes on and on. */
  | { readonly kind: 'gone' };

/** Reads a JSON body of at most 64 KiB, whatever its content type says. Never rejects. */
export async function readBody(request: IncomingMessage): Promise<RequestBody> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of request) {
      bytes += (piece as Buffer).length;
      if (bytes <= MAX_BODY_BYTES) pieces.push(piece as Buffer);
      // Leaving the loop closes the connection.
      if (bytes > MAX_READ_BYTES) return { kind: 'gone' };
    }
  } catch {
    // Nothing was done yet for who asked, and nobody is left to be told.
    return { kind: 'gone' };
  }
  if (bytes > MAX_BODY_BYTES) return { kind: 'too_large' };
  return parseJson(Buffer.concat(pieces));
}

function parseJson(bytes: Buffer): RequestBody {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return { kind: 'json', value: text.trim() === '' ? undefined : JSON.parse(text) };
  } catch (error) {
    return { kind: 'not_json', message: error instanceof SyntaxError ? 'is not JSON' : 'is not UTF-8' };
  }
}
