import type { BigIntStats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { type Clock, systemClock } from '../base/clock.ts';
import { errorMessage, ProcmondError, systemErrorCode } from '../base/errors.ts';
import { type Logger, silentLogger } from '../base/logger.ts';
import type { CollectorObserver, HashFailureReason } from '../base/observer.ts';
import { failureReason } from './failure-reason.ts';
import { fileVersion, unsettledMillis } from './file-version.ts';
import { HashThreads } from './hash-threads.ts';

export type HashOutcome =
  | { readonly ok: true; readonly sha256: string; readonly bytes: number }
  | { readonly ok: false; readonly reason: HashFailureReason };

export interface HashRequest {
  /** Opens the file when it is its turn; or says why not. What it throws is taken for a system error. */
  readonly open: () => Promise<FileHandle | HashFailureReason>;
  /** `fileVersion` it has to be of; another one is `replaced`. Absent = whatever it is. */
  readonly version?: string;
  /** Goes before all that are not. */
  readonly urgent?: boolean;
  /** Aborted: `timeout`. */
  readonly signal?: AbortSignal;
}

/** Hashes by version of the file, kept over restarts; `SnapshotStore.hashCache` is one. */
export interface HashCache {
  get(version: string): string | undefined;
  /** Belongs into an open transaction. */
  put(version: string, hash: { readonly sha256: string; readonly hashedAtMillis: number }): void;
}

export interface HashEngineOptions {
  /** Without it hashes are remembered for this run only. */
  readonly cache?: HashCache | undefined;
  /** Files read at once, each on a thread of its own, 1 to 16; 2 by default. */
  readonly concurrency?: number;
  /** Of all files together; 0 = no limit; 64 MiB by default. */
  readonly bytesPerSecond?: number;
  /** Larger files are not hashed; 512 MiB by default. */
  readonly maxFileBytes?: number;
  /** For one file, beside what the rate limit makes of its size; 30,000 by default. */
  readonly deadlineMillis?: number;
  readonly observer?: CollectorObserver;
  readonly logger?: Logger;
  readonly clock?: Clock;
}

export const DEFAULT_HASH_CONCURRENCY = 2;
export const DEFAULT_HASH_BYTES_PER_SECOND: number = 64 * 1024 * 1024;

const MAX_CONCURRENCY = 16;
const MAX_FILE_BYTES = 512 * 1024 * 1024;
const DEADLINE_MILLIS = 30_000;

/** What is done while procmond saves: the configured rate, an eighth of it, or that and nothing new but what is urgent. */
export type HashingPace = 'full' | 'eased' | 'asked';

const EASED_DIVISOR = 8;

/** Far more than a host has different executables; a bound for one that makes them up. */
const MAX_TASKS = 10_000;
const MAX_REMEMBERED = 10_000;

/**
 * SHA-256 of files, read on threads beside everything else. Whoever asks, and for whatever process: a version of a file
 * (device, inode, size, mtime, ctime) is read once. A hash is given only for a file that was the same version before and
 * after it was read; one that changed meanwhile is told as `changed`.
 */
export class HashEngine {
  readonly #cache: HashCache | undefined;
  readonly #concurrency: number;
  readonly #configuredBytesPerSecond: number;
  #bytesPerSecond: number;
  #pace: HashingPace = 'full';
  readonly #maxFileBytes: number;
  readonly #deadlineMillis: number;
  readonly #observer: CollectorObserver;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #threads: HashThreads;
  /** Not in the cache yet, or all there is without one. Oldest first. */
  readonly #unsaved = new Map<string, string>();
  readonly #urgent: HashTask[] = [];
  readonly #others: HashTask[] = [];
  readonly #tasks = new Set<HashTask>();
  /** Versions that are being read, so that nobody reads one a second time meanwhile. */
  readonly #reading = new Map<string, Promise<void>>();
  #running = 0;
  #closed = false;

  /** @throws {ProcmondError} CONFIG_INVALID */
  constructor(options: HashEngineOptions = {}) {
    this.#cache = options.cache;
    this.#concurrency = options.concurrency ?? DEFAULT_HASH_CONCURRENCY;
    this.#configuredBytesPerSecond = options.bytesPerSecond ?? DEFAULT_HASH_BYTES_PER_SECOND;
    this.#bytesPerSecond = this.#configuredBytesPerSecond;
    this.#maxFileBytes = options.maxFileBytes ?? MAX_FILE_BYTES;
    this.#deadlineMillis = options.deadlineMillis ?? DEADLINE_MILLIS;
    this.#observer = options.observer ?? {};
    this.#logger = options.logger ?? silentLogger;
    this.#clock = options.clock ?? systemClock;
    checkRange('concurrency', this.#concurrency, 1, MAX_CONCURRENCY);
    checkRange('bytesPerSecond', this.#bytesPerSecond, 0, Number.MAX_SAFE_INTEGER);
    this.#threads = new HashThreads({ clock: this.#clock, bytesPerSecond: this.#bytesPerSecond });
  }

  /** How many threads run: none while there is nothing to hash. */
  get threads(): number {
    return this.#threads.count;
  }

  /** Holds at once, for files that are being read too. Nothing that waits is given up for it. */
  setPace(pace: HashingPace): void {
    this.#pace = pace;
    this.#bytesPerSecond = pace === 'full' ? this.#configuredBytesPerSecond : this.#easedBytesPerSecond();
    this.#threads.setBytesPerSecond(this.#bytesPerSecond);
    this.#next();
  }

  /** The hash of a version that has been read before, in this run or an earlier one. */
  known(version: string): string | undefined {
    const sha256 = this.#recall(version);
    if (sha256 !== undefined) this.#observer.hashed?.('cached');
    return sha256;
  }

  /** What a link as `/proc/PID/exe` leads to: the file itself in whatever mount namespace, also when its name is gone. */
  hashLink(link: string, version: string): Promise<HashOutcome> {
    return this.hash({ open: () => open(link), version });
  }

  /** Never rejects. */
  hash(request: HashRequest): Promise<HashOutcome> {
    return new Promise((resolve) => {
      const task = new HashTask(request, (outcome) => {
        this.#tasks.delete(task);
        resolve(outcome);
      });
      if (this.#closed || task.signal.aborted) this.#fail(task, 'timeout');
      else if (this.#tasks.size >= MAX_TASKS) this.#fail(task, 'exhausted');
      else {
        this.#tasks.add(task);
        task.signal.addEventListener('abort', () => this.#fail(task, 'timeout'), { once: true });
        (request.urgent ? this.#urgent : this.#others).push(task);
        this.#next();
      }
    });
  }

  /** Puts what is new into the cache. Belongs into an open transaction; `written` says that it was committed. */
  write(): void {
    const hashedAtMillis = this.#clock.wallMillis();
    for (const [version, sha256] of this.#unsaved) this.#cache?.put(version, { sha256, hashedAtMillis });
  }

  written(): void {
    if (this.#cache !== undefined) this.#unsaved.clear();
  }

  /** Gives up what is being hashed, and what waits: `timeout`. May be called twice. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const task of this.#tasks) task.giveUp();
    await this.#threads.close();
  }

  #next(): void {
    while (this.#running < this.#concurrency) {
      const task = this.#urgent.shift() ?? (this.#pace === 'asked' ? undefined : this.#others.shift());
      if (task === undefined) return;
      if (!task.answered.aborted) void this.#run(task);
    }
  }

  /** The place is taken until the file is closed: later than the answer where a file system hangs. */
  async #run(task: HashTask): Promise<void> {
    this.#running += 1;
    void this.#keepDeadline(task);
    try {
      const file = await task.request.open();
      if (typeof file === 'string') this.#fail(task, file);
      else await this.#hashAndClose(task, file);
    } catch (error) {
      this.#fail(task, this.#reasonOf(error));
    } finally {
      this.#running -= 1;
      this.#next();
    }
  }

  async #hashAndClose(task: HashTask, file: FileHandle): Promise<void> {
    try {
      await this.#hashFile(task, file);
    } finally {
      await file.close();
    }
  }

  async #keepDeadline(task: HashTask): Promise<void> {
    await this.#clock.delay(this.#deadlineMillis, task.answered);
    const pausesMillis = this.#pausesMillis(task.bytes);
    await this.#clock.delay(pausesMillis, task.answered);
    // Where the rate was lowered meanwhile.
    const furtherMillis = this.#pausesMillis(task.bytes) - pausesMillis;
    if (furtherMillis > 0) await this.#clock.delay(furtherMillis, task.answered);
    task.giveUp();
  }

  #easedBytesPerSecond(): number {
    const full = this.#configuredBytesPerSecond === 0 ? DEFAULT_HASH_BYTES_PER_SECOND : this.#configuredBytesPerSecond;
    return Math.max(1, Math.floor(full / EASED_DIVISOR));
  }

  /** What the rate limit adds, at the worst: all places share it. */
  #pausesMillis(bytes: number): number {
    return this.#bytesPerSecond === 0 ? 0 : (bytes * this.#concurrency * 1000) / this.#bytesPerSecond;
  }

  async #hashFile(task: HashTask, file: FileHandle): Promise<void> {
    const stats = await this.#settledStats(task, file);
    const version = fileVersion(stats);
    if (!stats.isFile()) return this.#fail(task, 'not_a_file');
    if (task.request.version !== undefined && version !== task.request.version) return this.#fail(task, 'replaced');
    if (stats.size > this.#maxFileBytes) return this.#fail(task, 'too_large');
    task.bytes = Number(stats.size);
    await this.#reading.get(version);
    if (task.answered.aborted) return;
    const known = this.#recall(version);
    if (known !== undefined) return this.#succeed(task, 'cached', known);
    const reading = this.#readFile(task, file, version);
    this.#reading.set(
      version,
      reading.catch(() => {}),
    );
    await reading.finally(() => this.#reading.delete(version));
  }

  async #readFile(task: HashTask, file: FileHandle, version: string): Promise<void> {
    const { sha256, failure, ...spent } = await this.#threads.hash(
      { descriptor: file.fd, bytes: task.bytes },
      task.signal,
    );
    this.#observer.fileRead?.({ readBytes: spent.readBytes, seconds: spent.busyMillis / 1000 });
    if (sha256 === undefined) return this.#fail(task, failureReason(failure));
    const same = spent.readBytes === task.bytes && fileVersion(await file.stat({ bigint: true })) === version;
    if (!same) return this.#fail(task, 'changed');
    this.#remember(version, sha256);
    this.#succeed(task, 'hashed', sha256);
  }

  /** From these on, each further change of the file has another ctime. */
  async #settledStats(task: HashTask, file: FileHandle): Promise<BigIntStats> {
    for (;;) {
      const stats = await file.stat({ bigint: true });
      const waitMillis = unsettledMillis(stats, this.#clock.wallMillis());
      if (waitMillis === 0 || task.answered.aborted) return stats;
      await this.#clock.delay(waitMillis, task.signal);
    }
  }

  #recall(version: string): string | undefined {
    return this.#unsaved.get(version) ?? this.#cache?.get(version);
  }

  #remember(version: string, sha256: string): void {
    this.#unsaved.set(version, sha256);
    const oldest = this.#unsaved.keys().next();
    if (this.#unsaved.size > MAX_REMEMBERED && !oldest.done) this.#unsaved.delete(oldest.value);
  }

  #succeed(task: HashTask, outcome: 'hashed' | 'cached', sha256: string): void {
    if (task.settle({ ok: true, sha256, bytes: task.bytes })) this.#observer.hashed?.(outcome);
  }

  #fail(task: HashTask, reason: HashFailureReason): void {
    if (task.settle({ ok: false, reason })) this.#observer.hashed?.(reason);
  }

  #reasonOf(error: unknown): HashFailureReason {
    const reason = failureReason(systemErrorCode(error));
    if (reason === 'internal') this.#logger.error(`could not hash a file: ${errorMessage(error)}`);
    return reason;
  }
}

function checkRange(name: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new ProcmondError(
    'CONFIG_INVALID',
    `HashEngine: ${name} is ${value}, it must be a whole number from ${min} to ${max}`,
  );
}

/** One request from when it is made until it has its answer; the first answer is the one. */
class HashTask {
  readonly request: HashRequest;
  /** Of the file; 0 until it is known. */
  bytes = 0;
  readonly #resolve: (outcome: HashOutcome) => void;
  readonly #giveUp = new AbortController();
  readonly #withdraw = (): void => this.giveUp();
  readonly #answered = new AbortController();

  constructor(request: HashRequest, resolve: (outcome: HashOutcome) => void) {
    this.request = request;
    this.#resolve = resolve;
    request.signal?.addEventListener('abort', this.#withdraw, { once: true });
    if (request.signal?.aborted) this.giveUp();
  }

  /** Aborts when nobody wants to know any more. */
  get signal(): AbortSignal {
    return this.#giveUp.signal;
  }

  /** Aborts when there is an answer. */
  get answered(): AbortSignal {
    return this.#answered.signal;
  }

  giveUp(): void {
    this.#giveUp.abort();
  }

  /** @returns false when it has been answered before */
  settle(outcome: HashOutcome): boolean {
    if (this.answered.aborted) return false;
    this.#answered.abort();
    this.request.signal?.removeEventListener('abort', this.#withdraw);
    this.#resolve(outcome);
    return true;
  }
}
