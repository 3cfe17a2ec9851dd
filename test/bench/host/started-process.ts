import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';

const GRACE_MILLIS = 12_000;

/** Ended, at the latest and without grace, when the benchmark ends in whatever way it can still act on. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A child process that is ended when it is disposed of: first by being asked, after 12 s by force. */
export class StartedProcess implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly #ask: (child: ChildProcess) => void;
  readonly #ended: Promise<unknown>;

  private constructor(child: ChildProcess, pid: number, ask: (child: ChildProcess) => void) {
    this.child = child;
    this.pid = pid;
    this.#ask = ask;
    running.add(child);
    this.#ended = once(child, 'exit').finally(() => running.delete(child));
  }

  /** @param ask how it is told to end. @throws {Error} when it cannot be started */
  static async start(
    program: string,
    args: readonly string[],
    options: SpawnOptions & { readonly ask: (child: ChildProcess) => void },
  ): Promise<StartedProcess> {
    const child = spawn(program, args, options);
    // Rejects with what went wrong.
    await once(child, 'spawn');
    return new StartedProcess(child, child.pid as number, options.ask);
  }

  /** Rejects when the process ends; settles in no other way. */
  async untilEnd(): Promise<never> {
    await this.#ended;
    throw new Error(`${this.child.spawnargs.join(' ')} ended with ${this.child.exitCode ?? this.child.signalCode}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.#ask(this.child);
    const impatience = setTimeout(() => this.child.kill('SIGKILL'), GRACE_MILLIS);
    await this.#ended;
    clearTimeout(impatience);
  }
}
