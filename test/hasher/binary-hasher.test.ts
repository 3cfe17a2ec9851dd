import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { uuidv7 } from '../../src/base/uuid.ts';
import { Collector } from '../../src/collector/collector.ts';
import type { TriggerRequest } from '../../src/event/trigger-request.ts';
import { BinaryHasher, DEFAULT_HASH_ROOTS } from '../../src/hasher/binary-hasher.ts';
import { HashEngine, type HashEngineOptions } from '../../src/hasher/hash-engine.ts';
import { parseStartTicks } from '../../src/hasher/parse-start-ticks.ts';
import type { SnapshotStore } from '../../src/store/snapshot-store.ts';
import { ManualClock } from '../fake/manual-clock.ts';
import { noMemoryPrograms, startMemoryProgram } from '../fake/memory-program.ts';
import { Program } from '../fake/program.ts';
import { openStore, scratchDirectory } from '../fake/scratch-store.ts';
import { ScriptedSource } from '../fake/scripted-source.ts';
import { triggerRequest } from '../fake/trigger.ts';
import { HashReport } from './hash-report.ts';
import { folder, settled, versionOf } from './program-file.ts';

const SHELL = '/bin/sh';
const READY = ['-c', 'echo ready; read end'] as const;

const sha256Of = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');

const startTicksOf = (pid: number) => parseStartTicks(readFileSync(`/proc/${pid}/stat`, 'latin1')) as number;

/** Attributes of a record with an answer. */
type Answer = Readonly<Record<string, unknown>>;

/** A Collector with the binary-hasher, and one source that asks it. */
class Bench {
  readonly store: SnapshotStore;
  readonly report = new HashReport();
  readonly collector: Collector;
  readonly engine: HashEngine;
  readonly hasher: BinaryHasher;
  readonly #asking = new ScriptedSource('asking');

  constructor(t: TestContext, store: SnapshotStore, options: HashEngineOptions & { readonly roots?: string[] } = {}) {
    this.store = store;
    this.collector = new Collector({ store });
    this.engine = new HashEngine({ cache: store.hashCache, observer: this.report, bytesPerSecond: 0, ...options });
    this.hasher = new BinaryHasher({ engine: this.engine, ...(options.roots && { roots: options.roots }) });
    this.collector.register(this.hasher);
    t.after(() => this.engine.close());
  }

  static async open(t: TestContext, options: ConstructorParameters<typeof Bench>[2] = {}): Promise<Bench> {
    return new Bench(t, await openStore(t), options);
  }

  async ofProcess(pid: number, startTicks = startTicksOf(pid)): Promise<Answer> {
    return this.#ask({ process: { pid, startTicks } });
  }

  /** As a person asks, through the control socket; or as a source does. */
  async ofPath(path: string, origin: 'operator' | 'source' = 'operator'): Promise<Answer> {
    return this.#ask({ path }, origin);
  }

  async #ask(parts: Partial<TriggerRequest>, origin: 'operator' | 'source' = 'source'): Promise<Answer> {
    const request = triggerRequest({ triggerId: uuidv7(), correlationId: uuidv7(), ...parts });
    if (origin === 'operator') this.collector.requestAnalysis(request);
    else {
      const events = [{ kind: 'trigger', timestampMillis: 7, request }] as const;
      this.collector.sinkFor(this.#asking).commit({ events, observedAtMillis: 7 });
    }
    for (;;) {
      const answer = answers(this.store).find(
        (attributes) => attributes['procmond.trigger.correlation_id'] === request.correlationId,
      );
      if (answer !== undefined) {
        assert.equal(answer['procmond.trigger.id'], request.triggerId);
        return answer;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

function answers({ outbox }: SnapshotStore): readonly Answer[] {
  const records = outbox.take({ maxRecords: 10_000, maxBytes: 1e9, acrossTopics: true });
  outbox.release();
  return records
    .map(({ row }) => JSON.parse(row) as { n: string; a: Answer })
    .filter(({ n }) => n === 'procmond.binary.hashed')
    .map(({ a }) => a);
}

const hashOf = (answer: Answer) => answer['procmond.executable.hash.sha256'];
const failureOf = (answer: Answer) => answer['procmond.binary.failure'];

suite('a request for the hash of a process', () => {
  test('is answered with what it runs, its size, and what was asked', async (t) => {
    const program = new Program(t, SHELL, READY);
    await program.says('ready');
    const bench = await Bench.open(t);
    const answer = await bench.ofProcess(program.pid);
    assert.partialDeepStrictEqual(answer, {
      'procmond.topic': 'collector/binary-hasher/results',
      'procmond.binary.outcome': 'hashed',
      'procmond.executable.hash.sha256': sha256Of(SHELL),
      'procmond.executable.size': statSync(SHELL).size,
      'process.pid': program.pid,
      'procmond.process.start_ticks': startTicksOf(program.pid),
    });
    assert.equal('procmond.binary.failure' in answer, false);
    assert.deepEqual(await bench.hasher.healthCheck(), {
      healthy: true,
      message: 'files that were asked for: 1 hashed, 0 not',
    });
  });

  test('is answered for a file that is deleted, and has another one of its name', async (t) => {
    const path = join(scratchDirectory(t), 'program');
    copyFileSync(SHELL, path);
    appendFileSync(path, 'of this test');
    const expected = sha256Of(path);
    const program = new Program(t, path, READY);
    await program.says('ready');
    rmSync(path);
    writeFileSync(path, 'another one');
    assert.equal(hashOf(await (await Bench.open(t)).ofProcess(program.pid)), expected);
  });

  test('is answered for one that runs from memory', { skip: noMemoryPrograms }, async (t) => {
    const { program, sha256 } = await startMemoryProgram(t, SHELL);
    assert.equal(hashOf(await (await Bench.open(t)).ofProcess(program.pid)), sha256);
  });

  test('is not answered with the file of another life of its pid, nor of one that is gone', async (t) => {
    const program = new Program(t, SHELL, READY);
    await program.says('ready');
    const bench = await Bench.open(t);
    const startTicks = startTicksOf(program.pid);
    const other = await bench.ofProcess(program.pid, startTicks - 1);
    const gone = await bench.ofProcess(2 ** 22 + 1, 1);
    assert.deepEqual([failureOf(other), failureOf(gone)], ['unavailable', 'unavailable']);
    assert.deepEqual([hashOf(other), other['procmond.binary.outcome']], [undefined, 'failed']);
    assert.deepEqual(bench.report.reads, []);
  });

  test('reads a file once, whoever asks and in whichever run', async (t) => {
    const directory = scratchDirectory(t);
    const programs = [new Program(t, SHELL, READY), new Program(t, SHELL, READY)];
    for (const program of programs) await program.says('ready');
    const store = await openStore(t, { directory });
    const bench = new Bench(t, store);
    for (const { pid } of programs) assert.equal(hashOf(await bench.ofProcess(pid)), sha256Of(SHELL));
    assert.equal(bench.report.readBytes, statSync(SHELL).size);
    await store.close();

    const next = new Bench(t, await openStore(t, { directory }));
    assert.equal(next.engine.known(versionOf(SHELL)), sha256Of(SHELL));
    assert.equal(hashOf(await next.ofProcess(programs[0]?.pid as number)), sha256Of(SHELL));
    assert.deepEqual(next.report.reads, []);
  });
});

suite('a request for the hash of a file', () => {
  test('is answered below the roots, and after an edit with the mtime put back with another hash', async (t) => {
    const { inside, bench } = await tree(t);
    const path = join(inside, 'program');
    assert.equal(hashOf(await bench.ofPath(path)), sha256Of(path));
    await settled(path);
    const { atime, mtime } = statSync(path);
    writeFileSync(path, 'PROGRAM');
    utimesSync(path, atime, mtime);
    // The same file may be asked for again after a while; another name of it at once.
    const other = await new Bench(t, await openStore(t), { roots: [inside] }).ofPath(path);
    assert.equal(hashOf(other), sha256Of(path));
    assert.equal(other['file.path'], path);
  });

  test('is told nothing of what lies elsewhere: that is judged by the path alone', async (t) => {
    const { inside, outside, bench } = await tree(t);
    for (const path of [
      join(outside, 'secret'),
      join(outside, 'missing'),
      `${inside}/../outside/secret`,
      `${inside}x/secret`,
      inside,
    ]) {
      assert.equal(failureOf(await bench.ofPath(path)), 'path_not_allowed', path);
    }
    assert.deepEqual(bench.report.outcomes, []);
  });

  test('gets the same answer for whatever cannot be had: nothing there, no plain file, a way out of the roots', async (t) => {
    const { inside, outside, bench } = await tree(t);
    execFileSync('mkfifo', [join(inside, 'fifo')]);
    symlinkSync(join(inside, 'program'), join(inside, 'alias'));
    symlinkSync(join(outside, 'secret'), join(inside, 'trap'));
    symlinkSync(outside, join(inside, 'way-out'));
    for (const name of [
      'missing',
      'fifo',
      'alias',
      'trap',
      'folder',
      'program/x',
      'way-out/secret',
      'way-out/missing',
    ]) {
      const answer = await bench.ofPath(join(inside, name));
      assert.deepEqual([failureOf(answer), hashOf(answer)], ['unavailable', undefined], name);
    }
    assert.deepEqual(bench.report.reads, []);
  });

  test('is refused to a source: only a person may name files', async (t) => {
    const { inside, bench } = await tree(t);
    assert.equal(failureOf(await bench.ofPath(join(inside, 'program'), 'source')), 'path_not_allowed');
  });

  test('is told of a file that is too large', async (t) => {
    const { inside, bench } = await tree(t);
    truncateSync(join(inside, 'program'), 512 * 1024 * 1024 + 1);
    assert.equal(failureOf(await bench.ofPath(join(inside, 'program'))), 'too_large');
  });

  test('is answered below /usr/bin without a word of configuration', async (t) => {
    const bench = await Bench.open(t);
    assert.ok(DEFAULT_HASH_ROOTS.includes('/bin'));
    const path = ['/bin/dash', '/bin/bash', '/bin/busybox'].find((shell) => statSync(shell, { throwIfNoEntry: false }));
    assert.equal(hashOf(await bench.ofPath(path as string)), sha256Of(path as string));
  });
});

suite('a request whose time is over', () => {
  test('while its file is read is answered with that', async (t) => {
    const { inside } = await tree(t);
    const clock = new ManualClock();
    const store = await openStore(t);
    const engine = new HashEngine({ bytesPerSecond: 1_024, clock });
    t.after(() => engine.close());
    const collector = new Collector({ store, clock });
    collector.register(new BinaryHasher({ engine, roots: [inside], clock }));
    truncateSync(join(inside, 'program'), 1024 * 1024);
    collector.requestAnalysis(triggerRequest({ path: join(inside, 'program') }));
    while (engine.threads === 0) await new Promise((resolve) => setImmediate(resolve));
    clock.advance(30_000);
    while (answers(store).length === 0) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(failureOf(answers(store)[0] as Answer), 'timeout');
  });

  test('before its turn came is answered with that, and not looked into', async (t) => {
    const bench = await Bench.open(t);
    const sink = bench.collector.sinkFor(bench.hasher);
    const request = triggerRequest({ process: { pid: process.pid, startTicks: startTicksOf(process.pid) } });
    await bench.hasher.answersTriggers.handle(request, { origin: 'source', sink, signal: AbortSignal.abort() });
    assert.equal(failureOf(answers(bench.store)[0] as Answer), 'timeout');
    assert.deepEqual(bench.report.reads, []);
  });
});

suite('the binary-hasher', () => {
  test('is listed with what it can, waits until the end, and has no thread meanwhile', async (t) => {
    const bench = await Bench.open(t);
    const stop = new AbortController();
    const running = bench.collector.run(stop.signal);
    assert.partialDeepStrictEqual(bench.collector.sources, [{ name: 'binary-hasher', capabilities: ['filesystem'] }]);
    assert.equal(bench.engine.threads, 0);
    stop.abort();
    await running;
  });

  test('refuses what is no hash, and what names nothing', async (t) => {
    const bench = await Bench.open(t);
    const context = {
      origin: 'operator',
      sink: bench.collector.sinkFor(bench.hasher),
      signal: new AbortController().signal,
    } as const;
    const { process: _, ...nothing } = triggerRequest();
    for (const request of [triggerRequest({ analysisType: 'yara_scan' }), nothing]) {
      await bench.hasher.answersTriggers.handle(request, context);
    }
    assert.deepEqual(answers(bench.store).map(failureOf), ['invalid_request', 'invalid_request']);
  });
});

async function tree(t: TestContext) {
  const directory = folder(t);
  const [inside, outside] = [join(directory, 'inside'), join(directory, 'outside')];
  for (const path of [inside, outside, join(inside, 'folder')]) mkdirSync(path);
  writeFileSync(join(inside, 'program'), 'program');
  writeFileSync(join(outside, 'secret'), 'secret');
  return { inside, outside, bench: await Bench.open(t, { roots: [inside] }) };
}
