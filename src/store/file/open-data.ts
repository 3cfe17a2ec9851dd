import { rmSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { errorMessage, ProcmondError, systemErrorCode } from '../../base/errors.ts';
import { faultPoint } from '../../base/fault-point.ts';
import { type Logger, silentLogger } from '../../base/logger.ts';
import type { Layout } from '../layout.ts';
import { putNotice } from '../notices.ts';
import { migrate, putSchema, requireSchema, schemaOf } from '../schema.ts';
import { contentProblem } from './check-contents.ts';
import { DATA_FILE, type DataFileState, inspectDataFile } from './data-file.ts';
import { freeBytesOf } from './free-bytes.ts';
import { openSafely } from './open-safely.ts';
import { filesSetAside, setAside } from './set-aside.ts';

/**
 * Opens the data of a directory whose writer lock is held. What cannot be used is put aside, under a name that is told,
 * and a new store is begun with a notice of it; what only cannot be read or written now is left as it is.
 * @throws {ProcmondError} STORE_UNUSABLE, STORE_SCHEMA
 */
export async function openForWriting(directory: string, logger: Logger): Promise<Layout> {
  const state = stateOf(directory);
  if (state.kind === 'sound') {
    const layout = openOrExplain(directory, false);
    const problem = await checked(
      directory,
      layout,
      () => contentProblem(layout) ?? settleSchema(directory, layout, logger),
      logger,
    );
    if (problem === undefined) return layout;
    await layout.root.close();
    setAsideAndTell(directory, { kind: 'damaged', why: problem }, logger);
  } else if (state.kind !== 'none') {
    setAsideAndTell(directory, state, logger);
  }
  return beginStore(directory, logger);
}

/**
 * Opens the data of a directory to look into it, also while a daemon writes to it.
 * @throws {ProcmondError} STORE_UNUSABLE, STORE_SCHEMA
 */
export async function openForReading(directory: string): Promise<Layout> {
  const state = stateOf(directory);
  if (state.kind === 'damaged' || state.kind === 'foreign') {
    throw new ProcmondError(
      'STORE_UNUSABLE',
      `could not open the store ${join(directory, DATA_FILE)}: ${state.why}; the next start of procmond puts it aside and begins a new one`,
    );
  }
  const layout = openOrExplain(directory, true);
  await checked(directory, layout, () => requireSchema(directory, layout));
  return layout;
}

/**
 * A failure of the system or of LMDB, as the user is told it. The same words as long as it lasts: where in the file LMDB
 * was, and how many bytes are free to the last one, differ each time and are of no use to anybody.
 * @param logger of who wrote
 */
export function unusable(
  directory: string,
  verb: string,
  cause: unknown,
  logger: Logger = silentLogger,
): ProcmondError {
  if (ATTEMPT.test(errorMessage(cause))) logger.freshLine?.();
  const isFull = ranOutOfSpace(cause) && isNearlyFull(directory);
  const why = isFull ? 'No space left on device' : errorMessage(cause).replace(ATTEMPT, '');
  const remedy = isFull ? 'less than 1 MiB is free there: make room' : 'check free space and permissions there';
  return new ProcmondError('STORE_UNUSABLE', `could not ${verb} the store in ${directory}: ${why}; ${remedy}`, {
    cause,
  });
}

/** LMDB's own errors carry its numeric code, or that of the system. */
export function isLmdbError(error: unknown): error is Error & { readonly code: number } {
  return error instanceof Error && 'code' in error && typeof error.code === 'number';
}

/**
 * What LMDB adds when the system refused a write, and not when it took a part. It has then begun a line on stderr, too,
 * `Write error: ...`, and does not end it.
 */
const ATTEMPT = /: Attempting .*/;

const NEARLY_FULL_BYTES = 1024 ** 2;

/** A write of which the disk took only a part is an I/O error in LMDB's words. */
function ranOutOfSpace(cause: unknown): boolean {
  if (!isLmdbError(cause)) return systemErrorCode(cause) === 'ENOSPC';
  return cause.code === constants.errno.ENOSPC || (cause.code === constants.errno.EIO && !ATTEMPT.test(cause.message));
}

function isNearlyFull(directory: string): boolean {
  try {
    return freeBytesOf(directory) < NEARLY_FULL_BYTES;
  } catch {
    // It cannot be asked: then only the failure itself is told.
    return false;
  }
}

function stateOf(directory: string): DataFileState {
  try {
    return inspectDataFile(join(directory, DATA_FILE));
  } catch (error) {
    throw unusable(directory, 'read', error);
  }
}

function openOrExplain(directory: string, readOnly: boolean): Layout {
  try {
    const layout = openSafely(directory, { readOnly });
    TEST_ONLY: if (!readOnly) faultPoint('start.database_opened');
    return layout;
  } catch (error) {
    throw unusable(directory, 'open', error);
  }
}

async function checked<Result>(
  directory: string,
  layout: Layout,
  work: () => Result,
  logger?: Logger,
): Promise<Result> {
  try {
    return work();
  } catch (error) {
    await layout.root.close();
    throw error instanceof ProcmondError ? error : unusable(directory, 'open', error, logger);
  }
}

function settleSchema(directory: string, layout: Layout, logger: Logger): undefined {
  // Its making was cut off: there is nothing in it.
  if (schemaOf(layout) === undefined) layout.root.transactionSync(() => putSchema(layout));
  const before = migrate(directory, layout);
  if (before !== undefined) logger.info(`brought the store in ${directory} from schema ${before} to the present one`);
  return undefined;
}

function setAsideAndTell(
  directory: string,
  { kind, why }: DataFileState & { readonly kind: 'damaged' | 'foreign' },
  logger: Logger,
): void {
  const path = join(directory, DATA_FILE);
  try {
    const { name, removed } = setAside(directory, kind, Date.now());
    logger.error(`${path} cannot be used: ${why}. It is now ${name}, and procmond begins a new store`);
    for (const old of removed) logger.warn(`removed ${old}: too many were put aside before`);
  } catch (error) {
    throw new ProcmondError(
      'STORE_UNUSABLE',
      `could not put ${path} aside, which cannot be used (${why}): ${errorMessage(error)}; move it away, or choose another --data-dir`,
      { cause: error },
    );
  }
}

/** A start that fails here leaves nothing that the next one would take for a damaged store. */
async function beginStore(directory: string, logger: Logger): Promise<Layout> {
  let layout: Layout | undefined;
  try {
    layout = openOrExplain(directory, false);
    const begun = layout;
    // Also after a start that put one aside and then could begin none.
    const file = filesSetAside(directory).at(-1);
    begun.root.transactionSync(() => {
      putSchema(begun);
      if (file !== undefined) putNotice(begun, { kind: 'state_lost', file, atMillis: Date.now() });
      TEST_ONLY: faultPoint('start.schema_put');
    });
    TEST_ONLY: faultPoint('start.schema_committed');
    return begun;
  } catch (error) {
    await layout?.root.close();
    rmSync(join(directory, DATA_FILE), { force: true });
    throw error instanceof ProcmondError ? error : unusable(directory, 'begin', error, logger);
  }
}
