import { Buffer } from 'node:buffer';

/** Of `sun_path` in `struct sockaddr_un` (unix(7)). */
const MOST_BYTES = 108;

export type SocketAddress =
  | { readonly ok: true; readonly path: Buffer }
  /** Why not, the end of a sentence. */
  | { readonly ok: false; readonly problem: string };

/** What NOTIFY_SOCKET says, as `sun_path`: an absolute path, or `@` and an abstract name. */
export function socketAddress(text: string): SocketAddress {
  const bytes = Buffer.from(text);
  if (!text.startsWith('/') && !text.startsWith('@')) {
    return { ok: false, problem: 'is neither an absolute path nor "@" and a name' };
  }
  if (text === '@' || text === '/') return { ok: false, problem: 'names no socket' };
  if (bytes.includes(0)) return { ok: false, problem: 'holds a NUL byte' };
  if (text.startsWith('@')) {
    bytes[0] = 0;
    return bytes.length <= MOST_BYTES ? { ok: true, path: bytes } : tooLong(bytes.length);
  }
  return bytes.length < MOST_BYTES ? { ok: true, path: Buffer.concat([bytes, Buffer.of(0)]) } : tooLong(bytes.length);
}

function tooLong(bytes: number): SocketAddress {
  return { ok: false, problem: `has ${bytes} bytes, more than an address can hold` };
}
