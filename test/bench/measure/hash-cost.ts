/**
 * What hashing executables costs: `measureHashCost`, or by itself, from any folder:
 *
 *   node test/bench/measure/hash-cost.ts [processes [files]]
 *
 * 1,000 processes of 60 different executables of 4 MiB are hashed by cycles of the process source, without a rate limit,
 * and the same files by `sha256sum` in between.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import type { CollectorObserver } from '../../../src/base/observer.ts';
import type { EventSink } from '../../../src/collector/event-source.ts';
import { HashEngine } from '../../../src/hasher/hash-engine.ts';
import { ProcessEventSource } from '../../../src/process/process-event-source.ts';
import { SnapshotStore } from '../../../src/store/snapshot-store.ts';

export interface HashCostOptions {
  /** For executables and store; on a disk. */
  readonly directory: string;
  readonly processes: number;
  readonly files: number;
  readonly rounds: number;
}

export interface HashCycle {
  readonly filesRead: number;
  readonly readBytes: number;
  /** Processes that were told with a hash. */
  readonly hashed: number;
  /** Of the whole cycle, its waiting for hashes included. */
  readonly millis: number;
}

export interface HashCost {
  readonly processes: number;
  readonly files: number;
  readonly fileBytes: number;
  /** The first two of one run, and the first of the next. */
  readonly cycles: { readonly first: HashCycle; readonly second: HashCycle; readonly afterRestart: HashCycle };
  /** Each round, megabytes per second: one file at a time, the start of the thread included; and two at a time. */
  readonly engine: readonly number[];
  readonly engineByTwo: readonly number[];
  readonly sha256sum: readonly number[];
}

/** The least that is wanted of the engine, as a share of what `sha256sum` reads. */
const LEAST_RATIO = 0.8;

const FILE_BYTES = 4 * 1024 * 1024;

const NO_LIMIT = 0;

/** `$0` is how many, `$1` is where the executables are; the rest is how many of them there are. */
const START = `i=0; pids=
while [ $i -lt $0 ]; do $1/program-$((i % $2)) 86400 </dev/null >/dev/null & pids="$pids $!"; i=$((i+1)); done
echo $pids; read -r end; kill $pids; wait`;

export async function measureHashCost(options: HashCostOptions): Promise<HashCost> {
  const files = makeExecutables(options);
  const shell = spawn('sh', ['-c', START, String(options.processes), options.directory, String(options.files)], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  try {
    const procRoot = linkProcesses(join(options.directory, 'proc'), await startedPids(shell));
    const cycles = await measureCycles({ procRoot, dataDirectory: join(options.directory, 'store') });
    return {
      processes: options.processes,
      files: files.length,
      fileBytes: FILE_BYTES,
      cycles,
      ...(await race(files, options.rounds)),
    };
  } finally {
    shell.stdin?.end();
    await once(shell, 'exit');
  }
}

/** Copies of `sleep`, which does not mind what follows its last section. */
function makeExecutables({ directory, files }: HashCostOptions): readonly string[] {
  const sleep = execFileSync('sh', ['-c', 'command -v sleep'], { encoding: 'utf8' }).trim();
  return Array.from({ length: files }, (_, index) => {
    const path = join(directory, `program-${index}`);
    copyFileSync(sleep, path);
    const tail = Buffer.alloc(FILE_BYTES - readFileSync(sleep).length, `program ${index} `);
    appendFileSync(path, tail);
    return path;
  });
}

async function startedPids(shell: ChildProcess): Promise<readonly string[]> {
  let said = '';
  for await (const piece of shell.stdout as Readable) {
    said += String(piece);
    if (said.endsWith('\n')) break;
  }
  return said.trim().split(' ');
}

/** A `/proc` of these processes alone: what else runs on the host would be read and hashed as well. */
function linkProcesses(procRoot: string, pids: readonly string[]): string {
  mkdirSync(procRoot);
  for (const name of ['stat', 'sys', ...pids]) symlinkSync(`/proc/${name}`, join(procRoot, name));
  return procRoot;
}

class Counts implements CollectorObserver {
  filesRead = 0;
  readBytes = 0;

  fileRead({ readBytes }: { readonly readBytes: number }): void {
    this.filesRead += 1;
    this.readBytes += readBytes;
  }
}

async function measureCycles(where: { readonly procRoot: string; readonly dataDirectory: string }) {
  const [first, second] = await cyclesOfOneRun(where, 2);
  const [afterRestart] = await cyclesOfOneRun(where, 1);
  return { first, second, afterRestart } as HashCost['cycles'];
}

async function cyclesOfOneRun(
  { procRoot, dataDirectory }: { readonly procRoot: string; readonly dataDirectory: string },
  count: number,
): Promise<readonly HashCycle[]> {
  const store = await SnapshotStore.open({ directory: dataDirectory });
  const counts = new Counts();
  const hasher = new HashEngine({ cache: store.hashCache, bytesPerSecond: NO_LIMIT, observer: counts });
  const source = new ProcessEventSource(
    store,
    { computeExecutableHashes: true, hashBudgetMillis: 300_000 },
    { procRoot, hasher },
  );
  const cycles: HashCycle[] = [];
  for (let cycle = 0; cycle < count; cycle++) cycles.push(await oneCycle(source, store, counts));
  await source.stop();
  await hasher.close();
  await store.close();
  return cycles;
}

async function oneCycle(source: ProcessEventSource, store: SnapshotStore, counts: Counts): Promise<HashCycle> {
  const before = { filesRead: counts.filesRead, readBytes: counts.readBytes };
  const startedAt = performance.now();
  let hashed = 0;
  const sink: EventSink = {
    commit: ({ write, events }) =>
      store.transact(() => {
        write?.();
        for (const event of events) {
          if (event.kind === 'process' && event.process.executableHash !== undefined) hashed += 1;
        }
        return { firstSeq: 1, lastSeq: 0 };
      }),
    capabilitiesChanged() {},
  };
  await source.runCycle(sink, new AbortController().signal);
  return {
    filesRead: counts.filesRead - before.filesRead,
    readBytes: counts.readBytes - before.readBytes,
    hashed,
    millis: performance.now() - startedAt,
  };
}

/** In turns, so that what else the machine does meets all alike. */
async function race(files: readonly string[], rounds: number) {
  const engine: number[] = [];
  const engineByTwo: number[] = [];
  const sha256sum: number[] = [];
  const megabytes = (files.length * FILE_BYTES) / 1024 / 1024;
  const timed = async (speeds: number[], work: () => unknown) => {
    const startedAt = performance.now();
    await work();
    speeds.push((megabytes * 1000) / (performance.now() - startedAt));
  };
  for (let round = 0; round < rounds; round++) {
    await timed(engine, () => hashAll(files, 1));
    await timed(sha256sum, () => execFileSync('sha256sum', files, { stdio: ['ignore', 'pipe', 'inherit'] }));
    await timed(engineByTwo, () => hashAll(files, 2));
  }
  return { engine, engineByTwo, sha256sum };
}

/** By an engine that knows none of them. */
async function hashAll(files: readonly string[], concurrency: number): Promise<void> {
  const engine = new HashEngine({ bytesPerSecond: NO_LIMIT, concurrency });
  const outcomes = await Promise.all(files.map((path) => engine.hash({ open: () => open(path) })));
  if (!outcomes.every(({ ok }) => ok)) throw new Error('not all files could be hashed');
  await engine.close();
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >>> 1] ?? Number.NaN;
}

/** Lines for people, and whether all that is wanted is so. */
export function describeHashCost(cost: HashCost): { readonly lines: readonly string[]; readonly met: boolean } {
  const { processes, files, fileBytes, cycles, engine, engineByTwo, sha256sum } = cost;
  const ratio = median(engine) / median(sha256sum);
  const cycleLine = (name: string, { filesRead, readBytes, hashed, millis }: HashCycle) =>
    `${name}: ${filesRead} files, ${readBytes} bytes read, ${hashed} processes told with a hash, ${Math.round(millis)} ms`;
  const speeds = (name: string, values: readonly number[]) => `${name}: ${Math.round(median(values))} MB/s`;
  const readOnce = cycles.first.filesRead === files && cycles.first.readBytes === files * fileBytes;
  const readNoMore = cycles.second.readBytes === 0 && cycles.afterRestart.readBytes === 0;
  return {
    lines: [
      `${processes} processes of ${files} executables of ${fileBytes / 1024 / 1024} MiB, medians of ${engine.length}`,
      cycleLine('first cycle', cycles.first),
      cycleLine('second cycle', cycles.second),
      cycleLine('first cycle of the next run', cycles.afterRestart),
      speeds('engine, one file at a time, without a rate limit', engine),
      speeds('engine, two at a time', engineByTwo),
      speeds('sha256sum', sha256sum),
      `engine / sha256sum: ${ratio.toFixed(2)}, at least ${LEAST_RATIO} wanted`,
    ],
    met: readOnce && readNoMore && cycles.first.hashed === processes && ratio >= LEAST_RATIO,
  };
}

if (import.meta.main) {
  const [processes = 1_000, files = 60] = process.argv.slice(2).map(Number);
  const results = resolve(import.meta.dirname, '../../../bench-results');
  mkdirSync(results, { recursive: true });
  const directory = mkdtempSync(join(results, 'hash-'));
  try {
    const { lines, met } = describeHashCost(await measureHashCost({ directory, processes, files, rounds: 5 }));
    for (const line of lines) console.log(line);
    console.log(met ? 'all as wanted' : 'NOT as wanted');
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
