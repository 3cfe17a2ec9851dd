import type { ProcessFigures, ProcessRow } from '../../event/process-row.ts';
import type { Scope } from '../../event/scope.ts';
import type { Redactor } from '../redact/redactor.ts';

/**
 * Reads the process table. One implementation per platform; everything above this interface is the same everywhere.
 * A process that vanishes or denies a field is a value; only a table that cannot be read to its end is an error.
 */
export interface ProcessEnumerator {
  /**
   * Reads every process once. Gives the event loop a turn every few milliseconds.
   * The `Process` objects belong to the enumerator and are sampled anew, in place, by the next call.
   * @throws {ProcmondError} CYCLE_INCOMPLETE when the list of processes cannot be read to its end
   */
  enumerate(request: EnumerationRequest): Promise<Enumeration>;
  /** Gives back what it holds; a later `enumerate` begins anew. May be called twice, never while one runs. */
  close(): void;
}

export interface EnumerationRequest {
  /** Turns every text into what may be kept; part of the result is its `version`. */
  readonly redactor: Redactor;
  /** Read what costs extra (see `enhanced` in the field table). */
  readonly enhanced: boolean;
  /** Everything but what `stat` tells is read again at least once in so many cycles; 0 = only after an exec. */
  readonly refreshCycles: number;
  /** Read the costly figures of a process with its first details too, not only when it is read again. */
  readonly usageAtOnce: boolean;
  /** Count the file descriptors of each process, where `enhanced` is on. */
  readonly countFileDescriptors: boolean;
  /** How many processes get details, oldest first; 0 = all. */
  readonly maxEnriched: number;
  readonly signal: AbortSignal;
}

export interface Enumeration {
  readonly boot: Boot;
  readonly scope: Scope;
  /** Wall clock around the reading, epoch milliseconds: all processes were alive after the one, read by the other. */
  readonly startedAtMillis: number;
  readonly endedAtMillis: number;
  /** Ascending by pid. */
  readonly processes: readonly Process[];
  /** The same ones. */
  readonly byPid: ReadonlyMap<number, Process>;
  /** Listed, and gone before anything could be read. */
  readonly vanished: number;
  /** For each attribute name, how many processes the system denied it for. */
  readonly deniedFields: ReadonlyMap<string, number>;
  /** Of `startTicks`, `userTicks` and `systemTicks`; what creation times are exact to. */
  readonly ticksPerSecond: number;
  /** Tasks (processes and threads) created since boot, whole host. */
  readonly tasksCreated: number | undefined;
  /** True when `maxEnriched` left processes without details. */
  readonly truncated: boolean;
}

export interface Boot {
  /** Boot UUID, or a random one for this run when `known` is false. */
  readonly id: string;
  readonly known: boolean;
  /** When the host was booted by its present wall clock, epoch milliseconds, to the second: moves with clock steps. */
  readonly timeMillis: number;
}

export interface Process extends ProcessRow, ProcessFigures {
  /** Share of one core since the last sample (1.0 = one core); absent on the first. */
  readonly cpuUtilization?: number | undefined;
}
