import { createHash, hash } from 'node:crypto';
import { ArgumentCounter } from './parse-cmdline.ts';
import type { ProcReader, ReadFailure } from './proc-reader.ts';

/** A `cmdline` as it was read. */
export interface CommandLine {
  /** Its first 64 KiB, without padding; in the reader's buffer, until that reads something else. */
  readonly bytes: Uint8Array;
  /** Arguments in all of it. */
  readonly count: number;
  /** It ends as no exec leaves it. */
  readonly rewritten: boolean;
  /** Of all of it: tells whether it is another one, without keeping it. */
  readonly digest: string;
}

export function readCommandLine(reader: ProcReader, path: string): CommandLine | ReadFailure {
  const { buffer } = reader;
  const counter = new ArgumentCounter();
  let long: ReturnType<typeof createHash> | undefined;
  const length = reader.read(path, (piece) => {
    if (long === undefined) {
      long = createHash('sha256').update(buffer);
      counter.add(buffer);
    }
    long.update(piece);
    counter.add(piece);
  });
  if (typeof length === 'string') return length;
  const bytes = buffer.subarray(0, length);
  if (long === undefined) counter.add(bytes);
  const digest = long === undefined ? hash('sha256', bytes, 'base64') : long.digest('base64');
  return { bytes: bytes.subarray(0, counter.bytes), count: counter.count, rewritten: counter.rewritten, digest };
}
