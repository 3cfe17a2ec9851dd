import { randomBytes, randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, systemClock } from '../base/clock.ts';
import { errorMessage } from '../base/errors.ts';
import { faultPoint } from '../base/fault-point.ts';
import { type Logger, silentLogger } from '../base/logger.ts';
import { type Compaction, compactWhenLarge } from './file/compaction.ts';
import { prepareDataDirectory } from './file/data-directory.ts';
import { DATA_FILE } from './file/data-file.ts';
import { type FileIdentity, identityOf, isFile } from './file/file-identity.ts';
import { isLmdbError, openForReading, openForWriting, unusable } from './file/open-data.ts';
import { openSafely } from './file/open-safely.ts';
import { restoreData } from './file/restore-data.ts';
import { WriterLock } from './file/writer-lock.ts';
import { HashCacheTable } from './hash-cache-table.ts';
import type { Layout } from './layout.ts';
import { clearNotices, noticesOf, type StoreNotice } from './notices.ts';
import { Outbox } from './outbox/outbox.ts';
import { SnapshotTable } from './snapshot-table.ts';

export const DEFAULT_OUTBOX_MAX_BYTES = 1024 ** 3;

export interface StoreOptions {
  /** Absolute path; made with mode 0700 when it is missing. */
  readonly directory: string;
  /** Bound of the outbox in bytes of LMDB pages; 1 GiB by default. */
  readonly outboxMaxBytes?: number;
  /** How long a record may wait, counted in running time; 0, the default, is no bound. */
  readonly outboxMaxAgeMillis?: number;
  readonly clock?: Clock;
  /** Told what is done about a file that is damaged or gone. */
  readonly logger?: Logger;
}

/**
 * The durable state of one host's procmond: the snapshot, the outbox and the hashes of files, in one LMDB environment,
 * changed together or not at all. One process writes; others may read the snapshot meanwhile.
 */
export class SnapshotStore {
  readonly directory: string;
  readonly snapshot: SnapshotTable;
  readonly outbox: Outbox;
  readonly hashCache: HashCacheTable;
  /** True when the directory could be read by others until now. */
  readonly closedToReaders: boolean;
  /** What became of a file that was much larger than its content; undefined where it was not. */
  readonly compaction: Compaction | undefined;
  /** One object for all parts; what is in it is replaced when the file is. */
  readonly #layout: Layout;
  readonly #path: string;
  readonly #logger: Logger;
  #file: FileIdentity;
  #lock: WriterLock;
  #inTransaction = false;
  #closed = false;

  private constructor(
    options: StoreOptions,
    layout: Layout,
    lock: WriterLock,
    found: { readonly closedToReaders: boolean; readonly compaction: Compaction | undefined },
  ) {
    this.directory = options.directory;
    this.#layout = layout;
    this.#path = join(options.directory, DATA_FILE);
    this.#logger = options.logger ?? silentLogger;
    this.#file = identityOf(this.#path);
    this.#lock = lock;
    this.closedToReaders = found.closedToReaders;
    this.compaction = found.compaction;
    this.snapshot = new SnapshotTable(layout);
    this.hashCache = new HashCacheTable(layout);
    const { outboxMaxBytes = DEFAULT_OUTBOX_MAX_BYTES, outboxMaxAgeMillis = 0, clock = systemClock } = options;
    this.outbox = new Outbox(layout, { maxBytes: outboxMaxBytes, maxAgeMillis: outboxMaxAgeMillis, clock });
  }

  /**
   * A file that cannot be used is put aside and a new store begun; see `notices`.
   * @throws {ProcmondError} DATA_DIRECTORY_UNSAFE, STORE_LOCKED, STORE_SCHEMA, STORE_UNUSABLE
   */
  static async open(options: StoreOptions): Promise<SnapshotStore> {
    const closedToReaders = prepareDataDirectory(options.directory);
    const lock = WriterLock.acquire(options.directory);
    TEST_ONLY: faultPoint('start.locked');
    let layout: Layout | undefined;
    try {
      layout = await openForWriting(options.directory, options.logger ?? silentLogger);
      const compaction = await compactWhenLarge(join(options.directory, DATA_FILE), layout);
      if (compaction?.kind === 'done') {
        // Closed: should the new one not open, there is nothing to close any more.
        layout = undefined;
        layout = openSafely(options.directory, { readOnly: false });
      }
      const store = new SnapshotStore(options, layout, lock, { closedToReaders, compaction });
      TEST_ONLY: faultPoint('start.store_opened');
      return store;
    } catch (error) {
      await layout?.root.close();
      lock.release();
      throw error;
    }
  }

  /**
   * Runs `work` in one LMDB transaction that is on disk when this returns. `work` is synchronous; when it throws, nothing
   * of it has happened, in memory or on disk. A file that is gone from the directory is written there anew before.
   * @throws what `work` throws; {ProcmondError} STORE_UNUSABLE when LMDB cannot commit, or the file is gone and cannot be
   * written anew; STORE_LOCKED when another procmond has taken the directory meanwhile
   */
  transact<Result>(work: () => Result): Result {
    if (this.#inTransaction) throw new Error('a transaction is open already');
    this.#keepInPlace();
    let result: Result | undefined;
    this.#inTransaction = true;
    this.outbox.begin();
    try {
      // A reader that was killed would hold back all pages freed since, and the file would grow with every commit.
      this.#layout.root.readerCheck();
      // The callback must return nothing: lmdb would wait for a promise and leave the transaction open.
      this.#layout.root.transactionSync(() => {
        TEST_ONLY: faultPoint('transaction.begun');
        result = work();
        TEST_ONLY: faultPoint('transaction.worked');
      });
      TEST_ONLY: faultPoint('transaction.committed');
      this.outbox.adopt();
      TEST_ONLY: faultPoint('transaction.adopted');
      return result as Result;
    } catch (error) {
      this.outbox.rollback();
      throw isLmdbError(error) ? unusable(this.directory, 'write to', error, this.#logger) : error;
    } finally {
      this.#inTransaction = false;
    }
  }

  /** UUIDv4 of this store's procmond: new with a new store, and when the store turns up on another known host. */
  instanceId(hostId: string | undefined): string {
    const known = this.#layout.meta.get(INSTANCE_KEY) as Instance | undefined;
    const moved = known?.hostId !== undefined && hostId !== undefined && known.hostId !== hostId;
    if (known !== undefined && !moved && (known.hostId !== undefined || hostId === undefined)) return known.id;
    const instance: Instance = {
      id: known === undefined || moved ? randomUUID() : known.id,
      ...(hostId && { hostId }),
    };
    this.transact(() => {
      this.#layout.meta.putSync(INSTANCE_KEY, instance);
      TEST_ONLY: faultPoint('start.instance_put');
    });
    return instance.id;
  }

  /**
   * The secret that fingerprints of redacted text are made with: 32 random bytes, new with a new store. It is for the
   * redactor alone and is told nowhere; who has it can try guesses on what was sent.
   */
  redactionKey(): Uint8Array {
    const known = this.#layout.meta.get(REDACTION_KEY);
    if (typeof known === 'string') return Buffer.from(known, 'base64');
    const key = randomBytes(REDACTION_KEY_BYTES);
    this.transact(() => {
      this.#layout.meta.putSync(REDACTION_KEY, key.toString('base64'));
      TEST_ONLY: faultPoint('start.redaction_key_put');
    });
    return key;
  }

  /** What happened to the store and is to be told in a record; the present view inside a transaction. */
  get notices(): readonly StoreNotice[] {
    return noticesOf(this.#layout);
  }

  /** To be called in the transaction that tells them. */
  clearNotices(): void {
    clearNotices(this.#layout);
  }

  /** Size of the file; it never shrinks while it is open. */
  fileBytes(): number {
    return statSync(this.#path).size;
  }

  /** May be called twice. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    TEST_ONLY: faultPoint('stop.store_closing');
    await this.#layout.root.close();
    TEST_ONLY: faultPoint('stop.database_closed');
    this.#lock.release();
    TEST_ONLY: faultPoint('stop.unlocked');
  }

  /** What is removed stays open: commits would succeed, and nobody would ever see them. */
  #keepInPlace(): void {
    if (this.#closed || (isFile(this.#path, this.#file) && this.#lock.isInPlace)) return;
    const { layout, lock } = restoreData(this.directory, this.#layout, {
      isFileInPlace: isFile(this.#path, this.#file),
      isLockInPlace: this.#lock.isInPlace,
      logger: this.#logger,
    });
    if (lock !== undefined) {
      this.#lock.release();
      this.#lock = lock;
    }
    if (layout !== undefined) {
      const { root } = this.#layout;
      Object.assign(this.#layout, layout);
      this.#file = identityOf(this.#path);
      root
        .close()
        .catch((error: unknown) => this.#logger.warn(`could not close the old store: ${errorMessage(error)}`));
    }
  }
}

/**
 * Reads the snapshot of a directory, also while a daemon writes to it. `read` is synchronous and sees one commit.
 * @throws {ProcmondError} STORE_UNUSABLE, STORE_SCHEMA
 */
export async function readSnapshot<Result>(directory: string, read: (table: SnapshotTable) => Result): Promise<Result> {
  const layout = await openForReading(directory);
  try {
    return read(new SnapshotTable(layout));
  } finally {
    await layout.root.close();
  }
}

/** What lies in a store, as far as it can be told without writing to it. */
export interface StoreContents {
  readonly fileBytes: number;
  readonly outboxRecords: number;
  readonly deadLetters: number;
}

/**
 * Looks into the store of a directory, also while a daemon writes to it; undefined where there is none yet.
 * @throws {ProcmondError} STORE_UNUSABLE, STORE_SCHEMA
 */
export async function inspectStore(directory: string): Promise<StoreContents | undefined> {
  const file = statSync(join(directory, DATA_FILE), { throwIfNoEntry: false });
  if (file === undefined) return undefined;
  const layout = await openForReading(directory);
  try {
    const outbox = new Outbox(layout, { maxBytes: DEFAULT_OUTBOX_MAX_BYTES });
    return { fileBytes: file.size, outboxRecords: outbox.recordCount, deadLetters: outbox.deadLetters.count };
  } finally {
    await layout.root.close();
  }
}

interface Instance {
  readonly id: string;
  readonly hostId?: string;
}

const INSTANCE_KEY = 'instance';
const REDACTION_KEY = 'redaction_key';
const REDACTION_KEY_BYTES = 32;
