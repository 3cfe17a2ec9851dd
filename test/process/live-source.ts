import assert from 'node:assert/strict';
import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { systemClock } from '../../src/base/clock.ts';
import type { EventSink } from '../../src/collector/event-source.ts';
import type { CollectionEvent, ProcessCollectionEvent } from '../../src/event/collection-event.ts';
import { LinuxEnumerator } from '../../src/process/enumerate/linux/linux-enumerator.ts';
import type { CompiledRules } from '../../src/process/findings/compile-rules.ts';
import { ProcessEventSource, type ProcessSourceParts } from '../../src/process/process-event-source.ts';
import type { ProcessSourceConfig } from '../../src/process/process-source-config.ts';
import type { SnapshotStore } from '../../src/store/snapshot-store.ts';
import { ProcTree } from './enumerate/linux/proc-tree.ts';
import { openStore } from './open-store.ts';
import { testRedactor } from './test-redactor.ts';

export const onLinux: { readonly skip: string | false } = {
  skip: process.platform !== 'linux' && 'there is no /proc to read on this platform',
};

export const asRoot: { readonly skip: string | false } = {
  skip: onLinux.skip || (process.geteuid?.() !== 0 && 'it takes root'),
};

const HASH_BUDGET_MILLIS = 10_000;

/** What a source tells of real processes: of this one, and of those a test names. */
export class LiveSource {
  readonly tree: ProcTree;
  readonly #store: SnapshotStore;
  readonly #config: Partial<ProcessSourceConfig>;
  readonly #parts: ProcessSourceParts;
  #source: ProcessEventSource;

  private constructor(
    tree: ProcTree,
    store: SnapshotStore,
    config: Partial<ProcessSourceConfig>,
    parts: ProcessSourceParts,
  ) {
    this.tree = tree;
    this.#store = store;
    this.#config = config;
    this.#parts = parts;
    this.#source = this.#open();
  }

  static async open(
    t: TestContext,
    { config = {}, parts = {} }: { config?: Partial<ProcessSourceConfig>; parts?: ProcessSourceParts } = {},
  ): Promise<LiveSource> {
    const tree = new ProcTree(t);
    for (const name of ['stat', 'sys', String(process.pid)]) tree.link(name, `/proc/${name}`);
    return new LiveSource(tree, await openStore(t), { refreshCycles: 1, ...config }, parts);
  }

  watch(pid: number): void {
    this.tree.link(String(pid), `/proc/${pid}`);
  }

  /** procmond ends and is started again. */
  async restart(): Promise<void> {
    await this.#source.stop();
    this.#source = this.#open();
  }

  /** Everything told of the next cycle but `observed` and its completion. */
  async cycle(): Promise<readonly CollectionEvent[]> {
    let events: readonly CollectionEvent[] = [];
    const sink: EventSink = {
      commit: (batch) =>
        this.#store.transact(() => {
          batch.write?.();
          events = [...batch.events];
          return { firstSeq: 1, lastSeq: events.length };
        }),
      capabilitiesChanged() {},
    };
    // Where hashes are asked for, they are there at once.
    await this.#source.runCycle(sink, new AbortController().signal, { hashBudgetMillis: HASH_BUDGET_MILLIS });
    return events.filter(
      (event) => event.kind !== 'cycle' && !(event.kind === 'process' && event.action === 'observed'),
    );
  }

  /** What the next cycle tells of the life of one process. */
  async lifeOf(pid: number): Promise<readonly ProcessCollectionEvent[]> {
    const events = await this.cycle();
    return events.filter((event) => event.kind === 'process').filter((event) => event.process.pid === pid);
  }

  /** What the next cycle finds about one process, by the ids of the rules. */
  async findingsOf(pid: number): Promise<readonly string[]> {
    const events = await this.cycle();
    const findings = events.filter((event) => event.kind === 'finding');
    return findings.filter(({ process }) => process?.pid === pid).map(({ rule }) => rule.id);
  }

  setRules(rules: CompiledRules): void {
    this.#source.setRules(rules);
  }

  #open(): ProcessEventSource {
    return new ProcessEventSource(this.#store, this.#config, {
      enumerator: new LinuxEnumerator({ procRoot: this.tree.root, clock: systemClock }),
      redactor: testRedactor(),
      procRoot: this.tree.root,
      passwdFile: '/dev/null',
      groupFile: '/dev/null',
      ...this.#parts,
    });
  }
}

/** A process that does what the test tells it, a line of JavaScript each time; it ends with the test. */
export class Obedient {
  readonly child: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  private constructor(child: ChildProcess) {
    this.child = child;
    const lines = createInterface({ input: child.stdout as NonNullable<ChildProcess['stdout']> });
    this.#answers = lines[Symbol.asyncIterator]();
  }

  /** `program` is a Node.js, or what ends in one, with `args` before the script. */
  static async start(
    t: TestContext,
    {
      program = process.execPath,
      args = [],
      ...options
    }: SpawnOptions & { program?: string; args?: readonly string[] } = {},
  ): Promise<Obedient> {
    const child = spawn(program, [...args, '-e', SCRIPT], { stdio: ['pipe', 'pipe', 'inherit'], ...options });
    t.after(() => child.kill('SIGKILL'));
    const obedient = new Obedient(child);
    assert.equal(await obedient.#answer(), 'ready');
    return obedient;
  }

  get pid(): number {
    return this.child.pid as number;
  }

  /** Has it run a line, and waits for what that comes to. */
  ask(line: string): Promise<string> {
    this.child.stdin?.write(`${line}\n`);
    return this.#answer();
  }

  async #answer(): Promise<string> {
    const { value, done } = await this.#answers.next();
    if (done) throw new Error('it ended without an answer');
    return value;
  }
}

const SCRIPT = `
  const lines = require('node:readline').createInterface({ input: process.stdin });
  lines.on('line', (line) => console.log(String(eval(line))));
  console.log('ready');
`;

/** A process from a command line that prints a line when it is where the test wants it; it ends with the test. */
export async function running(
  t: TestContext,
  program: string,
  args: readonly string[],
  options: SpawnOptions = {},
): Promise<{ readonly pid: number; readonly said: string; readonly child: ChildProcess }> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'], ...options });
  t.after(() => child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout as NonNullable<ChildProcess['stdout']> });
  const said = await new Promise<string>((resolve, reject) => {
    lines.once('line', resolve);
    lines.once('close', () => reject(new Error(`${program} ended without a line`)));
  });
  return { pid: child.pid as number, said, child };
}

/** A folder that others may enter but not write to, in a place where nobody but root may write; gone after the test. */
export function scratch(t: TestContext, parent: string = tmpdir()): string {
  const directory = mkdtempSync(join(parent, 'procmond-live-'));
  chmodSync(directory, 0o755);
  t.after(() => spawnSync('rm', ['-rf', directory]));
  return directory;
}
