import { readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { ControlClient } from '../../../src/control/client.ts';
import type { StatusReport } from '../../../src/control/protocol.ts';
import { cpuSeconds, residentMemory } from '../../bench/host/process-figures.ts';
import { StartedProcess } from '../../bench/host/started-process.ts';
import { startNodeOptions } from '../../bench/procmond/start-node-options.ts';
import { bundle } from '../../e2e/harness/bundle.ts';
import { waitUntil } from '../../fake/wait-until.ts';

/** What it holds at a moment. */
export interface Holdings {
  readonly anonymousBytes: number;
  readonly residentBytes: number;
  /** Open files without the `stat` of each process that is watched, whose number is that of the processes. */
  readonly fileDescriptors: number;
  readonly activeResources: number;
  readonly cpuSeconds: number;
  /** In sight in the last cycle: what procmond holds goes by them. */
  readonly processes: number;
}

const MOST_LINES_KEPT = 200;

/** The built program with the options of `npm start`, one life of it. */
export class SoakedProcmond {
  /** Lines of the level ERROR. */
  readonly errors: string[] = [];
  readonly #process: StartedProcess;
  readonly #client: ControlClient;
  readonly #configFile: string;
  readonly #lines: string[] = [];

  private constructor(process: StartedProcess, configFile: string, client: ControlClient) {
    this.#process = process;
    this.#configFile = configFile;
    this.#client = client;
    createInterface({ input: process.child.stderr as Readable }).on('line', (line) => {
      this.#lines.push(line);
      if (this.#lines.length > MOST_LINES_KEPT) this.#lines.shift();
      if (line.includes(' ERROR ')) this.errors.push(line);
    });
  }

  static async start(options: {
    readonly directory: string;
    readonly endpoint: string;
    readonly seconds: number;
  }): Promise<SoakedProcmond> {
    const configFile = join(options.directory, 'procmond.yaml');
    const dataDirectory = join(options.directory, 'data');
    writeConfig(configFile, options.seconds);
    const args = ['run', '--config', configFile, '--data-dir', dataDirectory, '--endpoint', options.endpoint];
    args.push('--metrics-port', '0', '--compute-hashes', '--file-descriptors', '--refresh-cycles', '3');
    const started = await StartedProcess.start(process.execPath, [...startNodeOptions(), await bundle(), ...args], {
      env: { PATH: process.env['PATH'], HOME: options.directory },
      stdio: ['ignore', 'ignore', 'pipe'],
      ask: (child) => child.kill('SIGTERM'),
    });
    return new SoakedProcmond(started, configFile, new ControlClient(join(dataDirectory, 'control.sock')));
  }

  get ended(): boolean {
    const { exitCode, signalCode } = this.#process.child;
    return exitCode !== null || signalCode !== null;
  }

  /** The last that it wrote. */
  get log(): string {
    return this.#lines.join('\n');
  }

  /** @throws {Error} with what it wrote, when it has ended or does not answer */
  async status(): Promise<StatusReport> {
    const answer = await this.#client.ask<StatusReport>({ method: 'GET', path: '/v1/status' });
    if (answer.kind === 'ok') return answer.body;
    throw new Error(`procmond does not tell its status: ${JSON.stringify(answer)}\n${this.log}`);
  }

  /** Resolves when a cycle has been committed. */
  async untilSeeing(): Promise<void> {
    await waitUntil('procmond has committed a cycle', async () => {
      if (this.ended) return true;
      return (await this.status()).lastCycle?.committed !== undefined;
    });
    if (this.ended) throw new Error(`procmond ended by itself:\n${this.log}`);
  }

  /**
   * Has it run cycles one after the other, as long as there is time; they use up more than its budget, which is none
   * meanwhile.
   */
  async warmUp(cycles: number, seconds: number, isTime: () => boolean): Promise<void> {
    writeConfig(this.#configFile, seconds, 'cpu-budget: 0');
    await this.#ask('/v1/reload');
    for (let cycle = 0; cycle < cycles && isTime(); cycle++) await this.#ask('/v1/cycle');
    writeConfig(this.#configFile, seconds);
    await this.#ask('/v1/reload');
  }

  async holdings(): Promise<Holdings> {
    const { pid } = this.#process;
    const { cost, lastCycle } = await this.status();
    return {
      ...residentMemory(pid),
      fileDescriptors: fileDescriptors(pid),
      activeResources: cost.activeResources,
      cpuSeconds: cpuSeconds(pid),
      processes: lastCycle?.committed?.processes ?? 0,
    };
  }

  /** Gives it another interval, by its configuration file and SIGHUP. */
  reload(seconds: number): void {
    writeConfig(this.#configFile, seconds);
    this.#process.child.kill('SIGHUP');
  }

  async #ask(path: string): Promise<void> {
    const answer = await this.#client.ask({ method: 'POST', path });
    if (answer.kind !== 'ok') throw new Error(`procmond refuses ${path}: ${JSON.stringify(answer)}\n${this.log}`);
  }

  async kill(): Promise<void> {
    this.#process.child.kill('SIGKILL');
    await this.#process.untilEnd().catch(() => {});
  }

  /** @returns exit code, or the signal that ended it */
  async stop(): Promise<number | string | null> {
    await this.#process[Symbol.asyncDispose]();
    return this.#process.child.exitCode ?? this.#process.child.signalCode;
  }
}

function writeConfig(file: string, seconds: number, more = ''): void {
  writeFileSync(file, `interval: ${seconds}\n${more}\n`, { mode: 0o600 });
}

function fileDescriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).filter((name) => !isStatFile(`/proc/${pid}/fd/${name}`)).length;
}

function isStatFile(link: string): boolean {
  try {
    return /^\/proc\/\d+\/stat$/.test(readlinkSync(link));
  } catch {
    // Closed meanwhile.
    return true;
  }
}
