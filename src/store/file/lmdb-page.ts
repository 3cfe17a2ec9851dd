/**
 * Pages of an LMDB data file (format 2, 64 bit, little endian; source: `MDB_page`, `MDB_node` and `MDB_db` in LMDB's mdb.c),
 * read with distrust: each function throws a `PageProblem` where LMDB, which trusts what it maps, would read elsewhere.
 */

/** What makes a file no whole LMDB file; `message` is half a sentence. */
export class PageProblem extends Error {
  override readonly name = 'PageProblem';
}

export interface BranchPage {
  readonly kind: 'branch';
  readonly children: readonly { readonly key: Buffer; readonly page: number }[];
}

export interface LeafPage {
  readonly kind: 'leaf';
  readonly entries: readonly LeafEntry[];
}

export interface LeafEntry {
  readonly key: Buffer;
  readonly value: InlineValue | LargeValue;
}

export interface InlineValue {
  readonly bytes: Buffer;
  /** It is the root record of a named database. */
  readonly isDatabase: boolean;
}

/** A value in pages of its own. */
export interface LargeValue {
  readonly firstPage: number;
  readonly pages: number;
  readonly byteLength: number;
  /** The transaction that wrote it. */
  readonly transaction: bigint;
}

/** The record of one B-tree. */
export interface Tree {
  readonly depth: number;
  readonly entries: number;
  /** undefined while it is empty. */
  readonly root: number | undefined;
}

export const PAGE_HEADER_BYTES = 24;
export const TREE_BYTES = 48;

const PAGE_KINDS = { branch: 0x01, leaf: 0x02, overflow: 0x04 } as const;
/** Notes of the writer to itself that may reach the disk: the dirty overflow and keep marks. */
const WRITER_MARKS = 0xa000;

const NODE_HEADER_BYTES = 8;
const LARGE_VALUE_BYTES = 24;
const NODE_IS_LARGE = 0x01;
const NODE_IS_DATABASE = 0x02;
const NO_PAGE = 2n ** 64n - 1n;

/**
 * @param transaction the last one: it and those before have written all pages, and a page of a later one passes for one
 * that was changed in memory
 * @throws {PageProblem}
 */
export function readTreePage(page: Buffer, pageNumber: number, transaction: bigint): BranchPage | LeafPage {
  const flags = readHeader(page, pageNumber, transaction);
  if (flags === PAGE_KINDS.branch) return { kind: 'branch', children: readBranchNodes(page, pageNumber) };
  if (flags === PAGE_KINDS.leaf) return { kind: 'leaf', entries: readLeafNodes(page, pageNumber) };
  throw new PageProblem(`page ${pageNumber} is of no kind that it should be`);
}

/** @param header the first bytes of the first page. @throws {PageProblem} unless it begins the pages of `value` */
export function checkLargeValue(
  header: Buffer,
  { firstPage, pages, byteLength, transaction: written }: LargeValue,
  { pageBytes, transaction }: { readonly pageBytes: number; readonly transaction: bigint },
): void {
  const flags = readHeader(header, firstPage, transaction);
  const isIt = flags === PAGE_KINDS.overflow && header.readUInt32LE(20) === pages && written <= transaction;
  if (!isIt || pages * pageBytes - PAGE_HEADER_BYTES < byteLength) {
    throw new PageProblem(`page ${firstPage} does not begin a value of ${byteLength} bytes`);
  }
}

/** @throws {PageProblem} */
export function readTree(bytes: Buffer, at: number): Tree {
  const root = bytes.readBigUInt64LE(at + 40);
  return {
    depth: bytes.readUInt16LE(at + 6),
    entries: safeNumber(bytes.readBigUInt64LE(at + 32)),
    root: root === NO_PAGE ? undefined : safeNumber(root),
  };
}

/** @throws {PageProblem} when no file has as much */
export function safeNumber(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new PageProblem(`it counts to ${value}`);
  return Number(value);
}

function readHeader(page: Buffer, pageNumber: number, transaction: bigint): number {
  if (page.readBigUInt64LE(0) !== BigInt(pageNumber)) {
    throw new PageProblem(`page ${pageNumber} does not carry its own number`);
  }
  if (page.readBigUInt64LE(8) > transaction) {
    throw new PageProblem(`page ${pageNumber} is of a transaction that there was not`);
  }
  return page.readUInt16LE(18) & ~WRITER_MARKS;
}

function readBranchNodes(page: Buffer, pageNumber: number): BranchPage['children'] {
  const nodes = nodePositions(page, pageNumber);
  if (nodes.length < 2) throw new PageProblem(`branch page ${pageNumber} has no branches`);
  const room = roomFor(page, pageNumber);
  const children = nodes.map((at) => {
    const keyBytes = page.readUInt16LE(at + 6);
    room.take(at, NODE_HEADER_BYTES + keyBytes);
    const number = page.readUInt32LE(at) + page.readUInt16LE(at + 4) * 2 ** 32;
    return { key: keyOf(page, at, keyBytes), page: number };
  });
  room.close();
  return children;
}

function readLeafNodes(page: Buffer, pageNumber: number): LeafPage['entries'] {
  const nodes = nodePositions(page, pageNumber);
  const room = roomFor(page, pageNumber);
  const entries = nodes.map((at): LeafEntry => {
    const byteLength = page.readUInt32LE(at);
    const flags = page.readUInt16LE(at + 4);
    const keyBytes = page.readUInt16LE(at + 6);
    const isLarge = flags === NODE_IS_LARGE;
    if (!isLarge && flags !== 0 && flags !== NODE_IS_DATABASE) {
      throw new PageProblem(`page ${pageNumber} has a row of no known kind`);
    }
    room.take(at, NODE_HEADER_BYTES + keyBytes + (isLarge ? LARGE_VALUE_BYTES : byteLength));
    const key = keyOf(page, at, keyBytes);
    const valueAt = at + NODE_HEADER_BYTES + keyBytes;
    if (!isLarge) {
      const bytes = page.subarray(valueAt, valueAt + byteLength);
      return { key, value: { bytes, isDatabase: flags === NODE_IS_DATABASE } };
    }
    const firstPage = safeNumber(page.readBigUInt64LE(valueAt));
    const pages = safeNumber(page.readBigUInt64LE(valueAt + 16));
    return { key, value: { firstPage, pages, byteLength, transaction: page.readBigUInt64LE(valueAt + 8) } };
  });
  room.close();
  return entries;
}

/** Where the nodes begin: their list grows up from the header, they themselves down from the end of the page. */
function nodePositions(page: Buffer, pageNumber: number): readonly number[] {
  const { lower, upper } = bounds(page);
  if (lower % 2 !== 0 || lower > upper || upper > page.length - PAGE_HEADER_BYTES) {
    throw new PageProblem(`page ${pageNumber} has bounds that no page has`);
  }
  return Array.from({ length: lower / 2 }, (_, index) => {
    const at = PAGE_HEADER_BYTES + page.readUInt16LE(PAGE_HEADER_BYTES + 2 * index);
    if (at % 2 !== 0 || at < PAGE_HEADER_BYTES + upper || at + NODE_HEADER_BYTES > page.length) {
      throw new PageProblem(`page ${pageNumber} has a row outside its bounds`);
    }
    return at;
  });
}

function bounds(page: Buffer) {
  return { lower: page.readUInt16LE(20), upper: page.readUInt16LE(22) };
}

/** Nodes lie without a gap between the upper bound and the end: so their lengths prove each other. */
function roomFor(page: Buffer, pageNumber: number) {
  let left = page.length - PAGE_HEADER_BYTES - bounds(page).upper;
  return {
    take(at: number, byteLength: number): void {
      if (at + byteLength > page.length) throw new PageProblem(`page ${pageNumber} has a row beyond its end`);
      left -= byteLength + (byteLength % 2);
    },
    close(): void {
      if (left !== 0) throw new PageProblem(`page ${pageNumber} has rows of wrong lengths`);
    },
  };
}

function keyOf(page: Buffer, at: number, keyBytes: number): Buffer {
  return page.subarray(at + NODE_HEADER_BYTES, at + NODE_HEADER_BYTES + keyBytes);
}
