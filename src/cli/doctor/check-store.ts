import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errorMessage, ProcmondError } from '../../base/errors.ts';
import { type DataDirectoryState, inspectDataDirectory } from '../../store/file/data-directory.ts';
import { DATA_FILE, inspectDataFile } from '../../store/file/data-file.ts';
import { freeBytesOf } from '../../store/file/free-bytes.ts';
import { WriterLock } from '../../store/file/writer-lock.ts';
import { inspectStore, type StoreContents } from '../../store/snapshot-store.ts';
import type { Finding } from './finding.ts';

const CHECK = 'store';

export interface CheckedStore {
  readonly finding: Finding;
  /** True when a procmond writes to it now: then it is that which runs. */
  readonly inUse: boolean;
}

export interface StoreQuestion {
  readonly outboxMaxBytes: number;
  /** Where it is missing, `run` is started as root and makes it for this user (`--user`). */
  readonly rootMakesIt?: boolean;
}

/** Whether `run` could keep its data there, and what lies there now. Makes and changes nothing. */
export async function checkStore(directory: string, question: StoreQuestion): Promise<CheckedStore> {
  try {
    return await lookInto(directory, question);
  } catch (error) {
    const finding =
      error instanceof ProcmondError
        ? problem(error.message, { directory })
        : problem(`could not look into ${directory}: ${errorMessage(error)}`, { directory }, `chmod 700 ${directory}`);
    return { finding, inUse: false };
  }
}

async function lookInto(directory: string, { outboxMaxBytes, rootMakesIt }: StoreQuestion): Promise<CheckedStore> {
  const state = inspectDataDirectory(directory);
  if (state.kind === 'missing') return { finding: missingDirectory(directory, rootMakesIt === true), inUse: false };
  if (state.kind === 'unsafe') {
    const { why, remedy, ownerUserId } = state;
    const finding = problem(`${directory} cannot be used: ${why}`, { directory, ownerUserId }, remedy);
    return { finding, inUse: false };
  }
  if (!isWritable(directory)) {
    const advice = 'choose another one with --data-dir';
    return { finding: problem(`${directory} cannot be written to`, { directory }, advice), inUse: false };
  }
  const writer = WriterLock.holder(directory);
  const file = inspectDataFile(join(directory, DATA_FILE));
  if (file.kind === 'damaged' || file.kind === 'foreign') {
    return { finding: unusableFile(directory, file), inUse: writer !== undefined };
  }
  const contents = await inspectStore(directory);
  return {
    finding: storeFinding({ directory, state, writer, contents, outboxMaxBytes, freeBytes: freeBytesOf(directory) }),
    inUse: writer !== undefined,
  };
}

function storeFinding(store: {
  readonly directory: string;
  readonly state: DataDirectoryState & { readonly ownerUserId: number };
  readonly writer: { readonly pid: number | undefined } | undefined;
  readonly contents: StoreContents | undefined;
  readonly outboxMaxBytes: number;
  readonly freeBytes: number;
}): Finding {
  const { directory, state, writer, contents, outboxMaxBytes, freeBytes } = store;
  const facts = {
    directory,
    ownerUserId: state.ownerUserId,
    readableByOthers: state.kind === 'readable',
    ...contents,
    freeBytes,
    inUse: writer !== undefined,
    ...(writer?.pid !== undefined && { writerPid: writer.pid }),
  };
  const message = [`${directory} of uid ${state.ownerUserId}`, contentsText(contents), writerText(writer)].join(', ');
  const advice = [
    ...(state.kind === 'readable' ? ['others may read it: run closes it to them'] : []),
    ...(contents !== undefined && contents.deadLetters > 0
      ? [`${contents.deadLetters} records were refused for good by the endpoint and are kept`]
      : []),
    ...(freeBytes < outboxMaxBytes
      ? [`${mebibytes(freeBytes)} are free, less than --outbox-max-bytes allows to fill (${mebibytes(outboxMaxBytes)})`]
      : []),
  ];
  if (freeBytes === 0)
    return problem(`${message}; the disk is full`, facts, 'free space there: nothing can be written');
  if (advice.length === 0) return { check: CHECK, status: 'ok', message, facts };
  return { check: CHECK, status: 'note', message, advice: advice.join('; '), facts };
}

/** No reason for `run` to fail: it begins with a new store. */
function unusableFile(directory: string, { kind, why }: { readonly kind: string; readonly why: string }): Finding {
  const advice = `the next start puts it aside as ${DATA_FILE}.${kind}-... and begins a new store; what was not delivered is in that file`;
  const facts = { directory, file: kind, why };
  return {
    check: CHECK,
    status: 'note',
    message: `${join(directory, DATA_FILE)} cannot be used: ${why}`,
    advice,
    facts,
  };
}

function contentsText(contents: StoreContents | undefined): string {
  if (contents === undefined) return 'empty';
  const { fileBytes, outboxRecords } = contents;
  return `${mebibytes(fileBytes)}, ${outboxRecords} records in the outbox`;
}

function writerText(writer: { readonly pid: number | undefined } | undefined): string {
  if (writer === undefined) return 'nobody writes to it';
  return `procmond${writer.pid === undefined ? '' : ` (pid ${writer.pid} where it runs)`} writes to it now`;
}

function missingDirectory(directory: string, rootMakesIt: boolean): Finding {
  let above = dirname(directory);
  while (!existsSync(above) && dirname(above) !== above) above = dirname(above);
  const facts = { directory, exists: false };
  if (rootMakesIt || isWritable(above)) {
    return { check: CHECK, status: 'ok', message: `${directory} is not there yet; run makes it`, facts };
  }
  const advice = `make it for this user, or choose another one with --data-dir`;
  return problem(`${directory} is not there, and cannot be made in ${above}`, facts, advice);
}

function problem(message: string, facts: Finding['facts'], advice?: string): Finding {
  return { check: CHECK, status: 'problem', message, ...(advice && { advice }), ...(facts && { facts }) };
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    // Why does not matter: a directory that cannot be written to is no use.
    return false;
  }
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}
