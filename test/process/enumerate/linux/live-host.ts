import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { systemClock } from '../../../../src/base/clock.ts';
import type { Enumeration, EnumerationRequest, Process } from '../../../../src/process/enumerate/enumerator.ts';
import { LinuxEnumerator } from '../../../../src/process/enumerate/linux/linux-enumerator.ts';
import { testRedactor } from '../../test-redactor.ts';
import { ProcTree } from './proc-tree.ts';

export type Read = (request?: Partial<EnumerationRequest>) => Promise<Enumeration>;

/** Reads all processes of this host, again with each call. */
export function enumerator({ procRoot = '/proc', refreshCycles = 1 } = {}): Read {
  const reader = new LinuxEnumerator({ procRoot, clock: systemClock });
  const { signal } = new AbortController();
  return (request) =>
    reader.enumerate({
      redactor: testRedactor(),
      enhanced: true,
      maxEnriched: 0,
      refreshCycles,
      usageAtOnce: false,
      countFileDescriptors: false,
      signal,
      ...request,
    });
}

/** What the kernel says of this process and some others: all of a busy host's would take long. */
export function readingOf(t: TestContext, pids: number | readonly number[], refreshCycles = 1): Read {
  const tree = new ProcTree(t);
  for (const name of ['stat', 'sys', process.pid, ...[pids].flat()]) tree.link(String(name), `/proc/${name}`);
  return enumerator({ procRoot: tree.root, refreshCycles });
}

export function find({ processes }: Enumeration, pid: number | undefined): Process {
  const found = processes.find((process) => process.pid === pid);
  assert.ok(found !== undefined, `pid ${pid} is missing`);
  return found;
}

/** A process that says when it is where the test wants it; it ends with the test. */
export class Talker {
  readonly child: ChildProcess;
  /** What it said when it was ready. */
  ready = '';
  readonly #lines: AsyncIterator<string>;
  readonly #ended: Promise<unknown>;

  private constructor(child: ChildProcess) {
    this.child = child;
    this.#ended = new Promise((resolve) => child.once('close', resolve));
    const lines = createInterface({ input: child.stdout as NonNullable<ChildProcess['stdout']> });
    this.#lines = lines[Symbol.asyncIterator]();
  }

  /** Runs `program`, which prints a line when it is ready, and waits for that line. */
  static async start(t: TestContext, program: string, args: readonly string[], options: { cwd?: string } = {}) {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'], ...options });
    t.after(() => child.kill('SIGKILL'));
    // What is written to one that has ended is lost, which the test that waits for an answer notices.
    child.stdin?.on('error', () => {});
    const talker = new Talker(child);
    talker.ready = await talker.line();
    return talker;
  }

  /** Runs a shell's `script`. */
  static run(t: TestContext, script: string, { args = [], cwd }: { args?: readonly string[]; cwd?: string } = {}) {
    return Talker.start(t, '/bin/sh', ['-c', script, ...args], { ...(cwd !== undefined && { cwd }) });
  }

  get pid(): number {
    return this.child.pid as number;
  }

  /** The next line it prints. */
  async line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`${this.child.spawnargs.join(' ')} ended without a line`);
    return value;
  }

  tell(line: string): void {
    this.child.stdin?.write(`${line}\n`);
  }

  /** Tells it, and waits for its answer. */
  ask(line: string): Promise<string> {
    this.tell(line);
    return this.line();
  }

  /** Ends it as whoever reads its input expects: there is no more. */
  async finish(): Promise<void> {
    this.child.stdin?.end();
    await this.#ended;
  }
}

/** A field of `/proc/PID/stat`, numbered as in proc_pid_stat(5), read without the code under test. */
export function statField(pid: number, field: number): string {
  const line = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return line.slice(line.lastIndexOf(')') + 2).split(' ')[field - 3] as string;
}

/** What stands behind a label in a file of lines such as `/proc/PID/status`, '' where there is no such line. */
export function labelled(path: string, label: string): string {
  const line = readFileSync(path, 'latin1')
    .split('\n')
    .find((one) => one.startsWith(`${label}:`));
  return line?.slice(label.length + 1).trim() ?? '';
}

export function scratch(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'procmond-live-'));
  // Not rmSync: paths below may be too long for one system call, or be no text.
  t.after(() => spawnSync('rm', ['-rf', directory]));
  return directory;
}
