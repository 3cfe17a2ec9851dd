import { hash } from 'node:crypto';
import { ArgumentCounter } from './parse-cmdline.ts';
import type { ProcReader, ReadFailure } from './proc-reader.ts';

/** The beginning of a `cmdline`, which is what all of its text comes from. */
export interface CommandLineHead {
  /** Of its first 64 KiB: tells whether it is another one, without keeping it. */
  readonly digest: string;
  /** Whether that is all of it. */
  readonly complete: boolean;
}

/** A `cmdline` as it was read. */
export interface CommandLine extends CommandLineHead {
  /** Its first 64 KiB, without padding; in the reader's buffer, until that reads something else. */
  readonly bytes: Uint8Array;
  /** Arguments in all of it. */
  readonly count: number;
  /** It ends as no exec leaves it. */
  readonly rewritten: boolean;
}

/** Tells whether a `cmdline` is another one. However long it is, no more than 64 KiB are read. */
export function readCommandLineHead(reader: ProcReader, path: string): CommandLineHead | ReadFailure {
  const length = reader.read(path);
  return typeof length === 'string' ? length : headOf(reader, length);
}

export function readCommandLine(reader: ProcReader, path: string): CommandLine | ReadFailure {
  const { buffer } = reader;
  const counter = new ArgumentCounter();
  let long = false;
  const length = reader.read(path, (piece) => {
    if (!long) counter.add(buffer);
    long = true;
    counter.add(piece);
  });
  if (typeof length === 'string') return length;
  const bytes = buffer.subarray(0, length);
  if (!long) counter.add(bytes);
  return {
    ...headOf(reader, length),
    bytes: bytes.subarray(0, counter.bytes),
    count: counter.count,
    rewritten: counter.rewritten,
  };
}

const MAX_READINGS = 4;

/**
 * Reads a `cmdline` until its text is the same twice in a row. A process can write over it at any time, also while the
 * kernel copies it: half of one text and half of another may show a secret where nothing tells that it is one.
 * @param last what was read a moment ago
 * @returns undefined when it is another one each time
 */
export function readSettledCommandLine(
  reader: ProcReader,
  path: string,
  last: CommandLineHead,
): CommandLine | ReadFailure | undefined {
  let { digest } = last;
  for (let readings = 0; readings < MAX_READINGS; readings++) {
    const read = readCommandLine(reader, path);
    if (typeof read === 'string' || read.digest === digest) return read;
    digest = read.digest;
  }
  return undefined;
}

function headOf({ buffer }: ProcReader, length: number): CommandLineHead {
  return { digest: hash('sha256', buffer.subarray(0, length), 'base64'), complete: length < buffer.length };
}
