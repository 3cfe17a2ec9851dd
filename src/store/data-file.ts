import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/**
 * Why a file cannot be an LMDB data file, or undefined when it can, or is not there or empty. To be asked before LMDB
 * opens it: that maps the file into memory, and what is not there when it is read ends the process by a signal.
 * It sees a foreign file and one that was cut short before its roots; not every damage (source: `MDB_meta` in LMDB's mdb.c).
 */
export function dataFileProblem(path: string): string | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch {
    // Opening it is LMDB's task, and so is saying why that fails.
    return undefined;
  }
  try {
    const metas = [readMeta(descriptor, 0), readMeta(descriptor, pageBytes(descriptor))];
    // After the metas: a writer makes the file longer first.
    const { size } = fstatSync(descriptor);
    if (size === 0) return undefined;
    if (metas.some((meta) => meta === undefined)) return 'it is no LMDB file';
    const newest = metas.reduce((one, two) => ((one?.transaction ?? 0n) > (two?.transaction ?? 0n) ? one : two));
    if ((newest?.endOfRoots ?? 0n) > BigInt(size)) return `it was cut short to ${size} bytes`;
    return undefined;
  } finally {
    closeSync(descriptor);
  }
}

interface Meta {
  readonly transaction: bigint;
  /** Where the last of the root pages ends, in bytes from the beginning of the file. */
  readonly endOfRoots: bigint;
}

const MAGIC = 0xbeefc0de;
const NO_PAGE = 2n ** 64n - 1n;

/** Byte positions in a meta page. */
const MAGIC_AT = 0x18;
const PAGE_BYTES_AT = 0x30;
const FREE_ROOT_AT = 0x58;
const MAIN_ROOT_AT = 0x88;
const TRANSACTION_AT = 0x98;
const META_BYTES = 0xa0;

function pageBytes(descriptor: number): number {
  return read(descriptor, 0)?.readUInt32LE(PAGE_BYTES_AT) ?? 0;
}

function readMeta(descriptor: number, position: number): Meta | undefined {
  const page = read(descriptor, position);
  if (page?.readUInt32LE(MAGIC_AT) !== MAGIC) return undefined;
  const roots = [FREE_ROOT_AT, MAIN_ROOT_AT].map((at) => page.readBigUInt64LE(at)).filter((root) => root !== NO_PAGE);
  const last = roots.reduce((one, two) => (one > two ? one : two), 1n);
  return {
    transaction: page.readBigUInt64LE(TRANSACTION_AT),
    endOfRoots: (last + 1n) * BigInt(page.readUInt32LE(PAGE_BYTES_AT)),
  };
}

function read(descriptor: number, position: number): Buffer | undefined {
  const page = Buffer.alloc(META_BYTES);
  return readSync(descriptor, page, 0, META_BYTES, position) === META_BYTES ? page : undefined;
}
