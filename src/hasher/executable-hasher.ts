import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** A running process' executable: where to read it, and which file it has to be. */
export interface ExecutableLink {
  /** `/proc/PID/exe`: the file itself in whatever mount namespace, also when its name is gone. */
  readonly link: string;
  readonly device: number;
  readonly inode: number;
}

/** Larger files are not hashed. */
const MAX_FILE_BYTES = 512n * 1024n * 1024n;
const PIECE_BYTES = 1024 * 1024;
const MAX_CACHED = 10_000;

/**
 * SHA-256 of executables, one file at a time beside everything else. Each file is read once: the cache goes by device,
 * inode, size, mtime and ctime, so an edit in place with its time put back is still seen. What changes while it is read,
 * is gone, denied or too large has no hash.
 */
export class ExecutableHasher {
  readonly #cache = new Map<string, string>();
  #queue: Promise<void> = Promise.resolve();

  /** Lower-case hex; undefined where there is no hash to be had. Never rejects. */
  hash(executable: ExecutableLink): Promise<string | undefined> {
    const result = this.#queue.then(() => this.#hash(executable));
    this.#queue = result.then(() => undefined);
    return result;
  }

  async #hash({ link, device, inode }: ExecutableLink): Promise<string | undefined> {
    let file: FileHandle | undefined;
    try {
      file = await open(link, 'r');
      const before = await file.stat({ bigint: true });
      // Another file: the process has ended and its pid, or its program, is a new one.
      if (Number(before.dev) !== device || Number(before.ino) !== inode) return undefined;
      if (!before.isFile() || before.size > MAX_FILE_BYTES) return undefined;
      const key = fileKey(before);
      const known = this.#cache.get(key);
      if (known !== undefined) return known;
      const hash = await digest(file);
      if (fileKey(await file.stat({ bigint: true })) !== key) return undefined;
      this.#remember(key, hash);
      return hash;
    } catch {
      // Gone or denied: no hash is the answer.
      return undefined;
    } finally {
      await file?.close().catch(() => {});
    }
  }

  #remember(key: string, hash: string): void {
    this.#cache.set(key, hash);
    const oldest = this.#cache.keys().next();
    if (this.#cache.size > MAX_CACHED && !oldest.done) this.#cache.delete(oldest.value);
  }
}

async function digest(file: FileHandle): Promise<string> {
  const hash = createHash('sha256');
  const piece = Buffer.allocUnsafe(PIECE_BYTES);
  for (let position = 0; ; ) {
    const { bytesRead } = await file.read(piece, 0, PIECE_BYTES, position);
    if (bytesRead === 0) return hash.digest('hex');
    hash.update(piece.subarray(0, bytesRead));
    position += bytesRead;
  }
}

function fileKey({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`;
}
