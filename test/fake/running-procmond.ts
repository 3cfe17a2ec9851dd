import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import type { TestContext } from 'node:test';
import { commandLine, NO_ENDPOINT } from './run-procmond.ts';

/** The real program, run as a user would run it. */
export class RunningProcmond {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  readonly #wrote = new EventEmitter();
  #log = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#closed = once(child, 'close');
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#log += text;
        this.#wrote.emit('more');
      });
    }
  }

  /** It watches this host, every five seconds, and is gone when the test ends. */
  static start(
    t: TestContext,
    options: {
      readonly dataDirectory: string;
      /** By default one where nobody listens. */
      readonly endpoint?: string;
      readonly procRoot?: string;
      readonly env?: Readonly<Record<string, string>>;
      /** Path of its `main`: the sources by default. */
      readonly program?: string;
      /** Further options. */
      readonly args?: readonly string[];
      /** A program with its arguments that starts it, without a process of its own in between. */
      readonly by?: readonly string[];
    },
  ): RunningProcmond {
    const { dataDirectory, endpoint = NO_ENDPOINT, procRoot = '/proc', env, program, by = [] } = options;
    const args = ['run', '--interval', '5', '--metrics-port', '0'];
    args.push('--data-dir', dataDirectory, '--endpoint', endpoint, '--proc-root', procRoot);
    args.push(...(options.args ?? []));
    const [file = '', ...words] = [...by, ...commandLine(args, program)];
    const child = spawn(file, words, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], HOME: dataDirectory, ...env },
    });
    t.after(() => child.kill('SIGKILL'));
    return new RunningProcmond(child);
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  /** All that it wrote so far. */
  get log(): string {
    return this.#log;
  }

  /**
   * What `awaited` resolves with.
   * @throws {Error} with what it wrote, when it ends before
   */
  async while<Result>(awaited: Promise<Result>): Promise<Result> {
    const ended = this.#closed.then(() => {
      throw new Error(`procmond ended by itself:\n${this.#log}`);
    });
    return Promise.race([awaited, ended]);
  }

  /** Resolves when it has written what `pattern` matches. @throws {Error} with what it wrote, when it ends before */
  async says(pattern: RegExp): Promise<void> {
    await this.while(this.#written(pattern));
  }

  /** Resolves when `awaited` does, or when it has ended. */
  async orEnd(awaited: Promise<unknown>): Promise<void> {
    await Promise.race([awaited, this.#closed]);
  }

  /** Resolves when it has written what `pattern` matches, or when it has ended. */
  async saysOrEnds(pattern: RegExp): Promise<void> {
    await this.orEnd(this.#written(pattern));
  }

  /** @returns exit code, or the signal that ended it */
  async ended(): Promise<number | NodeJS.Signals | null> {
    await this.#closed;
    return this.#child.exitCode ?? this.#child.signalCode;
  }

  /** @returns exit code, or the signal that ended it */
  async end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
    this.#child.kill(signal);
    return this.ended();
  }

  async #written(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.#log)) await once(this.#wrote, 'more');
  }
}
