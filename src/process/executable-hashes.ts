import type { Logger } from '../base/logger.ts';
import type { HashFailureReason } from '../base/observer.ts';
import type { ExecutableHash, ProcessDetails } from '../event/process-row.ts';
import type { HashOutcome } from '../hasher/hash-engine.ts';
import type { Process } from './enumerate/enumerator.ts';

/** Hashes files by their version; `HashEngine` does. */
export interface FileHasher {
  /** What is known without reading, from this run or an earlier one. */
  known(version: string): string | undefined;
  /** Reads what the link leads to, when it is of that version; never rejects. */
  hashLink(link: string, version: string): Promise<HashOutcome>;
  /** Puts what is new into the open transaction; `written` says that it was committed. */
  write(): void;
  written(): void;
}

/** What became of one version of a file. */
interface FileState {
  hash?: ExecutableHash;
  failures: number;
  /** True when it is being hashed, or there is nothing more to try. */
  settled: boolean;
}

/** A version that could not be hashed is tried again, by another of its processes as the case may be, so many times. */
const MOST_TRIES = 3;

/** Far more than a host runs at once; beyond it, what no longer runs is forgotten. */
const MAX_FILES = 4_096;

/**
 * Hashes of the executables that run, each version of a file once, however many processes share it. They are asked for
 * after the processes were read and are there when they are there: who cannot wait goes on without.
 */
export class ExecutableHashes {
  readonly #hasher: FileHasher;
  readonly #procRoot: string;
  readonly #logger: Logger;
  readonly #files = new Map<string, FileState>();
  readonly #pending = new Set<Promise<void>>();

  constructor(hasher: FileHasher, options: { readonly procRoot: string; readonly logger: Logger }) {
    this.#hasher = hasher;
    this.#procRoot = options.procRoot;
    this.#logger = options.logger;
  }

  /** The same object as long as it is the same hash. */
  of(details: ProcessDetails | undefined): ExecutableHash | undefined {
    const version = details?.executableVersion;
    return version === undefined ? undefined : this.#files.get(version)?.hash;
  }

  /** True while hashes are being made. */
  get busy(): boolean {
    return this.#pending.size > 0;
  }

  /** Asks for what is not known yet. */
  request(processes: readonly Process[]): void {
    for (const process of processes) this.#request(process);
    if (this.#files.size > MAX_FILES) this.#forgetAllBut(processes);
  }

  /** Resolves when all that was asked for has been tried. */
  async settled(): Promise<void> {
    await Promise.all(this.#pending);
  }

  /** Belongs into the transaction of the cycle; `written` says that it was committed. */
  write(): void {
    this.#hasher.write();
  }

  written(): void {
    this.#hasher.written();
  }

  #request({ pid, details }: Process): void {
    const version = details?.executableVersion;
    if (version === undefined) return;
    const known = this.#files.get(version);
    if (known?.settled) return;
    const state = known ?? this.#begin(version);
    if (state.settled) return;
    state.settled = true;
    const pending = this.#hash(`${this.#procRoot}/${pid}/exe`, version, state);
    this.#pending.add(pending);
    void pending.then(() => this.#pending.delete(pending));
  }

  #begin(version: string): FileState {
    const sha256 = this.#hasher.known(version);
    const state: FileState = {
      ...(sha256 !== undefined && { hash: { sha256, version } }),
      failures: 0,
      settled: sha256 !== undefined,
    };
    this.#files.set(version, state);
    return state;
  }

  async #hash(link: string, version: string, state: FileState): Promise<void> {
    const outcome = await this.#hasher.hashLink(link, version);
    if (outcome.ok) {
      state.hash = { sha256: outcome.sha256, version };
      return;
    }
    state.failures += 1;
    if (outcome.reason === 'changed') {
      this.#logger.warn(`the executable behind ${link} changed while it was read: it is not hashed as it was`);
    }
    state.settled = isFinal(outcome.reason) || state.failures >= MOST_TRIES;
  }

  #forgetAllBut(processes: readonly Process[]): void {
    const running = new Set(processes.map(({ details }) => details?.executableVersion));
    for (const version of this.#files.keys()) if (!running.has(version)) this.#files.delete(version);
  }
}

/** Whether another try, or another process of the same file, can come to nothing else. */
function isFinal(reason: HashFailureReason): boolean {
  return reason === 'too_large' || reason === 'denied' || reason === 'not_a_file';
}
