import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { appendFileSync, copyFileSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import type { EventSink } from '../../src/collector/event-source.ts';
import type { CollectionEvent, ProcessCollectionEvent } from '../../src/event/collection-event.ts';
import { ProcessEventSource } from '../../src/process/process-event-source.ts';
import { SnapshotStore } from '../../src/store/snapshot-store.ts';
import { noMemoryPrograms, startMemoryProgram } from '../fake/memory-program.ts';
import { Program } from '../fake/program.ts';
import { scratchDirectory } from '../fake/scratch-store.ts';
import { HashReport } from '../hasher/hash-report.ts';
import { ProcTree } from './enumerate/linux/proc-tree.ts';

const linux = { skip: process.platform !== 'linux' && 'there is no /proc to read on this platform' };

const SHELL = '/bin/sh';
const sha256Of = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');

/** Runs of procmond on one store, which see the processes of a test (and this one) only. */
class Watch {
  readonly report = new HashReport();
  readonly #directory: string;
  readonly #tree: ProcTree;
  #store: SnapshotStore | undefined;
  #source: ProcessEventSource | undefined;

  constructor(t: TestContext, pids: readonly number[]) {
    this.#directory = scratchDirectory(t);
    this.#tree = new ProcTree(t);
    for (const name of ['stat', 'sys', String(process.pid), ...pids.map(String)])
      this.#tree.link(name, `/proc/${name}`);
    t.after(() => this.end());
  }

  /** One cycle, in which everything is read anew, and all hashes are waited for. */
  async cycle(): Promise<readonly ProcessCollectionEvent[]> {
    this.#store ??= await SnapshotStore.open({ directory: this.#directory });
    const store = this.#store;
    this.#source ??= new ProcessEventSource(
      store,
      { computeExecutableHashes: true, refreshCycles: 1, hashBudgetMillis: 60_000 },
      { procRoot: this.#tree.root, observer: this.report },
    );
    let events: readonly CollectionEvent[] = [];
    const sink: EventSink = {
      commit: ({ write, events: given }) => {
        events = store.transact(() => {
          write?.();
          return [...given];
        });
        return { firstSeq: 1, lastSeq: events.length };
      },
      capabilitiesChanged() {},
    };
    await this.#source.runCycle(sink, new AbortController().signal);
    return events.filter((event) => event.kind === 'process');
  }

  async end(): Promise<void> {
    await this.#source?.stop();
    await this.#store?.close();
    this.#source = undefined;
    this.#store = undefined;
  }
}

function observed(events: readonly ProcessCollectionEvent[], { pid }: Program) {
  const found = events.find(({ action, process }) => action === 'observed' && process.pid === pid);
  assert.ok(found !== undefined, `pid ${pid} is missing`);
  return found.process;
}

suite('the hash of a process that runs', linux, () => {
  test('is that of the file it runs, also after the file is deleted and another one has its name', async (t) => {
    const file = join(scratchDirectory(t), 'program');
    copyFileSync(SHELL, file);
    appendFileSync(file, 'of this test');
    const expected = sha256Of(file);
    const program = new Program(t, file, ['-c', 'echo ready; read end']);
    await program.says('ready');
    rmSync(file);
    writeFileSync(file, 'another one');
    const { executableHash, hashAlgorithm, platformMetadata } = observed(
      await new Watch(t, [program.pid]).cycle(),
      program,
    );
    assert.deepEqual([executableHash, hashAlgorithm], [expected, 'sha256']);
    assert.equal(platformMetadata?.executableDeleted, true);
  });

  test('is that of the memory it runs from', { skip: noMemoryPrograms }, async (t) => {
    const { program, sha256 } = await startMemoryProgram(t, SHELL);
    const { executableHash, platformMetadata } = observed(await new Watch(t, [program.pid]).cycle(), program);
    assert.equal(platformMetadata?.executableMemfd, true);
    assert.equal(executableHash, sha256);
  });

  test('is read once for all processes of a file, and not again by the next run', async (t) => {
    const programs = Array.from({ length: 3 }, () => new Program(t, SHELL, ['-c', 'echo ready; read end']));
    for (const program of programs) await program.says('ready');
    const watch = new Watch(
      t,
      programs.map(({ pid }) => pid),
    );
    const own = statSync(process.execPath).size;
    for (const run of ['first', 'second']) {
      const cycle = await watch.cycle();
      for (const program of programs) assert.equal(observed(cycle, program).executableHash, sha256Of(SHELL), run);
      assert.equal(watch.report.readBytes, statSync(SHELL).size + own, run);
      await watch.end();
    }
  });

  for (const [when, endBetween] of [
    ['while procmond runs', false],
    ['across a restart of procmond', true],
  ] as const) {
    test(`is a change when another content runs under the same path, inode, size and mtime, ${when}`, async (t) => {
      const { program, before, after } = rewriteItself(t);
      await program.says('first');
      const watch = new Watch(t, [program.pid]);
      assert.equal(observed(await watch.cycle(), program).executableHash, before);
      if (endBetween) await watch.end();
      program.tell('go on');
      await program.says('second');
      const cycle = await watch.cycle();
      assert.equal(observed(cycle, program).executableHash, after);
      const changes = cycle.filter((event) => event.action === 'changed');
      assert.deepEqual(
        changes.map(({ cause, changes: fields }) => [cause, fields]),
        [[endBetween ? 'while_down' : 'live', [{ field: 'procmond.executable.hash.sha256', old: before, new: after }]]],
      );
    });
  }
});

/** A shell that lets another one write over its own file, mtime put back, and then runs it again: no other argument, no other name. */
function rewriteItself(t: TestContext) {
  const directory = scratchDirectory(t);
  const file = join(directory, 'program');
  const fresh = join(directory, 'fresh');
  for (const [path, tail] of [
    [file, 'A'],
    [fresh, 'B'],
  ] as const) {
    copyFileSync(SHELL, path);
    // Ends as it began: what is read of head and tail alone is the same.
    appendFileSync(path, tail + 'x'.repeat(8_192));
  }
  const [before, after] = [sha256Of(file), sha256Of(fresh)];
  const script = join(directory, 'script');
  const rewrite = join(directory, 'rewrite');
  const done = join(directory, 'done');
  writeFileSync(
    script,
    `if [ -e ${done} ]; then echo second; read end; else echo first; read go; exec /bin/sh ${rewrite}; fi`,
  );
  writeFileSync(
    rewrite,
    `touch ${done}; touch -r ${file} ${done}; cat ${fresh} > ${file}; touch -r ${done} ${file}; exec ${file} ${script}`,
  );
  return { program: new Program(t, file, [script]), before, after };
}
