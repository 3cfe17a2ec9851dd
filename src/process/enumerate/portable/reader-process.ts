import { type ChildProcess, fork } from 'node:child_process';
import type { Socket } from 'node:net';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../../../base/clock.ts';
import { errorMessage, ProcmondError } from '../../../base/errors.ts';
import { readerEnvironment } from './reader-environment.ts';

export interface ReaderProcessOptions {
  readonly clock: Clock;
  /** A listing that takes longer ends the reader. */
  readonly timeLimitMillis: number;
  /** What the reader runs; `process-reader`, beside this file or in the bundle beside the one it is in, by default. */
  readonly module?: string | undefined;
  /** Of procmond; the little of it that the reader needs is passed on. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

type Outcome =
  | { readonly kind: 'answered'; readonly message: unknown }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'ended' }
  | { readonly kind: 'failed'; readonly why: string; readonly cause: Error };

/** The list of some ten thousand processes fits in many times over. */
const READER_HEAP_MEGABYTES = 512;
const MAX_STDERR_LENGTH = 4_096;

/**
 * The process that systeminformation runs in, where its faults cannot hurt: whatever happens in there becomes an error
 * here. It keeps nothing from ending, and ends with procmond, with an abort, with whatever goes wrong; then it takes with
 * it what it has started.
 */
export class ReaderProcess {
  readonly #options: ReaderProcessOptions;
  readonly #child: ChildProcess;
  readonly #end = () => this.end();
  #settle: (outcome: Outcome) => void = () => {};
  #signal: AbortSignal | undefined;
  #stderr = '';
  #ended = false;

  constructor(options: ReaderProcessOptions) {
    this.#options = options;
    this.#child = fork(options.module ?? defaultModule(), [], {
      env: readerEnvironment(options.env, process.platform),
      execArgv: [`--max-old-space-size=${READER_HEAP_MEGABYTES}`],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      // A process group of its own can be ended as a whole; on Windows it would be a window.
      detached: process.platform !== 'win32',
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(0, MAX_STDERR_LENGTH);
    });
    this.#child.on('message', (message) => this.#settle({ kind: 'answered', message }));
    this.#child.on('error', (error) => this.#fail(errorMessage(error), error));
    this.#child.on('close', (code, signal) => this.#closed(code, signal));
    this.#hold(false);
  }

  /** True when it cannot be asked any more: another one has to be. */
  get ended(): boolean {
    const { connected, exitCode, signalCode } = this.#child;
    return this.#ended || !connected || exitCode !== null || signalCode !== null;
  }

  /**
   * Has the processes listed, once at a time.
   * @returns what it answers, whatever that is
   * @throws {ProcmondError} CYCLE_INCOMPLETE when it does not answer; it has ended then
   */
  async read(signal: AbortSignal): Promise<unknown> {
    signal.throwIfAborted();
    this.#endWith(signal);
    const over = new AbortController();
    this.#hold(true);
    const outcome = await new Promise<Outcome>((settle) => {
      this.#settle = settle;
      const { clock, timeLimitMillis } = this.#options;
      void clock.delay(timeLimitMillis, over.signal).then(() => settle({ kind: 'timeout' }));
      this.#child.send('read', (error) => error && this.#fail(errorMessage(error), error));
    });
    this.#settle = () => {};
    over.abort();
    this.#hold(false);
    if (outcome.kind === 'answered') return outcome.message;
    this.end();
    signal.throwIfAborted();
    throw this.#error(outcome);
  }

  /** May be called twice. */
  end(): void {
    this.#signal?.removeEventListener('abort', this.#end);
    if (this.#ended) return;
    this.#ended = true;
    const { pid } = this.#child;
    try {
      if (pid !== undefined) process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
    } catch {
      // It has ended by itself, and with it all that it has started.
    }
    this.#settle({ kind: 'ended' });
  }

  /** Readings of one source come with one signal; it also ends a reader that rests. */
  #endWith(signal: AbortSignal): void {
    if (this.#signal === signal) return;
    this.#signal?.removeEventListener('abort', this.#end);
    this.#signal = signal;
    signal.addEventListener('abort', this.#end, { once: true });
  }

  /** Whether this process waits for it before it ends by itself. */
  #hold(held: boolean): void {
    const handles = [this.#child, this.#child.channel, this.#child.stderr as Socket | null];
    for (const handle of handles) {
      if (held) handle?.ref();
      else handle?.unref();
    }
  }

  #closed(code: number | null, signal: NodeJS.Signals | null): void {
    const said = /^\w*Error: (.*)$/m.exec(this.#stderr)?.[1]?.slice(0, 200) ?? '';
    const how = signal === null ? `with code ${code}` : `by ${signal}`;
    this.#fail(`its process ended ${how}${said === '' ? '' : ` (${said})`}`, new Error(said || how));
    this.#signal?.removeEventListener('abort', this.#end);
    this.#ended = true;
  }

  #fail(why: string, cause: Error): void {
    this.#settle({ kind: 'failed', why, cause });
  }

  #error(outcome: Exclude<Outcome, { kind: 'answered' }>): ProcmondError {
    switch (outcome.kind) {
      case 'timeout': {
        const seconds = this.#options.timeLimitMillis / 1000;
        const hint = 'is ps, or PowerShell, stuck, or the host overloaded?';
        return incomplete(`it has listed nothing within ${seconds} s, and its process was ended (${hint})`);
      }
      case 'ended':
        return incomplete('its process was ended while it listed');
      case 'failed': {
        const isTooMuch = outcome.why.includes('E2BIG');
        const hint = isTooMuch ? '; it cannot list as many processes as there are' : '';
        return incomplete(outcome.why + hint, outcome.cause);
      }
    }
  }
}

/** A cycle without a list of all processes. */
export function incomplete(why: string, cause?: Error): ProcmondError {
  return new ProcmondError(
    'CYCLE_INCOMPLETE',
    `could not read the process table with systeminformation: ${why}; this cycle is given up and nothing is told from ` +
      'it, the next one starts its process anew',
    { cause },
  );
}

/** It has the same name as source and in the bundle (scripts/build.ts). */
function defaultModule(): string {
  const here = import.meta.url;
  return fileURLToPath(new URL(`./process-reader${extname(new URL(here).pathname)}`, here));
}
