import { closeSync, openSync, readlinkSync, readSync, type Stats, statSync } from 'node:fs';
import { systemErrorCode } from '../../../base/errors.ts';

/** What reading a file of a process came to, where it did not give bytes. Both are ordinary. */
export type ReadFailure = 'gone' | 'denied';

const BUFFER_BYTES = 64 * 1024;

/**
 * Reads files under `/proc` into one buffer that is used again and again: no promise, no stat (their sizes lie), no
 * garbage. Whatever is neither bytes, gone nor denied (EMFILE, EIO) is thrown: it says nothing about the process.
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
   * Reads a file of any size: its first 64 KiB into `buffer`, what follows piece by piece to `onRest`.
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
      for (;;) {
        const count = readSync(file, this.#rest, 0, BUFFER_BYTES, null);
        if (count === 0) return length;
        onRest(this.#rest.subarray(0, count));
      }
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
    case 'EACCES':
    case 'EPERM':
      return 'denied';
    default:
      throw error;
  }
}
