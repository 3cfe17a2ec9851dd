import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Clock } from '../../../base/clock.ts';
import { errorMessage, ProcmondError } from '../../../base/errors.ts';
import type { Boot, Enumeration, EnumerationRequest, ProcessEnumerator } from '../enumerator.ts';
import { Pace } from '../pace.ts';
import { ExecutableFiles } from './executable-files.ts';
import { knownCgroup } from './known-cgroup.ts';
import { type KernelStat, type KernelUnits, parseAuxv, parseKernelStat } from './parse-kernel.ts';
import { createStatFields, parseStat, STAT } from './parse-stat.ts';
import { parseStatus } from './parse-status.ts';
import { ProcReader, type ReadFailure, readLink } from './proc-reader.ts';
import { type DetailsReader, namespaceInode, type ReadDetails, readDetails } from './read-details.ts';
import { knownText, RedactedMemo } from './redacted-memo.ts';
import { readScope } from './scope.ts';
import { keptFilesLimit, StatFiles } from './stat-files.ts';
import { type SampleContext, TrackedProcess } from './tracked-process.ts';

export interface LinuxEnumeratorOptions {
  /** Where the proc file system is mounted: `/proc`, `/host/proc`, a captured fixture. */
  readonly procRoot: string;
  readonly clock: Clock;
  /** Part of the scope; absent when it is not known. */
  readonly hostId?: string | undefined;
  /** The running kernel's by default. */
  readonly units?: KernelUnits;
}

/** A pid that is reused, or execs, while its details are read gets this many tries; the next cycle takes it from there. */
const MAX_TRIES = 3;

const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;

/** How many processes are asked for the mount's pid namespace in one cycle. */
const NAMESPACE_TRIES = 256;

/**
 * Reads `/proc` incrementally: one `stat` per process and cycle, everything else for new and exec'ed processes and for a
 * rolling share of the rest. `/proc` lists thread group leaders only, so a thread is never taken for a process.
 */
export class LinuxEnumerator implements ProcessEnumerator {
  readonly #procRoot: string;
  readonly #clock: Clock;
  readonly #hostId: string | undefined;
  readonly #units: KernelUnits;
  readonly #reader = new ProcReader();
  readonly #details: DetailsReader = {
    files: this.#reader,
    texts: new RedactedMemo(knownText),
    cgroups: new RedactedMemo(knownCgroup),
    executables: new ExecutableFiles(),
  };
  readonly #statFiles: StatFiles;
  readonly #stat = createStatFields();
  readonly #substituteBootId = randomUUID();
  readonly #tracked = new Map<number, TrackedProcess>();
  #cycle = 0;
  #mountPidNamespace: number | undefined;

  constructor(options: LinuxEnumeratorOptions) {
    this.#procRoot = resolve(options.procRoot);
    this.#clock = options.clock;
    this.#hostId = options.hostId;
    this.#units = options.units ?? readUnits();
    this.#statFiles = new StatFiles(this.#reader, keptFilesLimit(this.#procRoot));
  }

  async enumerate(request: EnumerationRequest): Promise<Enumeration> {
    request.signal.throwIfAborted();
    const startedAtMillis = this.#clock.wallMillis();
    this.#cycle += 1;
    const kernel = readKernelStat(this.#procRoot);
    const boot = this.#readBoot(kernel);
    const pids = listPids(this.#procRoot);
    this.#mountPidNamespace ??= this.#findMountPidNamespace(pids);

    const reading: Reading = {
      request,
      boot,
      pace: new Pace(this.#clock, request.signal),
      sample: { units: this.#units, redactor: request.redactor, monotonicMillis: 0 },
    };
    const { processes, refused } = await this.#sampleAll(pids, reading);
    const truncated = request.maxEnriched > 0 && processes.length > request.maxEnriched;
    await this.#enrichAll(processes, truncated ? oldest(processes, request.maxEnriched) : undefined, reading);
    this.#forgetAllBut(processes);

    return {
      boot,
      scope: readScope({ procRoot: this.#procRoot, hostId: this.#hostId, pidNamespace: this.#mountPidNamespace }),
      startedAtMillis,
      endedAtMillis: this.#clock.wallMillis(),
      processes,
      byPid: this.#tracked,
      vanished: pids.length - processes.length - refused,
      deniedFields: countDenied(processes, refused),
      ticksPerSecond: this.#units.ticksPerSecond,
      tasksCreated: kernel.tasksCreated,
      truncated,
    };
  }

  close(): void {
    for (const process of this.#tracked.values()) this.#statFiles.close(process.statFile);
    this.#tracked.clear();
  }

  async #sampleAll(
    pids: readonly number[],
    reading: Reading,
  ): Promise<{ processes: TrackedProcess[]; refused: number }> {
    const processes: TrackedProcess[] = [];
    let refused = 0;
    for (const pid of pids) {
      const known = this.#tracked.get(pid);
      const process =
        known !== undefined && this.#refreshIsDue(known, reading.request)
          ? this.#refresh(known, reading)
          : this.#sample(pid, reading);
      if (typeof process !== 'string') processes.push(process);
      else if (process !== 'gone') refused += 1;
      if (reading.pace.due()) await reading.pace.turn();
    }
    return { processes, refused };
  }

  /** `chosen` are those that get details; undefined = all. */
  async #enrichAll(
    processes: TrackedProcess[],
    chosen: ReadonlySet<TrackedProcess> | undefined,
    reading: Reading,
  ): Promise<void> {
    for (let index = 0; index < processes.length; index++) {
      const process = processes[index] as TrackedProcess;
      if (chosen !== undefined && !chosen.has(process)) process.forgetDetails();
      else if (this.#needsDetails(process, reading.request)) processes[index] = this.#enrich(process, reading);
      else continue;
      if (reading.pace.due()) await reading.pace.turn();
    }
  }

  /** Reads `stat`: the same object while it is the same identity, a new one after a reuse of the pid. */
  #sample(pid: number, { sample }: Reading): TrackedProcess | ReadFailure {
    const known = this.#tracked.get(pid);
    const length = this.#statFiles.read(known?.statPath ?? `${this.#procRoot}/${pid}/stat`, known?.statFile);
    if (known !== undefined) known.statFile = this.#statFiles.file;
    if (typeof length !== 'number') return length;
    if (!parseStat(this.#reader.buffer, length, this.#stat)) return 'gone';
    const startTicks = this.#stat.values[STAT.START_TICKS] as number;
    const isKnown = known?.startTicks === startTicks;
    const process = isKnown ? known : new TrackedProcess(pid, startTicks, `${this.#procRoot}/${pid}`);
    if (!isKnown) this.#tracked.set(pid, process);
    process.statFile = this.#statFiles.file;
    process.seenInCycle = this.#cycle;
    sample.monotonicMillis = this.#clock.monotonicMillis();
    process.sample(this.#reader.buffer, this.#stat, sample);
    return process;
  }

  #forgetAllBut(processes: readonly TrackedProcess[]): void {
    if (this.#tracked.size === processes.length) return;
    for (const [pid, process] of this.#tracked) {
      if (process.seenInCycle === this.#cycle) continue;
      this.#statFiles.close(process.statFile);
      this.#tracked.delete(pid);
    }
  }

  /** Whether there are details that fit, and it is their turn to be read again. */
  #refreshIsDue(process: TrackedProcess, request: EnumerationRequest): boolean {
    const { refreshCycles } = request;
    if (refreshCycles === 0 || process.pid % refreshCycles !== this.#cycle % refreshCycles) return false;
    return !process.kernelThread && !process.zombie && !this.#needsDetails(process, request);
  }

  #needsDetails(process: TrackedProcess, request: EnumerationRequest): boolean {
    const { read } = process;
    if (read === undefined || read.details.redaction !== request.redactor.version) return true;
    if (process.readEnhanced !== request.enhanced) return true;
    // The name of a kernel thread follows its work.
    return process.execed && !process.zombie && !process.kernelThread;
  }

  /**
   * The cycle's sample, and all details again. `stat` comes last: where it shows the identity and the program of the
   * last cycle, the details read before it belong to them too, and one `stat` does for both.
   */
  #refresh(known: TrackedProcess, reading: Reading): TrackedProcess | ReadFailure {
    const atMillis = this.#clock.wallMillis();
    const read = this.#readDetails(known, reading);
    const sampled = this.#sample(known.pid, reading);
    if (sampled === known && !known.execed && !known.zombie) {
      known.keep(read, { enhanced: reading.request.enhanced, torn: false, atMillis });
    }
    return sampled;
  }

  /** Reads the details and makes sure that they belong to the identity, and to the program, that `stat` showed. */
  #enrich(process: TrackedProcess, reading: Reading): TrackedProcess {
    const { redactor, enhanced } = reading.request;
    for (let tries = 0, current = process; tries < MAX_TRIES; tries++) {
      const atMillis = this.#clock.wallMillis();
      const read = this.#readDetails(current, reading);
      const after = this.#statFiles.read(current.statPath, current.statFile);
      current.statFile = this.#statFiles.file;
      const alive = typeof after === 'number' && parseStat(this.#reader.buffer, after, this.#stat);
      if (!alive || this.#stat.values[STAT.START_TICKS] === current.startTicks) {
        const ended = !alive || String.fromCharCode(this.#stat.values[STAT.STATE] as number) === 'Z';
        const torn = !ended && current.noticeExec(this.#reader.buffer, this.#stat, redactor);
        if (torn && tries + 1 < MAX_TRIES) continue;
        // One that ended meanwhile has lost most of its files: what was known of it before is the truth.
        if (!ended || current.read === undefined) current.keep(read, { enhanced, torn, atMillis });
        return current;
      }
      const next = this.#sample(current.pid, reading);
      if (typeof next === 'string') return current;
      current = next;
    }
    return process;
  }

  #readDetails(process: TrackedProcess, { request, boot }: Reading): ReadDetails {
    return readDetails(this.#details, {
      directory: process.directory,
      startTicks: process.startTicks,
      kernelThread: process.kernelThread,
      zombie: process.zombie,
      enhanced: request.enhanced,
      usageAtOnce: request.usageAtOnce,
      countFileDescriptors: request.countFileDescriptors,
      redactor: request.redactor,
      bootId: boot.known ? boot.id : undefined,
      mountPidNamespace: this.#mountPidNamespace,
      previous: process.read,
      sameProgram: process.sameProgram,
    });
  }

  #readBoot(kernel: KernelStat): Boot {
    const timeMillis = kernel.bootTimeSeconds * 1000;
    const id = readText(`${this.#procRoot}/sys/kernel/random/boot_id`)?.trim();
    if (id === undefined || !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) {
      return { id: this.#substituteBootId, known: false, timeMillis };
    }
    return { id, known: true, timeMillis };
  }

  /**
   * Inode of the pid namespace whose processes the mount shows. A process with a single `NStgid` number lives in it, so
   * any readable one tells; procmond itself does, unless it looks at another namespace's mount.
   */
  #findMountPidNamespace(pids: readonly number[]): number | undefined {
    for (const name of ['self', ...pids.slice(0, NAMESPACE_TRIES)]) {
      const length = this.#reader.read(`${this.#procRoot}/${name}/status`);
      if (typeof length !== 'number') continue;
      if (parseStatus(this.#reader.buffer.toString('latin1', 0, length)).namespacePids?.length !== 1) continue;
      const link = readLink(`${this.#procRoot}/${name}/ns/pid`);
      if (typeof link !== 'string') return namespaceInode(link.target);
    }
    return undefined;
  }
}

/** What one enumeration goes by. */
interface Reading {
  readonly request: EnumerationRequest;
  readonly boot: Boot;
  readonly pace: Pace;
  /** One for all processes: nothing is made for each. */
  readonly sample: SampleContext;
}

/** The `count` oldest, by start and then pid: the same ones in each cycle as long as they live. */
function oldest(processes: readonly TrackedProcess[], count: number): ReadonlySet<TrackedProcess> {
  const byAge = [...processes].sort((a, b) => a.startTicks - b.startTicks || a.pid - b.pid);
  return new Set(byAge.slice(0, count));
}

/** `refused`: processes whose `stat` was denied (`hidepid=1`), so that not even their identity is known. */
function countDenied(processes: readonly TrackedProcess[], refused: number): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  if (refused > 0) counts.set('procmond.process.start_ticks', refused);
  for (const process of processes) {
    const fields = process.details?.deniedFields;
    if (fields === undefined) continue;
    for (const field of fields) counts.set(field, (counts.get(field) ?? 0) + 1);
  }
  return counts;
}

/**
 * All pids, ascending.
 * @throws {ProcmondError} CYCLE_INCOMPLETE when the directory cannot be read, or ends before the reader's own pid
 */
function listPids(procRoot: string): readonly number[] {
  let names: string[];
  try {
    names = readdirSync(procRoot);
  } catch (error) {
    throw incomplete(procRoot, errorMessage(error), error);
  }
  const pids: number[] = [];
  for (const name of names) if (isPid(name)) pids.push(Number(name));
  if (pids.length === 0) throw incomplete(procRoot, 'there is no process in it');
  const self = ownPid(procRoot);
  if (self !== undefined && !pids.includes(self)) {
    throw incomplete(procRoot, `it ended before ${self}, which is procmond itself, after ${pids.length} processes`);
  }
  return pids.sort((a, b) => a - b);
}

/** A regular expression would take longer than all the rest of the listing. */
function isPid(name: string): boolean {
  if (name.charCodeAt(0) === DIGIT_0) return false;
  for (let index = 0; index < name.length; index++) {
    const code = name.charCodeAt(index);
    if (code < DIGIT_0 || code > DIGIT_9) return false;
  }
  return true;
}

/** Our pid as the mount shows it; undefined where it is another namespace's mount, or a fixture. */
function ownPid(procRoot: string): number | undefined {
  try {
    return Number(readlinkSync(`${procRoot}/self`)) || undefined;
  } catch {
    // No such link: nothing to check the listing against.
    return undefined;
  }
}

function readKernelStat(procRoot: string): KernelStat {
  const path = `${procRoot}/stat`;
  let text: string;
  try {
    text = readFileSync(path, 'latin1');
  } catch (error) {
    throw incomplete(path, errorMessage(error), error);
  }
  const stat = parseKernelStat(text);
  if (stat === undefined) throw incomplete(path, 'there is no btime and processes line in it');
  return stat;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    // Absence is the answer; who needs the file says so.
    return undefined;
  }
}

function incomplete(path: string, why: string, cause?: unknown): ProcmondError {
  return new ProcmondError(
    'CYCLE_INCOMPLETE',
    `could not read the process table from ${path}: ${why}; this cycle is given up and nothing is told from it ` +
      '(is it a proc file system? see --proc-root)',
    { cause },
  );
}

/** The running kernel's, from the auxiliary vector it gave this process: no child process, no guess. */
function readUnits(): KernelUnits {
  const units = parseAuxv(readFileSync('/proc/self/auxv'));
  if (units === undefined) throw incomplete('/proc/self/auxv', 'it tells no page size and clock tick');
  return units;
}
