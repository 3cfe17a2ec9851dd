import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { errorMessage, ProcmondError } from '../../base/errors.ts';
import { type Layout, openLayout } from '../layout.ts';
import { freeBytesOf as freeBytes } from './free-bytes.ts';

/** What became of a store file that was much larger than its content. */
export type Compaction =
  /** A new file took its place, of so many bytes. */
  | { readonly kind: 'done'; readonly fileBytes: number; readonly compactedBytes: number }
  /** It is as it was. */
  | { readonly kind: 'skipped'; readonly fileBytes: number; readonly usedBytes: number; readonly why: string };

export interface CompactionParts {
  /** Of the file; a smaller one is left alone, whatever is in it. */
  readonly minFileBytes?: number;
  /** What the file system of a folder has left for us. */
  readonly freeBytesOf?: (directory: string) => number;
  /** Writes a compacted copy of the open store into a folder. */
  readonly copyInto?: (layout: Layout, directory: string) => Promise<void>;
}

const MIN_FILE_BYTES = 64 * 1024 ** 2;
const MIN_FILE_TO_CONTENT = 4;

/** What must be free beside the copy, so that the first commits have room. */
const SPARE_BYTES = 16 * 1024 ** 2;

/** Beside the store, and so on its file system: what lies in it was never in force. */
const COPY_DIRECTORY = 'compacting';
const COPY_FILE = 'data.mdb';
const LOCK_FILE = 'lock.mdb';

const META_PAGES = 2;

/**
 * LMDB's file never shrinks: after an outage it keeps the size of the full outbox. Where it is larger than 64 MiB and four
 * times its content, a compacted copy takes its place. To be called by the only writer, before it does anything else.
 *
 * - The copy is written, closed to others, compared with the original row by row, and on the disk before it is renamed over
 *   the original: whenever this ends, one whole file lies there under the store's name.
 * - A reader that has the old file open keeps it, and its lock file, whose counts mean nothing for the new one.
 * - What fails leaves the store as it is. An attempt that was cut short is cleared away and not repeated by the same start:
 *   what ended it, a manager that grew impatient or a fault of LMDB, must not end every start.
 *
 * @param path of the data file that `layout` has open
 * @returns undefined where there is nothing to gain; after `done` the layout is closed, to be opened anew
 * @throws {ProcmondError} STORE_UNUSABLE when the new file has the store's name and the old one could not be let go
 */
export async function compactWhenLarge(
  path: string,
  layout: Layout,
  parts: CompactionParts = {},
): Promise<Compaction | undefined> {
  const { minFileBytes = MIN_FILE_BYTES, freeBytesOf = freeBytes, copyInto = copyCompacted } = parts;
  const directory = dirname(path);
  const copyDirectory = join(directory, COPY_DIRECTORY);
  const wasCutShort = existsSync(copyDirectory);
  const fileBytes = statSync(path).size;
  const usedBytes = usedBytesOf(layout);
  const skipped = (why: string): Compaction => ({ kind: 'skipped', fileBytes, usedBytes, why });
  try {
    rmSync(copyDirectory, { recursive: true, force: true });
    if (fileBytes <= Math.max(minFileBytes, usedBytes * MIN_FILE_TO_CONTENT)) return undefined;
    if (wasCutShort) return skipped('the attempt before was cut short; the next start tries again');
    const missingBytes = usedBytes + SPARE_BYTES - freeBytesOf(directory);
    if (missingBytes > 0) return skipped(`the copy needs ${missingBytes} bytes more than are free`);
    mkdirSync(copyDirectory, { mode: 0o700 });
    await copyInto(layout, copyDirectory);
    const copy = join(copyDirectory, COPY_FILE);
    chmodSync(copy, 0o600);
    await compare(layout, copyDirectory);
    syncToDisk(copy);
    renameSync(copy, path);
  } catch (error) {
    removeQuietly(copyDirectory);
    return skipped(errorMessage(error));
  }
  // From here on the file that `layout` has open has no name any more: it must not be written to.
  removeQuietly(copyDirectory);
  try {
    syncToDisk(directory);
    rmSync(join(directory, LOCK_FILE), { force: true });
    await layout.root.close();
  } catch (error) {
    const message = `could not finish the compaction of ${path}: ${errorMessage(error)}; start procmond again`;
    throw new ProcmondError('STORE_UNUSABLE', message, { cause: error });
  }
  return { kind: 'done', fileBytes, compactedBytes: statSync(path).size };
}

/** Of pages that hold something; what LMDB needs to keep account of free ones is none of it. */
function usedBytesOf(layout: Layout): number {
  const stats = Object.values(layout).map((database) => database.getStats() as TreeStats);
  const pages = stats.reduce(
    (sum, { treeBranchPageCount, treeLeafPageCount, overflowPages }) =>
      sum + treeBranchPageCount + treeLeafPageCount + overflowPages,
    META_PAGES,
  );
  return pages * (stats[0]?.pageSize ?? 0);
}

interface TreeStats {
  readonly pageSize: number;
  readonly treeBranchPageCount: number;
  readonly treeLeafPageCount: number;
  readonly overflowPages: number;
}

function copyCompacted({ root }: Layout, directory: string): Promise<void> {
  return root.backup(directory, true);
}

/** @throws {Error} where the copy holds anything else than the original */
async function compare(original: Layout, copyDirectory: string): Promise<void> {
  const copy = openLayout(copyDirectory, { readOnly: true });
  try {
    const { root: _, ...databases } = original;
    for (const name of Object.keys(databases) as (keyof typeof databases)[]) {
      const copied = copy[name].getRange()[Symbol.iterator]();
      for (const row of original[name].getRange()) {
        if (!isDeepStrictEqual(copied.next().value, row)) {
          throw new Error(`the copy differs from the store in ${name} at ${String(row.key)}`);
        }
      }
      if (copied.next().done !== true) throw new Error(`the copy holds more than the store in ${name}`);
    }
  } finally {
    await copy.root.close();
  }
}

function syncToDisk(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function removeQuietly(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // It takes room and means nothing; the next start tries to remove it, too.
  }
}
