import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { errorMessage, ProcmondError, systemErrorCode } from '../../base/errors.ts';
import { type FileIdentity, identityOf, isFile } from './file-identity.ts';

const LOCK_FILE = 'writer.lock';
const HOLDER_FILE = 'writer.pid';

export interface WriterLockHolder {
  /** Where it runs, which may be another pid namespace; undefined where it could not say. */
  readonly pid: number | undefined;
}

/**
 * Makes this process the only writer of a data directory. Node.js has no file locks, but the SQLite in it takes one
 * (fcntl(2)) on an otherwise empty database. The kernel drops it when the process dies, however it dies, and processes in
 * other containers on the same volume meet the same lock, since it belongs to the file and not to a pid.
 */
export class WriterLock {
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #identity: FileIdentity;

  private constructor(database: DatabaseSync, path: string) {
    this.#database = database;
    this.#path = path;
    this.#identity = identityOf(path);
  }

  /** @throws {ProcmondError} STORE_LOCKED when another process (or another store of this one) holds it */
  static acquire(directory: string): WriterLock {
    const holderPath = join(directory, HOLDER_FILE);
    let database: DatabaseSync | undefined;
    try {
      const path = join(directory, LOCK_FILE);
      makePrivate(path);
      database = new DatabaseSync(path, { timeout: 0 });
      database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
      nameHolder(holderPath);
      return new WriterLock(database, path);
    } catch (error) {
      database?.close();
      if (isBusy(error)) {
        throw new ProcmondError(
          'STORE_LOCKED',
          `another procmond${holder(holderPath)} writes to ${directory}; stop it, or give this one its own --data-dir`,
          { cause: error },
        );
      }
      throw new ProcmondError(
        'STORE_UNUSABLE',
        `could not lock the data directory ${directory}: ${errorMessage(error)}; check that it can be written to`,
        { cause: error },
      );
    }
  }

  /**
   * Who writes to a data directory now; undefined when nobody does. It looks for an instant only, and leaves nothing behind.
   * @throws an error of SQLite or the system when it cannot be looked at
   */
  static holder(directory: string): WriterLockHolder | undefined {
    const path = join(directory, LOCK_FILE);
    if (!existsSync(path)) return undefined;
    const database = new DatabaseSync(path, { readOnly: true, timeout: 0 });
    try {
      database.exec('SELECT count(*) FROM sqlite_schema');
      return undefined;
    } catch (error) {
      if (isBusy(error)) return { pid: holderPid(join(directory, HOLDER_FILE)) };
      throw error;
    } finally {
      database.close();
    }
  }

  /** False when the file is gone from the directory, or another one is there: then it keeps nobody out. */
  get isInPlace(): boolean {
    return isFile(this.#path, this.#identity);
  }

  /** May be called twice. */
  release(): void {
    if (this.#database.isOpen) this.#database.close();
  }
}

/**
 * SQLite would make the file readable to all. One that is there is not even opened: closing any descriptor of a file drops
 * the locks which this process has on it through others (fcntl(2)).
 */
function makePrivate(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST') throw error;
  }
}

function nameHolder(path: string): void {
  try {
    writeFileSync(path, `${process.pid}\n`, { mode: 0o600 });
  } catch {
    // Only a help to the reader of a message; a full disk must not keep procmond from delivering what lies on it.
  }
}

/** SQLITE_BUSY, sqlite.org/rescode.html */
const SQLITE_BUSY = 5;

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;
}

function holder(path: string): string {
  const pid = holderPid(path);
  return pid === undefined ? '' : ` (pid ${pid} where it runs)`;
}

function holderPid(path: string): number | undefined {
  try {
    return Number.parseInt(readFileSync(path, 'utf8'), 10) || undefined;
  } catch {
    // Only a help to the reader of a message.
    return undefined;
  }
}
