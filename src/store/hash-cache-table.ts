import type { Layout } from './layout.ts';

interface HashRow {
  /** Lower-case hex. */
  readonly sha256: string;
  /** Epoch milliseconds. */
  readonly hashedAtMillis: number;
}

const MAX_ROWS = 10_000;

/** How many of the oldest go at once when it is full, so that looking for them is rare. */
const DROPPED_AT_ONCE = 1_000;

/** Hashes of files by device, inode, size, mtime and ctime. Bounded: over 10,000 the oldest go. */
export class HashCacheTable {
  readonly #layout: Layout;

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  get count(): number {
    const { entryCount } = this.#layout.hashes.getStats() as { readonly entryCount: number };
    return entryCount;
  }

  get(version: string): string | undefined {
    return (this.#layout.hashes.get(version) as HashRow | undefined)?.sha256;
  }

  /** Belongs into `SnapshotStore.transact`. */
  put(version: string, row: HashRow): void {
    this.#layout.hashes.putSync(version, row);
    if (this.count > MAX_ROWS) this.#dropOldest();
  }

  #dropOldest(): void {
    const rows = Array.from(this.#layout.hashes.getRange(), ({ key, value }) => ({ key, value: value as HashRow }));
    rows.sort((a, b) => a.value.hashedAtMillis - b.value.hashedAtMillis);
    for (const { key } of rows.slice(0, DROPPED_AT_ONCE)) this.#layout.hashes.removeSync(key);
  }
}
