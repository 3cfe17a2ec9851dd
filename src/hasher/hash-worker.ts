import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { bookBytes, bytesPerSecondOf } from './byte-pace.ts';

/** What a thread is given for life. All threads share `pace`; `cancelled` is one's own: 1 = give up what is being read. */
export interface HashThreadData {
  readonly cancelled: Int32Array;
  readonly pace: BigInt64Array;
}

/** One file: open, at its beginning, and kept open until the answer. */
export interface HashJob {
  readonly descriptor: number;
  /** Its size: what is longer has changed, and is not read to its end. */
  readonly bytes: number;
}

export interface HashJobResult {
  /** SHA-256, lower-case hex; absent when it could not be made. */
  readonly sha256?: string;
  /** Why not: `cancelled`, `changed`, or the code of the system error (`EIO`, ...). */
  readonly failure?: string;
  readonly readBytes: number;
  /** Reading and hashing, without the pauses of the rate limit. */
  readonly busyMillis: number;
}

/** This file is the program of a thread of its own: it reads descriptors that it is sent, one at a time. */
const PIECE_BYTES = 512 * 1024;

/** A pause of the rate limit lasts this long at most, and longer only where the rate is lowered meanwhile. */
const PIECES_PER_SECOND = 8;
const LEAST_PIECE_BYTES = 4 * 1024;

const { cancelled, pace } = workerData as HashThreadData;
const piece = Buffer.allocUnsafeSlow(pieceBytes());

parentPort?.on('message', (job: HashJob) => parentPort?.postMessage(hash(job)));

function hash({ descriptor, bytes }: HashJob): HashJobResult {
  const sha256 = createHash('sha256');
  const spent = { readBytes: 0, busyMillis: 0 };
  try {
    for (;;) {
      const expected = Math.min(piece.length, bytes - spent.readBytes);
      pause(bookBytes(pace, expected, process.hrtime.bigint()));
      if (Atomics.load(cancelled, 0) !== 0) return { failure: 'cancelled', ...spent };
      const startedAt = performance.now();
      const count = readSync(descriptor, piece, 0, piece.length, spent.readBytes);
      if (count > 0) sha256.update(piece.subarray(0, count));
      spent.readBytes += count;
      spent.busyMillis += performance.now() - startedAt;
      if (spent.readBytes > bytes) return { failure: 'changed', ...spent };
      if (count === 0) return { sha256: sha256.digest('hex'), ...spent };
    }
  } catch (error) {
    return { failure: String((error as NodeJS.ErrnoException).code ?? error), ...spent };
  }
}

/** Ends early when the job is cancelled. */
function pause(nanos: bigint): void {
  if (nanos > 0n) Atomics.wait(cancelled, 0, 0, Number(nanos) / 1e6);
}

function pieceBytes(): number {
  const bytesPerSecond = bytesPerSecondOf(pace);
  if (bytesPerSecond === 0) return PIECE_BYTES;
  return Math.min(PIECE_BYTES, Math.max(LEAST_PIECE_BYTES, Math.floor(bytesPerSecond / PIECES_PER_SECOND)));
}
