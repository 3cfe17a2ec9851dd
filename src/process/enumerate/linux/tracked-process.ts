import type { ProcessDetails, RefreshedFigures } from '../../../event/process-row.ts';
import type { Redactor } from '../../redact/redactor.ts';
import { sameDetails } from '../../same-details.ts';
import { decodeText } from '../decode-text.ts';
import type { Process } from '../enumerator.ts';
import type { KernelUnits } from './parse-kernel.ts';
import { PF_FORKNOEXEC, PF_KTHREAD, STAT, type StatFields } from './parse-stat.ts';
import type { ReadDetails } from './read-details.ts';

/** When a `stat` was read, and what its numbers mean. */
export interface SampleContext {
  readonly units: KernelUnits;
  readonly redactor: Redactor;
  monotonicMillis: number;
}

/** One identity as long as it lives; `sample` brings it up to date in place, so that an unchanged process costs no memory. */
export class TrackedProcess implements Process {
  readonly pid: number;
  readonly startTicks: number;
  readonly directory: string;
  readonly statPath: string;
  ppid = 0;
  processGroupId = 0;
  sessionId = 0;
  terminal = 0;
  kernelThread = false;
  comm = '';
  commEscaped = false;
  stateCode = '';
  userTicks = 0;
  systemTicks = 0;
  nice = 0;
  threads = 0;
  virtualMemoryBytes = 0;
  rssBytes = 0;
  minorFaults = 0;
  majorFaults = 0;
  schedulingPolicy = 0;
  realtimePriority = 0;
  refreshedAtMillis: number | undefined;
  swapBytes: number | undefined;
  readBytes: number | undefined;
  writtenBytes: number | undefined;
  voluntarySwitches: number | undefined;
  involuntarySwitches: number | undefined;
  oomScore: number | undefined;
  openFiles: number | undefined;
  cpuUtilization: number | undefined;
  /** True when an exec, or what may be one, was seen since `read` (or nothing has been read yet). */
  execed = true;
  read: ReadDetails | undefined;
  /** Whether `read` holds the fields that cost extra. */
  readEnhanced = false;
  /** Open file of its `stat`; whoever drops this object closes it. */
  statFile: number | undefined;
  /** The last cycle that saw it. */
  seenInCycle = 0;

  #commBytes = NO_BYTES;
  #redaction = '';
  #sampledAtMillis: number | undefined;
  #newImage = true;
  #startStack = 0;
  #argStart = 0;
  #flags = 0;

  constructor(pid: number, startTicks: number, directory: string) {
    this.pid = pid;
    this.startTicks = startTicks;
    this.directory = directory;
    this.statPath = `${directory}/stat`;
  }

  get details(): ProcessDetails | undefined {
    return this.read?.details;
  }

  /** True when no exec gave it other arguments since `read`, and one would have shown. */
  get sameProgram(): boolean {
    return !this.#newImage && (this.#startStack !== 0 || this.#argStart !== 0);
  }

  get zombie(): boolean {
    return this.stateCode === 'Z' || this.stateCode === 'X' || this.stateCode === 'x';
  }

  sample(line: Buffer, stat: StatFields, context: SampleContext): void {
    const { values } = stat;
    this.#sampleCpu(values, context);
    this.noticeExec(line, stat, context.redactor);
    this.stateCode = String.fromCharCode(values[STAT.STATE] as number);
    this.ppid = values[STAT.PPID] as number;
    this.processGroupId = values[STAT.PGRP] as number;
    this.sessionId = values[STAT.SESSION] as number;
    this.terminal = values[STAT.TTY_NR] as number;
    this.nice = values[STAT.NICE] as number;
    this.threads = values[STAT.NUM_THREADS] as number;
    this.virtualMemoryBytes = values[STAT.VSIZE_BYTES] as number;
    this.rssBytes = (values[STAT.RSS_PAGES] as number) * context.units.pageBytes;
    this.minorFaults = values[STAT.MINOR_FAULTS] as number;
    this.majorFaults = values[STAT.MAJOR_FAULTS] as number;
    this.schedulingPolicy = values[STAT.POLICY] as number;
    this.realtimePriority = values[STAT.RT_PRIORITY] as number;
  }

  /**
   * Takes over the name and what tells an exec.
   * @returns true when there was one since the last time
   */
  noticeExec(line: Buffer, stat: StatFields, redactor: Redactor): boolean {
    const newImage = this.#sampleImage(stat.values);
    const newName = this.#sampleComm(line, stat, redactor);
    if (newImage) this.#newImage = true;
    if (newImage || newName) this.execed = true;
    return newImage || newName;
  }

  /**
   * Keeps the old object of details where nothing differs, so that the diff can go by reference. `torn`: an exec fell
   * into the reading, so that the next cycle has to read again.
   */
  keep(
    read: ReadDetails,
    options: { readonly enhanced: boolean; readonly torn: boolean; readonly atMillis: number },
  ): void {
    const old = this.read;
    this.read = old !== undefined && sameDetails(old.details, read.details) ? { ...read, details: old.details } : read;
    this.readEnhanced = options.enhanced;
    this.execed = options.torn;
    this.#newImage = options.torn;
    this.refreshedAtMillis = options.atMillis;
    Object.assign(this, NO_REFRESHED_FIGURES, read.figures);
  }

  /** Beyond the limit of what is enriched: no more is known than `stat` tells. */
  forgetDetails(): void {
    this.read = undefined;
    this.refreshedAtMillis = undefined;
    Object.assign(this, NO_REFRESHED_FIGURES);
  }

  #sampleCpu(values: Float64Array, { units, monotonicMillis }: SampleContext): void {
    const userTicks = values[STAT.UTIME_TICKS] as number;
    const systemTicks = values[STAT.STIME_TICKS] as number;
    if (this.#sampledAtMillis !== undefined) {
      const seconds = (monotonicMillis - this.#sampledAtMillis) / 1000;
      // The sum can go back by a tick: the kernel scales both to the precise run time.
      const ticks = Math.max(0, userTicks + systemTicks - this.userTicks - this.systemTicks);
      if (seconds > 0) this.cpuUtilization = ticks / units.ticksPerSecond / seconds;
    }
    this.userTicks = userTicks;
    this.systemTicks = systemTicks;
    this.#sampledAtMillis = monotonicMillis;
  }

  /** An exec builds a new stack and argument area (both read 0 where ptrace is denied) and clears PF_FORKNOEXEC. */
  #sampleImage(values: Float64Array): boolean {
    const startStack = values[STAT.START_STACK] as number;
    const argStart = values[STAT.ARG_START] as number;
    const flags = values[STAT.FLAGS] as number;
    const differs =
      startStack !== this.#startStack ||
      argStart !== this.#argStart ||
      (flags & PF_FORKNOEXEC) !== (this.#flags & PF_FORKNOEXEC);
    this.#startStack = startStack;
    this.#argStart = argStart;
    this.#flags = flags;
    this.kernelThread = (flags & PF_KTHREAD) !== 0;
    return differs;
  }

  /** A new `comm` is an exec, or `prctl(PR_SET_NAME)`: either way what else it changed is read again. */
  #sampleComm(line: Buffer, { commStart, commEnd }: StatFields, redactor: Redactor): boolean {
    const changed = !sameBytes(this.#commBytes, line, commStart, commEnd);
    if (!changed && this.#redaction === redactor.version) return false;
    const bytes = Buffer.from(line.subarray(commStart, commEnd));
    const { text, escaped } = decodeText(bytes);
    this.comm = redactor.text(text).value;
    this.commEscaped = escaped;
    this.#commBytes = bytes;
    this.#redaction = redactor.version;
    return changed;
  }
}

const NO_BYTES = Buffer.alloc(0);

const NO_REFRESHED_FIGURES = {
  swapBytes: undefined,
  readBytes: undefined,
  writtenBytes: undefined,
  voluntarySwitches: undefined,
  involuntarySwitches: undefined,
  oomScore: undefined,
  openFiles: undefined,
} as const satisfies RefreshedFigures;

/** Byte by byte: a view of 15 bytes would cost more than the comparison. */
function sameBytes(known: Buffer, line: Buffer, start: number, end: number): boolean {
  if (known.length !== end - start) return false;
  for (let index = 0; index < known.length; index++) if (known[index] !== line[start + index]) return false;
  return true;
}
