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
  /** Whether its own mode lets anyone write to it. */
  readonly worldWritable: boolean;
}

interface HtlHash {
  readonly hash: string;
}

const HTLHASH_BYTES = 4_096;
const HTLHASH_DIGITS = 32;

/** S_IWOTH of inode(7). */
const OTHERS_MAY_WRITE = 0o002n;

/** Far more than a host has different executables; a bound for one that makes them up. */
const MAX_FILES = 4_096;

/** Executables by their files: thousands of processes share a few, and each is kept, and looked into, once. */
export class ExecutableFiles {
  readonly #files = new Map<string, ExecutableFile>();
  readonly #htlHashes = new Map<string, HtlHash>();
  readonly #worldWritable = new Map<string, boolean>();
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
      worldWritable: (stats.mode & OTHERS_MAY_WRITE) !== 0n,
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

  /**
   * Whether anyone may write to the file, its directory or one above it (sticky ones count too), seen through the root
   * of the process. Looked at once per file; undefined where a directory cannot be looked at.
   */
  worldWritable(processDirectory: string, rawPath: string, file: ExecutableFile): boolean | undefined {
    const key = `${file.version}:${rawPath}`;
    const known = this.#worldWritable.get(key);
    if (known !== undefined) return known;
    const found = file.worldWritable || directoriesWorldWritable(processDirectory, rawPath);
    if (found !== undefined) keep(this.#worldWritable, key, found);
    return found;
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
  if (file?.exists && leadsTo(processDirectory, target, file)) {
    return { path: target, deleted: false, memfd: false };
  }
  const memfd = target.startsWith(MEMFD) && file?.exists !== true;
  return { path: target.slice(0, -DELETED.length), deleted: true, memfd };
}

/**
 * Whether another file has the path of a removed one now, in the root of the process; undefined where that cannot be seen.
 */
export function pathIsTaken(processDirectory: string, rawPath: string): boolean | undefined {
  const found = statThrough(insideRoot(processDirectory, rawPath));
  if (typeof found !== 'string') return true;
  return found === 'gone' && hasRoot(processDirectory) ? false : undefined;
}

/** Directories that are gone with the file count for nothing. */
function directoriesWorldWritable(processDirectory: string, rawPath: string): boolean | undefined {
  if (!rawPath.startsWith('/')) return undefined;
  let unknown = !hasRoot(processDirectory);
  for (let end = rawPath.lastIndexOf('/'); end >= 0; end = end === 0 ? -1 : rawPath.lastIndexOf('/', end - 1)) {
    const found = statThrough(insideRoot(processDirectory, rawPath.slice(0, end + 1)));
    if (found === 'gone') continue;
    if (typeof found === 'string') unknown = true;
    else if ((found.mode & OTHERS_MAY_WRITE) !== 0n) return true;
  }
  return unknown ? undefined : false;
}

/** False once the process has ended: then nothing can be found in it, whatever is there. */
function hasRoot(processDirectory: string): boolean {
  return typeof statThrough(`${processDirectory}/root/`) !== 'string';
}

/** The path as the process means it. Each byte of `rawPath` is one character. */
function insideRoot(processDirectory: string, rawPath: string): Buffer {
  return Buffer.concat([Buffer.from(`${processDirectory}/root`), Buffer.from(rawPath, 'latin1')]);
}

function leadsTo(processDirectory: string, rawPath: string, { version }: ExecutableFile): boolean {
  const found = statThrough(insideRoot(processDirectory, rawPath));
  return typeof found !== 'string' && fileVersion(found) === version;
}
