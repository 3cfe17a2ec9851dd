import { accessSync, closeSync, constants, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { systemErrorCode } from '../../base/errors.ts';
import { type Layout, openLayout } from '../layout.ts';
import { DATA_FILE } from './data-file.ts';

const LOCK_FILE = 'lock.mdb';
const ROOM_FILE = 'room.tmp';

/** As long as LMDB makes it, or longer. */
const LOCK_FILE_BYTES = 16 * 1024;
/** More than a new store takes until its databases are made. */
const ROOM_BYTES = 128 * 1024;

/**
 * Opens LMDB where it will not fail for a reason that the system tells before: lmdb-js ends the process by a signal when
 * LMDB can neither open its file of locks nor begin its data file. What is in the data file must have been looked at.
 * @throws an error of the system or of LMDB
 */
export function openSafely(directory: string, { readOnly }: { readonly readOnly: boolean }): Layout {
  const lockPath = join(directory, LOCK_FILE);
  const lock = statSync(lockPath, { throwIfNoEntry: false });
  // No descriptor of it is opened: closing one would drop the locks that this process has on it (fcntl(2)).
  if (lock !== undefined) {
    if (!lock.isFile()) throw new Error(`${lockPath} is no regular file`);
    // A reader takes its place in it too; on a read-only file system LMDB reads without.
    if (!readOnly || !isOnReadOnlyFileSystem(lockPath)) accessSync(lockPath, constants.R_OK | constants.W_OK);
  }
  if (!readOnly) {
    if ((statSync(join(directory, DATA_FILE), { throwIfNoEntry: false })?.size ?? 0) === 0) proveRoom(directory);
    // LMDB would only set its length and write to it through memory, which on a full disk ends the process by a signal.
    if ((lock?.size ?? 0) === 0) writeZeros(lockPath, LOCK_FILE_BYTES);
  }
  return openLayout(directory, { readOnly });
}

function isOnReadOnlyFileSystem(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return false;
  } catch (error) {
    return systemErrorCode(error) === 'EROFS';
  }
}

function proveRoom(directory: string): void {
  const path = join(directory, ROOM_FILE);
  writeZeros(path, ROOM_BYTES);
  rmSync(path);
}

/** All of them or none: a file that could not be written whole is removed. */
function writeZeros(path: string, byteLength: number): void {
  const descriptor = openSync(path, 'w', 0o600);
  try {
    const zeros = Buffer.alloc(byteLength);
    for (let written = 0; written < byteLength; ) written += writeSync(descriptor, zeros, written);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
}
