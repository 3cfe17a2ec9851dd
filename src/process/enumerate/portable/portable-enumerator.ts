import { randomUUID } from 'node:crypto';
import type { Clock } from '../../../base/clock.ts';
import type { Boot, Enumeration, EnumerationRequest, ProcessEnumerator } from '../enumerator.ts';
import { Pace } from '../pace.ts';
import { othersThanReader } from './others-than-reader.ts';
import { type ListedProcess, parseReading, type Reading } from './parse-reading.ts';
import { incomplete, ReaderProcess } from './reader-process.ts';
import { bootMillis, durationMillis, type ReadingTimes, START_RESOLUTION_MILLIS } from './same-life.ts';
import { type SampleContext, TrackedProcess } from './tracked-process.ts';

export interface PortableEnumeratorOptions {
  readonly clock: Clock;
  /** Part of the scope; absent when it is not known. */
  readonly hostId?: string | undefined;
  /** How long one listing may take; 30 s by default. */
  readonly timeLimitMillis?: number;
  /** What the reader process runs; for tests, and for bundles that procmond's own is a part of. */
  readonly readerModule?: string;
  /** What the reader's environment is taken from; that of this process by default. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const DEFAULT_TIME_LIMIT_MILLIS = 30_000;

/**
 * Reads processes where there is no `/proc`, with systeminformation: `ps` on macOS and the BSDs, PowerShell on Windows.
 *
 * What it knows is less. Identity is pid and start, and starts are exact to a second (Windows) or off by up to two and
 * the time a listing takes (`ps`): two lives of one pid that begin within that are one, and creation times are that exact
 * (`procmond.process.creation.resolution` says 1 s). The first start seen of a life is kept, so it never moves. The boot
 * has no id: there is no CPID, and each start of procmond begins with a baseline, so what started and stopped while it
 * did not run is not told. There is no argument array but a text, no user id but a name, no executable but on Windows,
 * nothing of the kernel's (cgroups, namespaces, capabilities, threads, I/O), and CPU use on Windows and Linux alone.
 * Processes are never told as denied: what systeminformation does not get it leaves out without a word.
 */
export class PortableEnumerator implements ProcessEnumerator {
  readonly #options: PortableEnumeratorOptions;
  readonly #bootId = randomUUID();
  #bootMillis: number | undefined;
  #reader: ReaderProcess | undefined;
  /** Who made the last reading: CPU use counts from it. */
  #lastReader: ReaderProcess | undefined;
  #tracked = new Map<number, TrackedProcess>();

  constructor(options: PortableEnumeratorOptions) {
    this.#options = options;
  }

  async enumerate(request: EnumerationRequest): Promise<Enumeration> {
    const reading = await this.#read(request.signal);
    const pace = new Pace(this.#options.clock, request.signal);
    const times = { startedAt: reading.startedAt, endedAt: reading.endedAt };
    const context: SampleContext = {
      times,
      redactor: request.redactor,
      cpuCount: this.#lastReader === this.#reader ? reading.cpuCount : undefined,
    };
    const processes: TrackedProcess[] = [];
    for (const listed of othersThanReader(reading).toSorted((a, b) => a.pid - b.pid)) {
      processes.push(this.#identify(listed, times));
      processes.at(-1)?.sample(listed, context);
      if (pace.due()) await pace.turn();
    }
    const truncated = request.maxEnriched > 0 && processes.length > request.maxEnriched;
    const chosen = truncated ? oldest(processes, request.maxEnriched) : undefined;
    for (const process of processes) {
      if (chosen === undefined || chosen.has(process)) process.enrich(request.redactor);
      else process.impoverish();
      if (pace.due()) await pace.turn();
    }
    this.#tracked = new Map(processes.map((process) => [process.pid, process]));
    this.#lastReader = this.#reader;
    const { hostId } = this.#options;
    return {
      boot: this.#boot(reading),
      scope: { procRoot: '', enumerator: 'systeminformation', ...(hostId !== undefined && { hostId }) },
      startedAtMillis: reading.startedAt.wallMillis,
      endedAtMillis: reading.endedAt.wallMillis,
      processes,
      byPid: this.#tracked,
      vanished: 0,
      deniedFields: new Map(),
      ticksPerSecond: 1,
      tasksCreated: undefined,
      truncated,
    };
  }

  /** Ends the reader. Identities are kept: their starts would be told otherwise by the next one. */
  close(): void {
    this.#reader?.end();
  }

  async #read(signal: AbortSignal): Promise<Reading> {
    signal.throwIfAborted();
    const {
      clock,
      timeLimitMillis = DEFAULT_TIME_LIMIT_MILLIS,
      readerModule: module,
      env = process.env,
    } = this.#options;
    if (this.#reader === undefined || this.#reader.ended) {
      this.#reader = new ReaderProcess({ clock, timeLimitMillis, module, env });
    }
    const parsed = parseReading(await this.#reader.read(signal));
    const reason = parsed.ok ? clockProblem(parsed.reading) : parsed.reason;
    if (parsed.ok && reason === undefined) return parsed.reading;
    this.#reader.end();
    throw incomplete(reason as string);
  }

  /** The process as it is known while it lives, a new one after a reuse of the pid. */
  #identify(listed: ListedProcess, times: ReadingTimes): TrackedProcess {
    const known = this.#tracked.get(listed.pid);
    if (known?.isStill(listed, times)) return known;
    // What has no start is as old as the boot: the idle process of Windows.
    const booted = bootMillis(times.startedAt);
    return new TrackedProcess(listed.pid, Math.round(((listed.startedMillis ?? booted) - booted) / 1000));
  }

  /** Some systems count their time since boot in whole seconds: it wavers without any step of the clock. */
  #boot({ startedAt }: Reading): Boot {
    const now = bootMillis(startedAt);
    if (this.#bootMillis === undefined || Math.abs(now - this.#bootMillis) > START_RESOLUTION_MILLIS) {
      this.#bootMillis = Math.round(now / 1000) * 1000;
    }
    return { id: this.#bootId, known: false, timeMillis: this.#bootMillis };
  }
}

/** Ages and starts that were told by two different clocks cannot be told apart from new processes. */
function clockProblem(reading: Reading): string | undefined {
  const { startedAt, endedAt } = reading;
  const stepMillis = endedAt.wallMillis - startedAt.wallMillis - durationMillis(reading);
  if (Math.abs(stepMillis) <= START_RESOLUTION_MILLIS) return undefined;
  return `the wall clock was set by ${Math.round(stepMillis / 1000)} s while it listed`;
}

/** The `count` oldest, by start and then pid: the same ones in each cycle as long as they live. */
function oldest(processes: readonly TrackedProcess[], count: number): ReadonlySet<TrackedProcess> {
  return new Set(processes.toSorted((a, b) => a.startTicks - b.startTicks || a.pid - b.pid).slice(0, count));
}
