import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { fileVersion } from '../../../hasher/file-version.ts';
import { failureOf, type ReadFailure, statThrough } from './proc-reader.ts';

/** The file behind `/proc/PID/exe`, right also for processes of other mount namespaces and for deleted files. */
export interface ExecutableFile {
  /** Tells this file with this content from every other: device, inode, size, and the times of both to the nanosecond. */
  readonly version: string;
  readonly device: number | undefined;
  /** Absent beyond 2^53, where a number is no longer exact (some overlay and network file systems). */
  readonly inode: number | undefined;
  readonly bytes: number;
  readonly modifiedMillis: number;
  /** Whether it has a name somewhere, in whichever mount namespace. */
  readonly exists: boolean;
}

interface HtlHash {
  readonly hash: string;
}

const HTLHASH_BYTES = 4_096;
const HTLHASH_DIGITS = 32;

/** Far more than a host has different executables; a bound for one that makes them up. */
const MAX_FILES = 4_096;

/** Executables by their files: thousands of processes share a few, and each is kept, and looked into, once. */
export class ExecutableFiles {
  readonly #files = new Map<string, ExecutableFile>();
  readonly #htlHashes = new Map<string, HtlHash>();
  readonly #buffer = Buffer.allocUnsafeSlow(2 * HTLHASH_BYTES);

  /** What the link leads to now. */
  read(link: string): ExecutableFile | ReadFailure {
    const stats = statThrough(link);
    if (typeof stats === 'string') return stats;
    const version = fileVersion(stats);
    const known = this.#files.get(version);
    if (known !== undefined) return known;
    const file = {
      version,
      device: exact(stats.dev),
      inode: exact(stats.ino),
      bytes: Number(stats.size),
      modifiedMillis: Number(stats.mtimeNs / 1_000_000n),
      exists: stats.nlink > 0n,
    };
    keep(this.#files, version, file);
    return file;
  }

  /**
   * `process.executable.build_id.htlhash` of the semantic conventions: SHA-256 over the first and the last 4,096 bytes
   * and the length (8 bytes, big-endian), its first 16 bytes as hex. `file` is what the link led to a moment ago: where
   * it leads to another one now, or one that is being written, there is no hash (`gone`).
   */
  htlHash(link: string, file: ExecutableFile): HtlHash | ReadFailure {
    const known = this.#htlHashes.get(file.version);
    if (known !== undefined) return known;
    const hash = this.#readHtlHash(link, file);
    if (typeof hash !== 'string') keep(this.#htlHashes, file.version, hash);
    return hash;
  }

  #readHtlHash(link: string, { version, bytes }: ExecutableFile): HtlHash | ReadFailure {
    let file: number;
    try {
      file = openSync(link, 'r');
    } catch (error) {
      return failureOf(error);
    }
    try {
      const head = readSync(file, this.#buffer, 0, HTLHASH_BYTES, 0);
      const tail = readSync(file, this.#buffer, head, HTLHASH_BYTES, Math.max(0, bytes - HTLHASH_BYTES));
      if (fileVersion(fstatSync(file, { bigint: true })) !== version) return 'gone';
      const length = Buffer.alloc(8);
      length.writeBigUInt64BE(BigInt(bytes));
      const sha256 = createHash('sha256')
        .update(this.#buffer.subarray(0, head + tail))
        .update(length);
      return { hash: sha256.digest('hex').slice(0, HTLHASH_DIGITS) };
    } catch (error) {
      return failureOf(error);
    } finally {
      closeSync(file);
    }
  }
}

function exact(value: bigint): number | undefined {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : undefined;
}

function keep<Value>(map: Map<string, Value>, key: string, value: Value): void {
  if (map.size >= MAX_FILES) map.clear();
  map.set(key, value);
}

/** The path a link leads to, each byte one character (latin1), and what the kernel says of it. */
export interface ExecutablePath {
  readonly path: string;
  /** The path no longer leads to the file. */
  readonly deleted: boolean;
  /** It never had a path. */
  readonly memfd: boolean;
}

const DELETED = ' (deleted)';
/** How memfd_create(2) names what has no path. */
const MEMFD = '/memfd:';

/**
 * Takes the kernel's mark off the target of `/proc/PID/exe`. A file may really be called "x (deleted)": where the file
 * still has a name, the process' own root is asked for that one.
 */
export function parseExecutablePath(
  target: string,
  file: ExecutableFile | undefined,
  processDirectory: string,
): ExecutablePath {
  if (!target.endsWith(DELETED)) return { path: target, deleted: false, memfd: false };
  if (file?.exists && leadsTo(`${processDirectory}/root`, target, file)) {
    return { path: target, deleted: false, memfd: false };
  }
  const memfd = target.startsWith(MEMFD) && file?.exists !== true;
  return { path: target.slice(0, -DELETED.length), deleted: true, memfd };
}

function leadsTo(root: string, rawPath: string, { version }: ExecutableFile): boolean {
  const found = statThrough(Buffer.concat([Buffer.from(root), Buffer.from(rawPath, 'latin1')]));
  return typeof found !== 'string' && fileVersion(found) === version;
}
