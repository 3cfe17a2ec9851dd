import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { errorMessage, ProcmondError, systemErrorCode } from '../base/errors.ts';

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
  | { readonly kind: 'unsafe'; readonly ownerUserId: number; readonly why: string; readonly remedy: string };

/**
 * Makes the data directory with mode 0700, whatever the umask, or takes an existing one that is ours.
 * One that others may only read is closed to them.
 * @returns true when an existing directory had to be closed to readers
 * @throws {ProcmondError} DATA_DIRECTORY_UNSAFE when another user owns it or may write to it; STORE_UNUSABLE when it cannot be made
 */
export function prepareDataDirectory(path: string, owner: DataOwner = ourselves()): boolean {
  try {
    if (mkdirSync(path, { recursive: true, mode: 0o700 }) !== undefined) {
      // A umask may have taken away from the owner.
      chmodSync(path, 0o700);
      return false;
    }
    const state = inspectDataDirectory(path, owner);
    if (state.kind === 'unsafe') throw unsafe(path, state);
    if (state.kind !== 'readable') return false;
    chmodSync(path, 0o700);
    return true;
  } catch (error) {
    if (error instanceof ProcmondError) throw error;
    throw new ProcmondError(
      'STORE_UNUSABLE',
      `could not prepare the data directory ${path}: ${errorMessage(error)}; choose another one with --data-dir`,
      { cause: error },
    );
  }
}

/** Changes nothing. @throws a system error when it cannot be looked at */
export function inspectDataDirectory(path: string, { effectiveUserId }: DataOwner = ourselves()): DataDirectoryState {
  let mode: number;
  let ownerUserId: number;
  try {
    ({ mode, uid: ownerUserId } = statSync(path));
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return { kind: 'missing' };
    throw error;
  }
  if (effectiveUserId === undefined) return { kind: 'private', ownerUserId };
  if (ownerUserId !== effectiveUserId) {
    const why = `it belongs to uid ${ownerUserId}, procmond runs as uid ${effectiveUserId}`;
    return { kind: 'unsafe', ownerUserId, why, remedy: 'choose another one with --data-dir' };
  }
  if ((mode & WRITE_OF_OTHERS) !== 0) {
    const why = `others may write to it (mode ${(mode & 0o777).toString(8)})`;
    return { kind: 'unsafe', ownerUserId, why, remedy: `chmod 700 ${path}` };
  }
  return { kind: (mode & GROUP_AND_OTHERS) === 0 ? 'private' : 'readable', ownerUserId };
}

function ourselves(): DataOwner {
  return { effectiveUserId: process.geteuid?.() };
}

function unsafe(path: string, { why, remedy }: DataDirectoryState & { kind: 'unsafe' }): ProcmondError {
  return new ProcmondError('DATA_DIRECTORY_UNSAFE', `will not keep process data in ${path}: ${why}; ${remedy}`);
}
