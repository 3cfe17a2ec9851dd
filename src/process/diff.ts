import type { ChangeValue, FieldChange } from '../event/collection-event.ts';
import type { ProcessEvent } from '../event/process-event.ts';
import { PROCESS_FIELDS } from '../event/process-fields.ts';
import type { ExecutableHash, ProcessRow } from '../event/process-row.ts';
import type { Enumeration, Process } from './enumerate/enumerator.ts';
import { withoutFingerprints } from './redact/mark.ts';
import { sameDetails } from './same-details.ts';

/** What differs between the last committed snapshot and the process table now. */
export interface SnapshotDiff {
  /** Ascending by pid, like the table. */
  readonly started: readonly Process[];
  readonly stopped: readonly ProcessRow[];
  readonly changed: readonly ChangedProcess[];
  /** Rows the snapshot must be given: of all that started, and of all whose row is no longer what is stored. */
  readonly stale: readonly Process[];
  /** Stored as they are, but with another object of details (after a restart): to go by the new one from now on. */
  readonly renewed: readonly Process[];
  /** Whose hash has become known, or is another one, since the snapshot; beside those that started. */
  readonly hashed: readonly Process[];
}

export interface ChangedProcess {
  readonly process: Process;
  readonly changes: readonly FieldChange[];
}

export interface DiffOptions {
  /** Describes a row for comparison, with that hash of its executable; its texts are what an event would carry. */
  readonly describe: (row: ProcessRow, sha256: string | undefined) => ProcessEvent;
  /** The hash of the executable as it is now; undefined where it is not known (yet). Absent where none are made. */
  readonly hashOf?: (process: Process) => ExecutableHash | undefined;
  /** True when the snapshot is an earlier run's: what was known beyond it (the arguments under a title) is forgotten. */
  readonly firstLook: boolean;
}

/**
 * Compares by identity: one pid with other start ticks is another process. Unchanged processes cost a lookup and a few
 * comparisons; only where details were read anew and differ, or a field of `stat` does, are fields compared one by one.
 */
export function diffSnapshot(
  before: ReadonlyMap<number, ProcessRow>,
  now: Pick<Enumeration, 'processes' | 'byPid'>,
  options: DiffOptions,
): SnapshotDiff {
  const started: Process[] = [];
  const stopped: ProcessRow[] = [];
  const changed: ChangedProcess[] = [];
  const stale: Process[] = [];
  const renewed: Process[] = [];
  const hashed: Process[] = [];
  let survivors = 0;
  for (const process of now.processes) {
    const row = before.get(process.pid);
    if (row === undefined || row.startTicks !== process.startTicks) {
      started.push(process);
      stale.push(process);
    } else {
      survivors += 1;
      const newHash = differsFrom(row.executableHash, options.hashOf?.(process));
      const sameLine = !newHash && sameRow(row, process);
      if (sameLine && row.details === process.details) continue;
      if (sameLine && sameDetails(row.details, process.details)) {
        renewed.push(process);
        continue;
      }
      if (newHash) hashed.push(process);
      stale.push(process);
      const changes = watchedChanges(row, process, options);
      if (changes.length > 0) changed.push({ process, changes });
    }
  }
  if (survivors < before.size) {
    for (const row of before.values()) if (now.byPid.get(row.pid)?.startTicks !== row.startTicks) stopped.push(row);
    stopped.sort((a, b) => a.pid - b.pid);
  }
  return { started, stopped, changed, stale, renewed, hashed };
}

/** A hash that is not known now, differs from none. */
function differsFrom(stored: ExecutableHash | undefined, now: ExecutableHash | undefined): boolean {
  if (now === undefined || stored === now) return false;
  return stored?.version !== now.version || stored.sha256 !== now.sha256;
}

function sameRow(row: ProcessRow, process: Process): boolean {
  return (
    row.ppid === process.ppid &&
    row.sessionId === process.sessionId &&
    row.processGroupId === process.processGroupId &&
    row.terminal === process.terminal &&
    row.kernelThread === process.kernelThread &&
    row.comm === process.comm
  );
}

/** Of a program that writes titles, a first look finds a title in their place. */
const ARGUMENTS = 'process.command_args';

const WATCHED = PROCESS_FIELDS.filter((field) => field.watched);

/**
 * The watched fields that differ. None of kernel threads (their names change with their work), none of processes that
 * are or were beyond the limit, none of a field that is unknown on either side, none of text that went through another
 * redaction, and none of a text that differs in its secrets alone. The hash is compared with the one that was last known: it can come cycles after the file it is of.
 */
function watchedChanges(
  row: ProcessRow,
  process: Process,
  { describe, hashOf, firstLook }: DiffOptions,
): readonly FieldChange[] {
  if (row.kernelThread && process.kernelThread) return [];
  if (row.details === undefined || process.details === undefined) return [];
  const textComparable = row.details.redaction === process.details.redaction;
  const before = describe(row, row.executableHash?.sha256);
  const now = describe(process, hashOf?.(process)?.sha256);
  const changes: FieldChange[] = [];
  for (const field of WATCHED) {
    if (!textComparable && field.redacted) continue;
    if (firstLook && row.details.title !== undefined && field.attribute === ARGUMENTS) continue;
    const old = field.read(before, before.platformMetadata ?? {}) as FieldChange['old'] | undefined;
    const fresh = field.read(now, now.platformMetadata ?? {}) as FieldChange['new'] | undefined;
    if (old === undefined || fresh === undefined || sameValue(old, fresh)) continue;
    if (field.redacted && sameValue(withoutSecrets(old), withoutSecrets(fresh))) continue;
    changes.push({ field: field.attribute, old, new: fresh });
  }
  return changes;
}

function withoutSecrets(value: ChangeValue): ChangeValue {
  if (typeof value === 'string') return withoutFingerprints(value);
  return Array.isArray(value) ? value.map(withoutFingerprints) : value;
}

function sameValue(a: FieldChange['old'], b: FieldChange['new']): boolean {
  if (typeof a !== 'object' || typeof b !== 'object') return a === b;
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
