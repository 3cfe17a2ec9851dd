import { faultPoint } from '../base/fault-point.ts';
import type { LifecycleCause } from '../event/collection-event.ts';
import type { ExecutableHash, ProcessDetails, ProcessFigures, ProcessRow } from '../event/process-row.ts';
import type { SnapshotState } from '../event/snapshot-state.ts';
import { type Comparability, comparability } from './baseline.ts';
import type { ClockOffset } from './clock-step.ts';
import type { DescriptionContext } from './describe-process.ts';
import { describeProcess } from './describe-process.ts';
import { diffSnapshot, type SnapshotDiff } from './diff.ts';
import type { Enumeration, Process } from './enumerate/enumerator.ts';
import type { Redactor } from './redact/redactor.ts';
import { redactRow } from './redact-row.ts';

/** The part of the store that holds the snapshot. Writes belong to the transaction that is open. */
export interface SnapshotStorage {
  state(): SnapshotState | undefined;
  rows(): Iterable<ProcessRow>;
  figures(): ReadonlyMap<number, ProcessFigures>;
  putState(state: SnapshotState): void;
  putRow(row: ProcessRow): void;
  removeRow(pid: number): void;
  clearRows(): void;
  putFigures(processes: readonly (Pick<ProcessRow, 'pid'> & ProcessFigures)[]): void;
}

/** What one cycle came to, before it is committed. */
export interface CyclePlan {
  readonly comparability: Comparability;
  readonly cause: LifecycleCause;
  readonly diff: SnapshotDiff;
  /** The snapshot before: for the last known state of what stopped. */
  readonly before: ReadonlyMap<number, ProcessRow>;
  readonly beforeState: SnapshotState | undefined;
  readonly enumeration: Enumeration;
  readonly state: SnapshotState;
  readonly context: DescriptionContext;
  /** How far the wall clock has moved against this boot's anchor, and whether that is news. */
  readonly clock: ClockOffset & { readonly news: boolean };
  /** As `context`, but parents and hashes are looked up in the snapshot before. */
  readonly beforeContext: DescriptionContext;
  readonly hashOf: (process: Process) => ExecutableHash | undefined;
  /** By pid, for the rows: ids of the rules that have told of a process, where this cycle adds some. */
  readonly toldRules: ReadonlyMap<number, readonly string[]>;
}

export interface PlanOptions {
  readonly cycleId: string;
  readonly enhanced: boolean;
  readonly userName: (id: number) => string | undefined;
  readonly groupName: (id: number) => string | undefined;
  /** Absent where no hashes are made. */
  readonly hashOf?: ((details: ProcessDetails | undefined) => ExecutableHash | undefined) | undefined;
  /** Whether everything is told as `observed` in this cycle, given when that was last done. */
  readonly inventoryDue: (lastAtMillis: number, nowMillis: number) => boolean;
}

/** The kernel tells its boot time in whole seconds and derives it anew each time: it wavers by one without any step. */
const CLOCK_TOLERANCE_MILLIS = 1_000;

/**
 * Holds the last committed snapshot in memory: what the next cycle is compared with. `plan` changes nothing, `write` puts
 * the plan into the open transaction, `adopt` makes it the present once the transaction is committed; so a cycle that
 * fails leaves memory and disk as they were.
 */
export class SnapshotTracker {
  readonly #storage: SnapshotStorage;
  #state: SnapshotState | undefined;
  #rows = new Map<number, ProcessRow>();
  readonly #figures: Map<number, ProcessFigures>;
  #committedInThisRun = false;
  #clockStepped = false;

  constructor(storage: SnapshotStorage, redactor: Redactor) {
    this.#storage = storage;
    this.#state = storage.state();
    for (const row of storage.rows()) this.#rows.set(row.pid, redactRow(row, redactor));
    this.#figures = new Map(storage.figures());
  }

  /** Last known figures of a process of the snapshot. */
  figuresOf(pid: number): ProcessFigures | undefined {
    return this.#figures.get(pid);
  }

  /** Those of the last committed snapshot, ascending by pid; none of them changes any more. */
  rows(): readonly ProcessRow[] {
    return ascending([...this.#rows.values()]);
  }

  plan(enumeration: Enumeration, options: PlanOptions): CyclePlan {
    const { boot, scope } = enumeration;
    const compared = comparability(this.#state, boot, scope);
    const sameBoot = this.#state !== undefined && this.#state.bootId === boot.id;
    const bootAnchorMillis = sameBoot ? (this.#state as SnapshotState).bootAnchorMillis : boot.timeMillis;
    const { byPid } = enumeration;
    const common = {
      sampledAtMillis: enumeration.endedAtMillis,
      enhanced: options.enhanced,
      userName: options.userName,
      groupName: options.groupName,
    };
    const hashOf = (process: ProcessRow) => options.hashOf?.(process.details);
    const context: DescriptionContext = {
      ...common,
      bootAnchorMillis,
      ticksPerSecond: enumeration.ticksPerSecond,
      cpidOf: (pid) => byPid.get(pid)?.details?.cpid,
      hashOf: (process) => hashOf(process)?.sha256,
    };
    const beforeContext: DescriptionContext = {
      ...common,
      bootAnchorMillis: this.#state?.bootAnchorMillis ?? bootAnchorMillis,
      ticksPerSecond: this.#state?.ticksPerSecond ?? enumeration.ticksPerSecond,
      cpidOf: (pid) => this.#rows.get(pid)?.details?.cpid,
      hashOf: options.hashOf && presentHash,
    };
    const lastInventory = compared.kind === 'same_boot' ? this.#state?.inventoryAtMillis : undefined;
    const inventory = lastInventory === undefined || options.inventoryDue(lastInventory, enumeration.endedAtMillis);
    return {
      comparability: compared,
      cause: compared.kind === 'reboot' ? 'reboot' : this.#committedInThisRun ? 'live' : 'while_down',
      diff: this.#diff(compared, enumeration, context, hashOf),
      before: this.#rows,
      beforeState: this.#state,
      enumeration,
      state: {
        cycleId: options.cycleId,
        bootId: boot.id,
        bootKnown: boot.known,
        bootAnchorMillis,
        ticksPerSecond: enumeration.ticksPerSecond,
        // What is unknown now stays as it was: it must not equal any other later.
        scope: compared.kind === 'baseline' ? scope : { ...this.#state?.scope, ...scope },
        sampleStartedAtMillis: enumeration.startedAtMillis,
        sampledAtMillis: enumeration.endedAtMillis,
        inventoryAtMillis: inventory ? enumeration.endedAtMillis : lastInventory,
        tasksCreated: enumeration.tasksCreated,
      },
      context,
      beforeContext,
      hashOf,
      toldRules: NONE_TOLD,
      clock: this.#clock(boot.timeMillis - bootAnchorMillis),
    };
  }

  #clock(offsetMillis: number): CyclePlan['clock'] {
    const stepped = Math.abs(offsetMillis) > CLOCK_TOLERANCE_MILLIS;
    return { stepped, offsetMillis, news: stepped !== this.#clockStepped };
  }

  write(plan: CyclePlan): void {
    const { comparability: compared, diff, enumeration, state } = plan;
    if (compared.kind !== 'same_boot') this.#storage.clearRows();
    for (const row of diff.stopped) this.#storage.removeRow(row.pid);
    for (const row of rowsToWrite(plan)) this.#storage.putRow(row);
    TEST_ONLY: faultPoint('cycle.rows_written');
    this.#storage.putFigures(enumeration.processes);
    TEST_ONLY: faultPoint('cycle.figures_written');
    this.#storage.putState(state);
  }

  adopt(plan: CyclePlan): void {
    const { comparability: compared, diff, enumeration, state, clock } = plan;
    // Made of the rows of before.
    const rows = [...rowsToWrite(plan), ...diff.renewed.map((process) => rowOf(process, plan))];
    if (compared.kind !== 'same_boot') {
      this.#rows.clear();
      this.#figures.clear();
    }
    for (const { pid } of diff.stopped) {
      this.#rows.delete(pid);
      this.#figures.delete(pid);
    }
    for (const row of rows) this.#rows.set(row.pid, row);
    for (const process of enumeration.processes) this.#figures.set(process.pid, process);
    this.#state = state;
    this.#clockStepped = clock.stepped;
    this.#committedInThisRun = true;
  }

  #diff(
    compared: Comparability,
    enumeration: Enumeration,
    context: DescriptionContext,
    hashOf: CyclePlan['hashOf'],
  ): SnapshotDiff {
    const now = enumeration.processes;
    switch (compared.kind) {
      case 'same_boot':
        return diffSnapshot(this.#rows, enumeration, {
          describe: (row, sha256) => describeProcess(row, undefined, { ...context, hashOf: () => sha256 }),
          hashOf,
          firstLook: !this.#committedInThisRun,
        });
      case 'reboot':
        return { started: now, stopped: ascending([...this.#rows.values()]), changed: [], stale: now, ...NEITHER };
      case 'baseline':
        return { started: [], stopped: [], changed: [], stale: now, ...NEITHER };
    }
  }
}

const NEITHER = { renewed: [], hashed: [] } as const;

/** The hash of what runs now; not that of an earlier version of the file. */
export function presentHash({ executableHash, details }: ProcessRow): string | undefined {
  return executableHash?.version === details?.executableVersion ? executableHash?.sha256 : undefined;
}

function ascending(rows: ProcessRow[]): readonly ProcessRow[] {
  return rows.sort((a, b) => a.pid - b.pid);
}

const NONE_TOLD: CyclePlan['toldRules'] = new Map();

/** What the snapshot knew of a process: of this identity, also where the two tables as a whole do not compare. */
export function rowBefore(plan: CyclePlan, process: Process): ProcessRow | undefined {
  if (plan.beforeState?.bootId !== plan.state.bootId) return undefined;
  const row = plan.before.get(process.pid);
  return row?.startTicks === process.startTicks ? row : undefined;
}

function rowsToWrite(plan: CyclePlan): readonly ProcessRow[] {
  const { diff, toldRules, enumeration } = plan;
  const rows = diff.stale.map((process) => rowOf(process, plan));
  if (toldRules.size === 0) return rows;
  const written = new Set(diff.stale);
  for (const pid of toldRules.keys()) {
    const process = enumeration.byPid.get(pid);
    if (process !== undefined && !written.has(process)) rows.push(rowOf(process, plan));
  }
  return rows;
}

/** A copy: the enumerator goes on to sample its own objects in place. */
function rowOf(process: Process, plan: CyclePlan): ProcessRow {
  const before = rowBefore(plan, process);
  const executableHash = plan.hashOf(process) ?? before?.executableHash;
  const findings = plan.toldRules.get(process.pid) ?? before?.findings;
  return {
    pid: process.pid,
    startTicks: process.startTicks,
    ppid: process.ppid,
    processGroupId: process.processGroupId,
    sessionId: process.sessionId,
    terminal: process.terminal,
    kernelThread: process.kernelThread,
    comm: process.comm,
    commEscaped: process.commEscaped,
    ...(process.details !== undefined && { details: process.details }),
    ...(executableHash !== undefined && { executableHash }),
    ...(findings !== undefined && { findings }),
  };
}
