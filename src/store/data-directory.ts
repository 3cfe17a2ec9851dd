import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { errorMessage, ProcmondError } from '../base/errors.ts';

const GROUP_AND_OTHERS = 0o077;
const WRITE_OF_OTHERS = 0o022;

/**
 * Makes the data directory with mode 0700, whatever the umask, or takes an existing one that is ours.
 * One that others may only read is closed to them.
 * @returns true when an existing directory had to be closed to readers
 * @throws {ProcmondError} DATA_DIRECTORY_UNSAFE when another user owns it or may write to it; STORE_UNUSABLE when it cannot be made
 */
export function prepareDataDirectory(path: string, effectiveUserId = process.geteuid?.()): boolean {
  try {
    if (mkdirSync(path, { recursive: true, mode: 0o700 }) !== undefined) {
      // A umask may have taken away from the owner.
      chmodSync(path, 0o700);
      return false;
    }
    const { mode, uid } = statSync(path);
    if (effectiveUserId !== undefined && uid !== effectiveUserId) {
      throw unsafe(path, `it belongs to uid ${uid}, procmond runs as uid ${effectiveUserId}`);
    }
    if ((mode & WRITE_OF_OTHERS) !== 0) {
      throw unsafe(path, `others may write to it (mode ${(mode & 0o777).toString(8)})`, `chmod 700 ${path}`);
    }
    if ((mode & GROUP_AND_OTHERS) === 0) return false;
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

function unsafe(path: string, why: string, remedy = 'choose another one with --data-dir'): ProcmondError {
  return new ProcmondError('DATA_DIRECTORY_UNSAFE', `will not keep process data in ${path}: ${why}; ${remedy}`);
}
