import {
  checkLargeValue,
  type LargeValue,
  type LeafEntry,
  PAGE_HEADER_BYTES,
  PageProblem,
  readTree,
  readTreePage,
  safeNumber,
  TREE_BYTES,
  type Tree,
} from './lmdb-page.ts';

/** One snapshot of an LMDB file, as its meta page tells. */
export interface FileSnapshot {
  readonly pageBytes: number;
  readonly lastPage: number;
  readonly transaction: bigint;
  readonly freePages: Tree;
  readonly main: Tree;
}

/** Reads `length` bytes at `position`, which lies within the file. @throws a system error */
export type ReadBytes = (position: number, length: number) => Buffer;

/**
 * Walks all B-trees of a snapshot: every page that LMDB may read must lie in the file, be what it should be, and be used
 * once; keys must be in order; pages that are listed as free must not be used. What is in large values is not read.
 * @returns entries of the named databases, by name
 * @throws {PageProblem}
 */
export function walkPages(read: ReadBytes, fileBytes: number, snapshot: FileSnapshot): ReadonlyMap<string, number> {
  const walk = new PageWalk(read, fileBytes, snapshot);
  walk.tree(snapshot.freePages, { compare: compareTransactions, entry: (entry) => walk.freePages(entry) });
  const databases = new Map<string, number>();
  walk.tree(snapshot.main, {
    compare: compareKeys,
    entry: ({ key, value }) => {
      if ('firstPage' in value || !value.isDatabase) throw new PageProblem('it has a row outside all databases');
      if (value.bytes.length !== TREE_BYTES || value.bytes.readUInt16LE(4) !== 0) {
        throw new PageProblem('it has a database of no known kind');
      }
      const tree = readTree(value.bytes, 0);
      walk.tree(tree, { compare: compareKeys, entry: ({ value: row }) => walk.row(row) });
      // A C string, its end included.
      databases.set(key.toString('utf8').replace(/\0$/, ''), tree.entries);
    },
  });
  return databases;
}

interface TreeKind {
  readonly compare: (one: Buffer, two: Buffer) => number;
  readonly entry: (entry: LeafEntry) => void;
}

/** The cursor of LMDB has room for no deeper tree. */
const MAX_DEPTH = 32;

class PageWalk {
  readonly #read: ReadBytes;
  readonly #snapshot: FileSnapshot;
  readonly #pagesInFile: number;
  /** One bit each. */
  readonly #seen: Uint8Array;

  constructor(read: ReadBytes, fileBytes: number, snapshot: FileSnapshot) {
    this.#read = read;
    this.#snapshot = snapshot;
    this.#pagesInFile = Math.floor(fileBytes / snapshot.pageBytes);
    // Free pages at the end need not be in the file, but there are not more of them than it ever had.
    if (snapshot.lastPage >= 2 * this.#pagesInFile + SPARE_PAGES) {
      throw new PageProblem(`it was cut short to ${fileBytes} bytes`);
    }
    this.#seen = new Uint8Array((snapshot.lastPage >>> 3) + 1);
  }

  tree({ root, depth, entries }: Tree, kind: TreeKind): void {
    if (root === undefined) {
      if (entries !== 0) throw new PageProblem('it has lost the root of a database');
      return;
    }
    if (depth < 1 || depth > MAX_DEPTH) throw new PageProblem(`it has a database ${depth} pages deep`);
    const found = this.#subtree(root, depth, kind, undefined, undefined);
    if (found !== entries) throw new PageProblem(`a database has ${found} rows instead of ${entries}`);
  }

  row(value: LeafEntry['value']): void {
    if ('firstPage' in value) this.#largeValue(value);
    else if (value.isDatabase) throw new PageProblem('it has a database within a database');
  }

  /** The list of pages that a transaction freed: their count, then a number each, or minus a length and a first number. */
  freePages({ value }: LeafEntry): void {
    const bytes = 'firstPage' in value ? this.#contentOf(value) : value.bytes;
    if (bytes.length < 8) throw new PageProblem('a list of free pages is cut off');
    const count = safeNumber(bytes.readBigUInt64LE(0));
    if ((count + 1) * 8 > bytes.length) throw new PageProblem('a list of free pages is cut off');
    for (let index = 1; index <= count; index++) {
      const entry = safeNumber(magnitude(bytes.readBigInt64LE(index * 8)));
      const isBlock = bytes.readBigInt64LE(index * 8) < 0n;
      if (entry === 0) continue;
      if (!isBlock) this.#use(entry, 1);
      else if (index === count) throw new PageProblem('a list of free pages is cut off');
      else this.#use(safeNumber(magnitude(bytes.readBigInt64LE(++index * 8))), entry);
    }
  }

  /** @returns how many entries lie below `page`, whose keys are within [low, high) */
  #subtree(page: number, depth: number, kind: TreeKind, low: Buffer | undefined, high: Buffer | undefined): number {
    this.#useInFile(page, 1);
    const { pageBytes, transaction } = this.#snapshot;
    const content = readTreePage(this.#read(page * pageBytes, pageBytes), page, transaction);
    if ((content.kind === 'leaf') !== (depth === 1)) throw new PageProblem(`page ${page} lies at a wrong depth`);
    if (content.kind === 'leaf') {
      let before = low;
      for (const [index, entry] of content.entries.entries()) {
        const isBehind = before === undefined || kind.compare(before, entry.key) < (index === 0 ? 1 : 0);
        if (!isBehind || (high !== undefined && kind.compare(entry.key, high) >= 0)) throw outOfOrder(page);
        before = entry.key;
        kind.entry(entry);
      }
      return content.entries.length;
    }
    let found = 0;
    let from = low;
    for (const [index, child] of content.children.entries()) {
      // The first key of a branch page stands for everything below the second, whatever it says.
      if (index > 0) {
        if (from !== undefined && kind.compare(from, child.key) > 0) throw outOfOrder(page);
        from = child.key;
      }
      const to = content.children[index + 1]?.key ?? high;
      found += this.#subtree(child.page, depth - 1, kind, from, to);
    }
    return found;
  }

  #largeValue(value: LargeValue): void {
    this.#useInFile(value.firstPage, value.pages);
    const header = this.#read(value.firstPage * this.#snapshot.pageBytes, PAGE_HEADER_BYTES);
    checkLargeValue(header, value, this.#snapshot);
  }

  #contentOf(value: LargeValue): Buffer {
    this.#largeValue(value);
    return this.#read(value.firstPage * this.#snapshot.pageBytes + PAGE_HEADER_BYTES, value.byteLength);
  }

  #useInFile(first: number, count: number): void {
    if (first + count > this.#pagesInFile) {
      throw new PageProblem(`it was cut short to ${this.#pagesInFile} pages and uses page ${first + count - 1}`);
    }
    this.#use(first, count);
  }

  #use(first: number, count: number): void {
    if (first < META_PAGES || count < 1 || first + count - 1 > this.#snapshot.lastPage) {
      throw new PageProblem(`it refers to page ${first + count - 1}, which it does not have`);
    }
    for (let page = first; page < first + count; page++) {
      const bit = 1 << (page & 7);
      const byte = this.#seen[page >>> 3] as number;
      if ((byte & bit) !== 0) throw new PageProblem(`it uses page ${page} twice`);
      this.#seen[page >>> 3] = byte | bit;
    }
  }
}

const META_PAGES = 2;
/** A small file may have been a larger one: 64 MiB of pages of 4 KiB. */
const SPARE_PAGES = 16_384;

function compareKeys(one: Buffer, two: Buffer): number {
  return one.compare(two);
}

/** Keys of the list of free pages: the number of the transaction, in the byte order of the machine. */
function compareTransactions(one: Buffer, two: Buffer): number {
  if (one.length !== 8 || two.length !== 8) throw new PageProblem('a list of free pages has a wrong key');
  const difference = one.readBigUInt64LE(0) - two.readBigUInt64LE(0);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function outOfOrder(page: number): PageProblem {
  return new PageProblem(`the keys of page ${page} are out of order`);
}
