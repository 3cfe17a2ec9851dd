import type { TestContext } from 'node:test';
import { ProcTree, type StatLine, statLine, statusText } from '../../process/enumerate/linux/proc-tree.ts';

export interface ChangingHostOptions {
  readonly processes: number;
  /** Arguments of each, behind its name; none by default. */
  readonly argumentsOf?: (pid: number) => readonly string[];
}

/**
 * A host on which there is something to tell of every kind whenever one looks: two processes have made room for others,
 * of which one calls itself a kernel thread, and another one, not long there, has run another program.
 */
export class ChangingHost {
  readonly #tree: ProcTree;
  readonly #options: ChangingHostOptions;
  #lastPid = 0;
  #execs = 0;
  #boots = 0;

  constructor(t: TestContext, options: ChangingHostOptions) {
    this.#options = options;
    this.#tree = new ProcTree(t);
    this.#boot();
    while (this.#lastPid < options.processes) this.#begin('sleep');
  }

  get procRoot(): string {
    return this.#tree.root;
  }

  /** Of one that lives until the next change at least. */
  get newestPid(): number {
    return this.#lastPid;
  }

  /** The same programs under the same pids, and yet others. */
  reboot(): void {
    this.#boots += 1;
    this.#boot();
    for (let pid = this.#lastPid - this.#options.processes + 1; pid <= this.#lastPid; pid++) this.#writeStat({ pid });
  }

  change(): void {
    this.#succeed('sleep');
    this.#succeed('[kworker/0:1]');
    this.#exec(this.#lastPid - 2);
  }

  #succeed(name: string): void {
    this.#tree.remove(String(this.#lastPid - this.#options.processes + 1));
    this.#begin(name);
  }

  #begin(name: string): void {
    this.#lastPid += 1;
    const pid = this.#lastPid;
    this.#writeStat({ pid });
    this.#tree.write(`${pid}/status`, statusText(pid));
    this.#tree.write(`${pid}/cmdline`, this.#commandLine(name, pid));
    this.#tree.link(`${pid}/exe`, '/usr/bin/sleep');
  }

  #exec(pid: number): void {
    this.#execs += 1;
    const argStart = 140_720_000_100_000 + this.#execs * 4_096;
    this.#tree.write(`${pid}/cmdline`, this.#commandLine(`other${this.#execs}`, pid));
    this.#writeStat({ pid, argStart });
  }

  #boot(): void {
    this.#tree.write('stat', `btime ${1_795_398_100 + this.#boots * 3_600}\nprocesses 50697\n`);
    const number = String(this.#boots).padStart(12, '0');
    this.#tree.write('sys/kernel/random/boot_id', `3f2c1d7e-9a64-4b08-8e51-${number}\n`);
  }

  #writeStat(line: StatLine): void {
    const startTicks = 1_000 + 7 * line.pid + this.#boots;
    this.#tree.write(`${line.pid}/stat`, statLine({ ...line, startTicks }));
  }

  #commandLine(name: string, pid: number): string {
    return [name, ...(this.#options.argumentsOf?.(pid) ?? [])].map((argument) => `${argument}\0`).join('');
  }
}
