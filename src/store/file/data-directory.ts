import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmdirSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { errorMessage, ProcmondError, systemErrorCode } from '../../base/errors.ts';
import { type UnsafePath, unsafeStep } from './safe-path.ts';

const GROUP_AND_OTHERS = 0o077;
const WRITE_OF_OTHERS = 0o022;

/** Who keeps data. There is no id where the system has none (Windows); modes say nothing of other users there. */
export interface DataOwner {
  readonly effectiveUserId: number | undefined;
}

/** What a data directory is like, before anything is done about it. */
export type DataDirectoryState =
  | { readonly kind: 'missing' }
  | { readonly kind: 'private'; readonly ownerUserId: number }
  /** Others may read it; it is closed to them when it is taken. */
  | { readonly kind: 'readable'; readonly ownerUserId: number }
  /** Somebody else owns it (who may be not known), may write to it, or decides what it is. */
  | { readonly kind: 'unsafe'; readonly ownerUserId?: number; readonly why: string; readonly remedy: string };

/**
 * Makes the data directory with mode 0700, whatever the umask, or takes an existing one that is ours.
 * One that others may only read is closed to them.
 * @returns true when an existing directory had to be closed to readers
 * @throws {ProcmondError} DATA_DIRECTORY_UNSAFE when another user owns it or may write to it; STORE_UNUSABLE when it cannot be made
 */
export function prepareDataDirectory(path: string, owner: DataOwner = ourselves()): boolean {
  try {
    const before = inspectDataDirectory(path, owner);
    if (before.kind === 'unsafe') throw unsafe(path, before);
    if (before.kind === 'missing' && mkdirSync(path, { recursive: true, mode: 0o700 }) !== undefined) {
      // A umask may have taken away from the owner.
      chmodSync(path, 0o700);
      return false;
    }
    // Somebody else may have made it meanwhile.
    const state = before.kind === 'missing' ? inspectDataDirectory(path, owner) : before;
    if (state.kind === 'unsafe') throw unsafe(path, state);
    if (state.kind !== 'readable') return false;
    chmodSync(path, 0o700);
    return true;
  } catch (error) {
    throw notPrepared(path, error);
  }
}

function notPrepared(path: string, error: unknown): ProcmondError {
  if (error instanceof ProcmondError) return error;
  return new ProcmondError(
    'STORE_UNUSABLE',
    `could not prepare the data directory ${path}: ${errorMessage(error)}; check its permissions, or choose another one with --data-dir`,
    { cause: error },
  );
}

/**
 * Has the data directory made, where it is missing, for another user, as only root can; what is above it is root's. One
 * that is there is that user's already, who looks at the rest of it: root need not have the right to.
 * @throws {ProcmondError} DATA_DIRECTORY_UNSAFE when somebody else owns it or decides where it is; STORE_UNUSABLE when it cannot be made
 */
export function makeDataDirectoryFor(path: string, { userId, groupId }: UserIds): void {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    const problem = found === undefined ? unsafeStep(path, userId) : foreignOwner(path, found.uid, userId);
    if (problem !== undefined) throw unsafe(path, problem);
    if (found !== undefined) return;
    makeFoldersAbove(path);
    mkdirSync(path, { mode: 0o700 });
    try {
      handOver(path, { userId, groupId });
    } catch (error) {
      rmdirSync(path);
      throw error;
    }
  } catch (error) {
    throw notPrepared(path, error);
  }
}

/** So that the other user may go through them. */
function makeFoldersAbove(path: string): void {
  const before = process.umask(0o022);
  try {
    mkdirSync(dirname(path), { recursive: true });
  } finally {
    process.umask(before);
  }
}

interface UserIds {
  readonly userId: number;
  readonly groupId: number;
}

/** By descriptor: no link that somebody put there meanwhile is followed. */
function handOver(path: string, { userId, groupId }: UserIds): void {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    if (fstatSync(descriptor).uid !== process.geteuid?.()) throw new Error('somebody exchanged it meanwhile');
    // Its mode first, which is its owner's to change.
    fchmodSync(descriptor, 0o700);
    fchownSync(descriptor, userId, groupId);
  } finally {
    closeSync(descriptor);
  }
}

function foreignOwner(path: string, ownerUserId: number, userId: number): UnsafePath | undefined {
  if (ownerUserId === userId) return undefined;
  const why = `it belongs to uid ${ownerUserId}, procmond runs as uid ${userId}`;
  return { why, remedy: `choose another one with --data-dir, or chown -R ${userId} ${path}` };
}

/** Changes nothing. @throws a system error when it cannot be looked at */
export function inspectDataDirectory(path: string, { effectiveUserId }: DataOwner = ourselves()): DataDirectoryState {
  let mode: number;
  let ownerUserId: number;
  try {
    ({ mode, uid: ownerUserId } = statSync(path));
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
    const unsafePath = effectiveUserId === undefined ? undefined : unsafeStep(path, effectiveUserId);
    return unsafePath === undefined ? { kind: 'missing' } : { kind: 'unsafe', ...unsafePath };
  }
  if (effectiveUserId === undefined) return { kind: 'private', ownerUserId };
  const foreign = foreignOwner(path, ownerUserId, effectiveUserId);
  if (foreign !== undefined) return { kind: 'unsafe', ownerUserId, ...foreign };
  if ((mode & WRITE_OF_OTHERS) !== 0) {
    const why = `others may write to it (mode ${(mode & 0o777).toString(8)})`;
    return { kind: 'unsafe', ownerUserId, why, remedy: `chmod 700 ${path}` };
  }
  const found = unsafeStep(path, effectiveUserId) ?? plantedFile(path, effectiveUserId);
  if (found !== undefined) return { kind: 'unsafe', ownerUserId, ...found };
  if ((mode & GROUP_AND_OTHERS) === 0) return { kind: 'private', ownerUserId };
  if (!isForProcmond(path)) {
    const why = `it holds other things, and would be closed to their users (mode ${(mode & 0o777).toString(8)})`;
    return { kind: 'unsafe', ownerUserId, why, remedy: 'choose another one with --data-dir, or a folder in it' };
  }
  return { kind: 'readable', ownerUserId };
}

/** What is opened by name in a data directory. The control socket looks after itself. */
const STORE_FILES = ['data.mdb', 'lock.mdb', 'writer.lock', 'writer.pid'];

/** A file that somebody else put there while others could write: it would be read, written or waited for. */
function plantedFile(directory: string, userId: number): UnsafePath | undefined {
  for (const name of STORE_FILES) {
    const path = join(directory, name);
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined) continue;
    const remedy = `look who put it there, and remove it`;
    if (!found.isFile()) return { why: `${path} is no regular file`, remedy };
    if (found.uid !== userId) return { why: `${path} belongs to uid ${found.uid}`, remedy };
    if (found.nlink > 1) return { why: `${path} has ${found.nlink} names, and may be somebody else's file`, remedy };
  }
  return undefined;
}

/** Whether it was made to keep a store in: it is empty, as a new volume is, or has one. */
function isForProcmond(directory: string): boolean {
  const names = readdirSync(directory).filter((name) => name !== 'lost+found');
  return names.length === 0 || STORE_FILES.some((name) => names.includes(name));
}

function ourselves(): DataOwner {
  return { effectiveUserId: process.geteuid?.() };
}

function unsafe(path: string, { why, remedy }: UnsafePath): ProcmondError {
  return new ProcmondError('DATA_DIRECTORY_UNSAFE', `will not keep process data in ${path}: ${why}; ${remedy}`);
}
