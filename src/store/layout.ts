import { asBinary, type Database, open, type RootDatabase } from 'lmdb';

/**
 * What lies in `data.mdb`: one LMDB environment, a named database per kind of row. JSON rows are plain text, so that no
 * state of an encoder can be lost with an aborted transaction.
 *
 * | database | key | value |
 * |---|---|---|
 * | `meta` | name | JSON: schema version, sequence and cursor, running time, snapshot state, instance id, redaction key, notices |
 * | `identities` | pid | JSON: the row of one identity, written when it changes |
 * | `figures` | version of their packing | zstd: the volatile figures of all processes, packed (figures-codec.ts) |
 * | `outbox_index` | first sequence number | JSON: topic, count, size, times and sender of a chunk |
 * | `outbox_chunks` | first sequence number | zstd: the records of a chunk, one JSON text a line |
 * | `senders` | digest | JSON: resource and scope that records were emitted with |
 * | `discards` | reason and topic, or the number of the record that tells it | JSON: numbers that left undelivered |
 * | `dead_letters` | sequence number | JSON: a record the endpoint refuses for good, and why |
 * | `hashes` | device, inode, size, mtime and ctime of a file | JSON: SHA-256 of its content, and when it was read |
 * | `retried` | sequence number | JSON: true, a mark on a dead letter that is to be sent once more |
 */
export const SCHEMA_VERSION = 1;

export interface Layout {
  readonly root: RootDatabase;
  readonly meta: Database<unknown, string>;
  readonly identities: Database<unknown, number>;
  readonly figures: Database<Buffer, number>;
  readonly outboxIndex: Database<unknown, number>;
  readonly outboxChunks: Database<Buffer, number>;
  readonly senders: Database<unknown, string>;
  readonly discards: Database<unknown, string>;
  readonly deadLetters: Database<unknown, number>;
  readonly hashes: Database<unknown, string>;
  readonly retried: Database<unknown, number>;
}

/** Of the named databases; lmdb's own bound is 12. */
const MAX_DATABASES = 32;

export function openLayout(directory: string, options: { readonly readOnly: boolean }): Layout {
  // `permissionsMode` is not in lmdb's declarations; without it the file would be readable to the group.
  const rootOptions = {
    path: directory,
    noSubdir: false,
    permissionsMode: 0o600,
    maxDbs: MAX_DATABASES,
    readOnly: options.readOnly,
  };
  const root = open(rootOptions);
  const json = <Key extends string | number>(name: string): Database<unknown, Key> =>
    root.openDB<unknown, Key>({ name, encoding: 'json' });
  const binary = (name: string): Database<Buffer, number> => root.openDB<Buffer, number>({ name, encoding: 'binary' });
  return {
    root,
    meta: json('meta'),
    identities: json('identities'),
    figures: binary('figures'),
    outboxIndex: json('outbox_index'),
    outboxChunks: binary('outbox_chunks'),
    senders: json('senders'),
    discards: json('discards'),
    deadLetters: json('dead_letters'),
    hashes: json('hashes'),
    retried: json('retried'),
  };
}

/** Rows in one transaction: large enough to be quick, small enough for memory. */
const ROWS_AT_ONCE = 256;

/** Copies all rows as they are. `meta` goes last: what was not copied to its end has rows, but no schema. */
export function copyRows(from: Layout, to: Layout): void {
  const { root: _, meta: __, ...tables } = from;
  for (const name of [...(Object.keys(tables) as (keyof typeof tables)[]), 'meta' as const]) {
    copyTable(from[name], to[name]);
  }
}

function copyTable(from: Database<unknown, string | number>, to: Database<unknown, string | number>): void {
  const keys = Array.from(from.getKeys());
  for (let first = 0; first < keys.length; first += ROWS_AT_ONCE) {
    to.transactionSync(() => {
      for (const key of keys.slice(first, first + ROWS_AT_ONCE)) {
        const row = from.getBinary(key);
        if (row !== undefined) to.putSync(key, asBinary(row));
      }
    });
  }
}
