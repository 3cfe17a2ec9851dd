import type { ProcessDetails } from '../../../event/process-row.ts';
import type { Redactor } from '../../redact/redactor.ts';
import { decodeText } from '../decode-text.ts';
import type { Process } from '../enumerator.ts';
import type { KernelUnits } from './parse-kernel.ts';
import { PF_FORKNOEXEC, PF_KTHREAD, STAT, type StatFields } from './parse-stat.ts';
import type { ReadDetails } from './read-details.ts';

/** When a `stat` was read, and what its numbers mean. */
export interface SampleContext {
  readonly units: KernelUnits;
  readonly redactor: Redactor;
  readonly monotonicMillis: number;
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
  cpuUtilization: number | undefined;
  /** True when the last sample showed an exec since the one before (or is the first). */
  execed = true;
  read: ReadDetails | undefined;
  /** Whether `read` holds the fields that cost extra. */
  readEnhanced = false;

  #commBytes: Buffer = Buffer.alloc(0);
  #redaction = '';
  #sampledAtMillis: number | undefined;
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

  get zombie(): boolean {
    return this.stateCode === 'Z' || this.stateCode === 'X' || this.stateCode === 'x';
  }

  sample(line: Buffer, stat: StatFields, context: SampleContext): void {
    const { values } = stat;
    this.#sampleCpu(values, context);
    this.#sampleExec(values);
    this.#sampleComm(line.subarray(stat.commStart, stat.commEnd), context.redactor);
    this.stateCode = String.fromCharCode(values[STAT.STATE] as number);
    this.ppid = values[STAT.PPID] as number;
    this.processGroupId = values[STAT.PGRP] as number;
    this.sessionId = values[STAT.SESSION] as number;
    this.terminal = values[STAT.TTY_NR] as number;
    this.nice = values[STAT.NICE] as number;
    this.threads = values[STAT.NUM_THREADS] as number;
    this.virtualMemoryBytes = values[STAT.VSIZE_BYTES] as number;
    this.rssBytes = (values[STAT.RSS_PAGES] as number) * context.units.pageBytes;
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

  /** An exec builds a new stack and argument area (0 where ptrace is denied) and clears PF_FORKNOEXEC. */
  #sampleExec(values: Float64Array): void {
    const startStack = values[STAT.START_STACK] as number;
    const argStart = values[STAT.ARG_START] as number;
    const flags = values[STAT.FLAGS] as number;
    this.execed =
      startStack !== this.#startStack ||
      argStart !== this.#argStart ||
      (flags & PF_FORKNOEXEC) !== (this.#flags & PF_FORKNOEXEC);
    this.#startStack = startStack;
    this.#argStart = argStart;
    this.#flags = flags;
    this.kernelThread = (flags & PF_KTHREAD) !== 0;
  }

  /** A new `comm` is an exec, or `prctl(PR_SET_NAME)`: either way what else it changed is read again. */
  #sampleComm(bytes: Buffer, redactor: Redactor): void {
    const changed = !this.#commBytes.equals(bytes);
    if (!changed && this.#redaction === redactor.version) return;
    const { text, escaped } = decodeText(bytes);
    this.comm = redactor.text(text).value;
    this.commEscaped = escaped;
    this.#commBytes = Buffer.from(bytes);
    this.#redaction = redactor.version;
    if (changed) this.execed = true;
  }
}
