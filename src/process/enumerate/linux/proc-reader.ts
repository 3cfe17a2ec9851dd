import { type BigIntStats, closeSync, openSync, readdirSync, readlinkSync, readSync, statSync } from 'node:fs';
import { systemErrorCode } from '../../../base/errors.ts';

/**
 * What reading a file of a process came to, where it did not give bytes; all are ordinary. `denied`: the system refuses
 * it to us. `unreadable`: it cannot be had for another reason, which a process can bring about itself and must not end a
 * cycle with: ENAMETOOLONG (its working directory), ENOTCONN and ESTALE (its file system).
 */
export type ReadFailure = 'gone' | 'denied' | 'unreadable';

const BUFFER_BYTES = 64 * 1024;

/**
 * No file is read beyond this. An exec takes at most 6 MiB of arguments and environment (execve(2)), but a process may
 * declare any of its memory, terabytes of it, to be its arguments (PR_SET_MM_MAP of prctl(2) needs no privilege).
 */
export const MAX_FILE_BYTES: number = 8 * 1024 * 1024;

/**
 * Reads files under `/proc` into one buffer that is used again and again: no promise, no stat (their sizes lie), no
 * garbage. A shortage of this process' own (EMFILE, ENFILE, ENOMEM) is thrown: it says nothing about the one read.
 */
export class ProcReader {
  /** Holds what the last call read, up to the length it returned. */
  readonly buffer: Buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  readonly #rest: Buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);

  /**
   * Reads a file of any size: its first 64 KiB into `buffer`, what follows, up to `MAX_FILE_BYTES`, piece by piece to
   * `onRest`.
   * @returns the number of bytes now in `buffer`
   */
  read(path: string, onRest?: (piece: Uint8Array) => void): number | ReadFailure {
    return withFile(path, (file) => {
      // The kernel fills the buffer as far as the file goes: what comes short of it is the end.
      const length = readSync(file, this.buffer, 0, BUFFER_BYTES, null);
      if (length < BUFFER_BYTES || onRest === undefined) return length;
      for (let total = length; total < MAX_FILE_BYTES; ) {
        const count = readSync(file, this.#rest, 0, BUFFER_BYTES, null);
        if (count === 0) break;
        onRest(this.#rest.subarray(0, count));
        total += count;
      }
      return length;
    });
  }
}

function withFile(path: string, read: (file: number) => number): number | ReadFailure {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    return failureOf(error);
  }
  try {
    return read(file);
  } catch (error) {
    return failureOf(error);
  } finally {
    closeSync(file);
  }
}

export interface LinkTarget {
  /** Each byte one character (latin1): paths need not be UTF-8. */
  readonly target: string;
}

export function readLink(path: string): LinkTarget | ReadFailure {
  try {
    return { target: readlinkSync(path, 'latin1') };
  } catch (error) {
    return failureOf(error);
  }
}

/** Attributes of the file behind a link. */
export function statThrough(path: string | Buffer): BigIntStats | ReadFailure {
  try {
    return statSync(path, { bigint: true });
  } catch (error) {
    return failureOf(error);
  }
}

/** How many entries `/proc/PID/fd` has: its size since Linux 6.2, which says 0 before. */
export function countFileDescriptors(directory: string): number | ReadFailure {
  try {
    return statSync(directory).size || readdirSync(directory).length;
  } catch (error) {
    return failureOf(error);
  }
}

/** @throws what says nothing about the file that was read: a shortage of this process' own */
export function failureOf(error: unknown): ReadFailure {
  switch (systemErrorCode(error)) {
    case 'ENOENT':
    case 'ESRCH':
    case 'ENOTDIR':
      return 'gone';
    case undefined:
    case 'EMFILE':
    case 'ENFILE':
    case 'ENOMEM':
      throw error;
    case 'EACCES':
    case 'EPERM':
      return 'denied';
    default:
      return 'unreadable';
  }
}
