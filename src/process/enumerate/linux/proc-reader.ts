import { closeSync, openSync, readlinkSync, readSync, type Stats, statSync } from 'node:fs';
import { systemErrorCode } from '../../../base/errors.ts';

/**
 * What reading a file of a process came to, where it did not give bytes. Both are ordinary; `denied` is every refusal,
 * not of permission alone: a process can bring about ENAMETOOLONG (its working directory), ENOTCONN and ESTALE (its file
 * system) itself, and must not end a cycle with it.
 */
export type ReadFailure = 'gone' | 'denied';

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

  /** Reads a file that comes in one piece well below the buffer's size, such as `stat`: no second read for the end. */
  readSmall(path: string): number | ReadFailure {
    return withFile(path, (file) => readSync(file, this.buffer, 0, BUFFER_BYTES, null));
  }

  /**
   * Reads a file of any size: its first 64 KiB into `buffer`, what follows, up to `MAX_FILE_BYTES`, piece by piece to
   * `onRest`.
   * @returns the number of bytes now in `buffer`
   */
  read(path: string, onRest?: (piece: Uint8Array) => void): number | ReadFailure {
    return withFile(path, (file) => {
      let length = 0;
      while (length < BUFFER_BYTES) {
        const count = readSync(file, this.buffer, length, BUFFER_BYTES - length, null);
        if (count === 0) return length;
        length += count;
      }
      if (onRest === undefined) return length;
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

/** Target of a link as bytes: paths need not be UTF-8. */
export function readLink(path: string): Buffer | ReadFailure {
  try {
    return readlinkSync(path, 'buffer');
  } catch (error) {
    return failureOf(error);
  }
}

/** Attributes of the file behind a link. */
export function statThrough(path: string): Stats | ReadFailure {
  try {
    return statSync(path);
  } catch (error) {
    return failureOf(error);
  }
}

function failureOf(error: unknown): ReadFailure {
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
    default:
      return 'denied';
  }
}
