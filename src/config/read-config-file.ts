import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { errorMessage } from '../base/errors.ts';

/** A configuration file as it lies on the disk. */
export type ConfigFile =
  | {
      readonly ok: true;
      readonly text: string;
      /** Permission bits, 0o000-0o777. */
      readonly mode: number;
      readonly ownerUserId: number;
    }
  | { readonly ok: false; readonly reason: string };

/** The largest configuration file that is read, in bytes. */
export const CONFIG_FILE_MAX_BYTES = 1024 ** 2;

/** Reads a configuration file; one that is missing, unreadable, too large, no file or not UTF-8 is answered with why. */
export function readConfigFile(path: string): ConfigFile {
  let descriptor: number | undefined;
  try {
    // Without O_NONBLOCK, opening a pipe would wait for its writer.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) return { ok: false, reason: 'is not a regular file' };
    const bytes = readUpTo(descriptor, CONFIG_FILE_MAX_BYTES + 1);
    if (bytes.length > CONFIG_FILE_MAX_BYTES) return { ok: false, reason: 'is larger than 1MiB' };
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return { ok: true, text, mode: stat.mode & 0o777, ownerUserId: stat.uid };
  } catch (thrown) {
    return { ok: false, reason: `cannot be read: ${errorMessage(thrown)}` };
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function readUpTo(descriptor: number, maxBytes: number): Buffer {
  const buffer = Buffer.alloc(maxBytes);
  let length = 0;
  while (length < maxBytes) {
    const read = readSync(descriptor, buffer, length, maxBytes - length, null);
    if (read === 0) break;
    length += read;
  }
  return buffer.subarray(0, length);
}
