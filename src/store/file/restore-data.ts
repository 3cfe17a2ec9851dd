import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ProcmondError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { copyRows, type Layout } from '../layout.ts';
import { putNotice } from '../notices.ts';
import { prepareDataDirectory } from './data-directory.ts';
import { DATA_FILE } from './data-file.ts';
import { unusable } from './open-data.ts';
import { openSafely } from './open-safely.ts';
import { setAside } from './set-aside.ts';
import { WriterLock } from './writer-lock.ts';

export interface Restored {
  /** Absent where the file was in its place. */
  readonly layout?: Layout;
  /** Absent where the lock was in its place. */
  readonly lock?: WriterLock;
}

/**
 * Makes the data directory again what it was when it was opened. A removed file stays readable to who has it open: all
 * rows of it are written into a new one. Another file in its place is put aside.
 * @throws {ProcmondError} STORE_UNUSABLE, STORE_LOCKED, DATA_DIRECTORY_UNSAFE; then nothing is in its place that was not
 */
export function restoreData(
  directory: string,
  open: Layout,
  {
    isFileInPlace,
    isLockInPlace,
    logger,
  }: {
    readonly isFileInPlace: boolean;
    readonly isLockInPlace: boolean;
    readonly logger: Logger;
  },
): Restored {
  prepareDataDirectory(directory);
  const lock = isLockInPlace ? undefined : WriterLock.acquire(directory);
  try {
    return {
      ...(lock !== undefined && { lock }),
      ...(!isFileInPlace && { layout: writeAnew(directory, open, logger) }),
    };
  } catch (error) {
    lock?.release();
    throw error instanceof ProcmondError ? error : unusable(directory, 'write anew', error, logger);
  }
}

function writeAnew(directory: string, open: Layout, logger: Logger): Layout {
  const path = join(directory, DATA_FILE);
  if (existsSync(path)) {
    const { name } = setAside(directory, 'replaced', Date.now());
    logger.warn(`${path} was not the file that procmond has open; it is now ${name}`);
  }
  // That of the removed file: two files must not share one.
  rmSync(join(directory, 'lock.mdb'), { force: true });
  let layout: Layout | undefined;
  try {
    layout = openSafely(directory, { readOnly: false });
    const made = layout;
    copyRows(open, made);
    made.root.transactionSync(() => putNotice(made, { kind: 'restored', atMillis: Date.now() }));
  } catch (error) {
    layout?.root.close().catch(() => {});
    rmSync(path, { force: true });
    throw error;
  }
  logger.error(`${path} was removed while procmond had it open: it was written there anew, and nothing was lost`);
  return layout;
}
