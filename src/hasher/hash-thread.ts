import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { HashJob, HashJobResult, HashThreadData } from './hash-worker.ts';

/** The worker holds one piece of a file and next to nothing else. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 2 } as const;

/** A thread that hashes one open file at a time. It keeps the program from ending only while it does. */
export class HashThread {
  readonly #worker: Worker;
  readonly #cancelled = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  #answer: PromiseWithResolvers<HashJobResult> | undefined;
  #ended = false;

  constructor(options: Omit<HashThreadData, 'cancelled'>) {
    const workerData: HashThreadData = { ...options, cancelled: this.#cancelled };
    // Nothing of the program's own flags and environment concerns it.
    this.#worker = new Worker(workerFile(), { workerData, execArgv: [], env: {}, resourceLimits: RESOURCE_LIMITS });
    this.#worker.on('message', (result: HashJobResult) => this.#settle((answer) => answer.resolve(result)));
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('the thread ended')));
    this.#worker.unref();
  }

  /** True when it can take no further job. */
  get ended(): boolean {
    return this.#ended;
  }

  /**
   * The descriptor must stay open until this settles; an abort of `signal` makes that soon.
   * @throws {Error} when the thread could not be started, or ended
   */
  async hash(job: HashJob, signal: AbortSignal): Promise<HashJobResult> {
    if (this.#ended) throw new Error('the thread ended');
    const answer = Promise.withResolvers<HashJobResult>();
    this.#answer = answer;
    Atomics.store(this.#cancelled, 0, signal.aborted ? 1 : 0);
    const cancel = () => {
      Atomics.store(this.#cancelled, 0, 1);
      Atomics.notify(this.#cancelled, 0);
    };
    signal.addEventListener('abort', cancel, { once: true });
    this.#worker.ref();
    this.#worker.postMessage(job);
    try {
      return await answer.promise;
    } finally {
      signal.removeEventListener('abort', cancel);
      this.#worker.unref();
    }
  }

  async end(): Promise<void> {
    this.#ended = true;
    await this.#worker.terminate();
  }

  #fail(error: Error): void {
    this.#ended = true;
    this.#settle((answer) => answer.reject(error));
  }

  #settle(how: (answer: PromiseWithResolvers<HashJobResult>) => void): void {
    const answer = this.#answer;
    this.#answer = undefined;
    if (answer !== undefined) how(answer);
  }
}

/** Beside this file: TypeScript where this is run from its source, an entry of its own in the bundle (scripts/build.ts). */
function workerFile(): URL {
  const here = import.meta.url;
  return new URL(`./hash-worker${extname(new URL(here).pathname)}`, here);
}
