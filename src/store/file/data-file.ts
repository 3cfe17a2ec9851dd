import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { systemErrorCode } from '../../base/errors.ts';
import { PageProblem, readTree, safeNumber } from './lmdb-page.ts';
import { type FileSnapshot, type ReadBytes, walkPages } from './walk-pages.ts';

/** Its name, in the data directory. */
export const DATA_FILE = 'data.mdb';

/**
 * What a data file is, as far as it can be told before LMDB opens it: that maps the file into memory and trusts it, and
 * what is not there when it is read ends the process by a signal.
 */
export type DataFileState =
  /** Not there, or empty: LMDB makes it. */
  | { readonly kind: 'none' }
  /** LMDB can read all of it. What its rows say is another matter. */
  | { readonly kind: 'sound' }
  /** Whole, but of another program, or no LMDB file at all. */
  | { readonly kind: 'foreign'; readonly why: string }
  | { readonly kind: 'damaged'; readonly why: string };

/**
 * Reads every page that holds keys and the beginning of every large value, also while a writer is at work.
 * @throws a system error when the file cannot be read: that says nothing of what is in it
 */
export function inspectDataFile(path: string): DataFileState {
  let descriptor: number;
  try {
    // Not waiting: a FIFO would keep its opener until somebody writes to it.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return { kind: 'none' };
    throw error;
  }
  try {
    if (!fstatSync(descriptor).isFile()) throw new Error('it is no regular file');
    let before: Buffer | undefined;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const metas = readMetas(descriptor);
      const state = inspectOnce(descriptor);
      // What a writer changed meanwhile may look damaged; what is damaged looks so twice, while nobody writes.
      if (state.kind !== 'damaged' || before?.equals(metas)) return state;
      before = metas;
    }
    // Somebody commits faster than this reads: who does has found it whole.
    return { kind: 'sound' };
  } finally {
    closeSync(descriptor);
  }
}

const MAX_ATTEMPTS = 50;

/** Each commit changes one of them. */
function readMetas(descriptor: number): Buffer {
  const metas = Buffer.alloc(MAX_PAGE_BYTES + META_BYTES);
  return metas.subarray(0, readSync(descriptor, metas, 0, metas.length, 0));
}

function inspectOnce(descriptor: number): DataFileState {
  const header = Buffer.alloc(META_BYTES);
  const headerBytes = readSync(descriptor, header, 0, META_BYTES, 0);
  if (headerBytes === 0) return { kind: 'none' };
  try {
    const snapshot = newestSnapshot(descriptor, header);
    // After the metas: a writer makes the file longer first.
    const { size } = fstatSync(descriptor);
    const databases = walkPages(reader(descriptor), size, snapshot);
    if (databases.size === 0 || databases.has(OWN_DATABASE)) return { kind: 'sound' };
    const names = [...databases.keys()].slice(0, 3).join(', ');
    return { kind: 'foreign', why: `it is an LMDB file of another program, with the databases ${names}` };
  } catch (error) {
    if (!(error instanceof PageProblem)) throw error;
    return isMeta(header) ? { kind: 'damaged', why: error.message } : { kind: 'foreign', why: 'it is no LMDB file' };
  }
}

/** The first that is made in a new store. */
const OWN_DATABASE = 'meta';

const MAGIC = 0xbeefc0de;
const FORMAT = 2;
const META_PAGE = 0x08;
/** MDB_INTEGERKEY, of the list of free pages, whose flags lie in the same place. */
const ENVIRONMENT_FLAGS = 0x08;
/** MDB_OVERLAPPINGSYNC besides: the first transactions of a new file do away with it. */
const NEW_ENVIRONMENT_FLAGS = 0x1008;
const LAST_NEW_TRANSACTION = 32n;
const MIN_PAGE_BYTES = 256;
const MAX_PAGE_BYTES = 65_536;

/** Byte positions in a meta page (`MDB_meta`). */
const PAGE_FLAGS_AT = 0x12;
const MAGIC_AT = 0x18;
const FORMAT_AT = 0x1c;
const FREE_TREE_AT = 0x30;
const ENVIRONMENT_FLAGS_AT = 0x34;
const MAIN_TREE_AT = 0x60;
const MAIN_FLAGS_AT = 0x64;
const LAST_PAGE_AT = 0x90;
const TRANSACTION_AT = 0x98;
const META_BYTES = 0xa8;

/** Both metas must be whole: LMDB picks by the higher number of transaction, and believes it. */
function newestSnapshot(descriptor: number, header: Buffer): FileSnapshot {
  const first = readMeta(header, 'first');
  const second = readMeta(reader(descriptor)(first.pageBytes, META_BYTES), 'second');
  if (first.pageBytes !== second.pageBytes) throw new PageProblem('its meta pages contradict each other');
  const [older, newer] = first.transaction < second.transaction ? [first, second] : [second, first];
  // A compacted copy has one that was never written.
  if (older.transaction !== 0n && newer.transaction - older.transaction > 1n)
    throw new PageProblem('its meta pages contradict each other');
  return newer;
}

function readMeta(page: Buffer, which: string): FileSnapshot {
  const pageBytes = page.readUInt32LE(FREE_TREE_AT);
  const isPowerOfTwo = (pageBytes & (pageBytes - 1)) === 0;
  if (!isMeta(page) || !isPowerOfTwo || pageBytes < MIN_PAGE_BYTES || pageBytes > MAX_PAGE_BYTES) {
    throw new PageProblem(`its ${which} meta page is no meta page`);
  }
  const transaction = page.readBigUInt64LE(TRANSACTION_AT);
  const flags = page.readUInt16LE(ENVIRONMENT_FLAGS_AT);
  const mayBeNew = flags === NEW_ENVIRONMENT_FLAGS && transaction <= LAST_NEW_TRANSACTION;
  if ((flags !== ENVIRONMENT_FLAGS && !mayBeNew) || page.readUInt16LE(MAIN_FLAGS_AT) !== 0) {
    throw new PageProblem(`its ${which} meta page has flags that no store has`);
  }
  return {
    pageBytes,
    lastPage: safeNumber(page.readBigUInt64LE(LAST_PAGE_AT)),
    transaction,
    freePages: readTree(page, FREE_TREE_AT),
    main: readTree(page, MAIN_TREE_AT),
  };
}

function isMeta(page: Buffer): boolean {
  return (
    page.readUInt16LE(PAGE_FLAGS_AT) === META_PAGE &&
    page.readUInt32LE(MAGIC_AT) === MAGIC &&
    page.readUInt32LE(FORMAT_AT) === FORMAT
  );
}

function reader(descriptor: number): ReadBytes {
  return (position, length) => {
    const bytes = Buffer.alloc(length);
    if (readSync(descriptor, bytes, 0, length, position) < length) {
      throw new PageProblem(`it ends before byte ${position + length}`);
    }
    return bytes;
  };
}
