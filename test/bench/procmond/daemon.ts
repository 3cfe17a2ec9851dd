import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { EmitMode } from '../../../src/process/process-source-config.ts';
import { StartedProcess } from '../host/started-process.ts';
import { startNodeOptions } from './start-node-options.ts';

const PROGRAM = resolve(import.meta.dirname, '../../../dist/main.js');

const SKIP_IDLE_TIME = join(import.meta.dirname, 'skip-idle-time.mjs');

/** The least there is. */
const INTERVAL_SECONDS = 5;

/** What the program logs of a committed cycle. */
export interface DaemonCycle {
  readonly processes: number;
  /** Waiting for delivery when the cycle ended, its own included. */
  readonly outboxRecords: number;
}

/** The built program, run as `npm start` does, with a folder and an endpoint of the benchmark. */
export class Daemon implements AsyncDisposable {
  readonly pid: number;
  readonly #process: StartedProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #output: string[] = [];

  private constructor(process: StartedProcess) {
    this.#process = process;
    this.pid = process.pid;
    this.#lines = createInterface({ input: process.child.stderr as Readable })[Symbol.asyncIterator]();
  }

  /** @param options.skipIdleTime run cycle after cycle instead of one in 5 s */
  static async start(options: {
    readonly dataDirectory: string;
    readonly url: string;
    readonly emit: EmitMode;
    readonly skipIdleTime?: boolean;
  }): Promise<Daemon> {
    const { dataDirectory, url, emit } = options;
    const nodeOptions = options.skipIdleTime === true ? ['--import', SKIP_IDLE_TIME] : [];
    const settings = {
      interval: INTERVAL_SECONDS,
      emit,
      'data-dir': dataDirectory,
      endpoint: url,
      'metrics-port': 0,
      'log-format': 'json',
      'log-level': 'info',
      // What all of the work costs is wanted.
      'cpu-budget': 0,
      'memory-budget': 0,
    };
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const started = await StartedProcess.start(
      process.execPath,
      [...startNodeOptions(), ...nodeOptions, PROGRAM, 'run', ...args],
      {
        // Whatever is set for the person's own procmond must not reach this one.
        env: { PATH: process.env.PATH, HOME: process.env.HOME },
        stdio: ['ignore', 'ignore', 'pipe'],
        ask: (child) => child.kill('SIGTERM'),
      },
    );
    return new Daemon(started);
  }

  /**
   * Resolves when the program says that it committed another cycle.
   * @throws {Error} with what it wrote when it ends instead
   */
  async nextCycle(): Promise<DaemonCycle> {
    for (;;) {
      const { value: line, done } = await this.#lines.next();
      if (done === true) throw new Error(`the program ended:\n${this.#output.join('\n')}`);
      this.#output.push(line);
      if (line.includes('"message":"cycle committed"')) return JSON.parse(line) as DaemonCycle;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }
}
