import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createStatFields, parseStat, STAT } from '../../src/process/enumerate/linux/parse-stat.ts';
import type { FuzzReport, FuzzTask } from './fuzz-process.ts';
import type { FuzzTarget } from './fuzz-target.ts';
import { inputAt } from './make-input.ts';

export interface FuzzOptions extends Pick<FuzzTask, 'targetUrl' | 'seed' | 'millis' | 'only'> {
  /** The CPU time an input may take before it is taken for a hang; 20 s by default. */
  readonly budgetMillis?: number;
}

export interface FuzzResult {
  readonly target: string;
  readonly inputs: number;
  readonly seconds: number;
  readonly slowestMillis: number;
  readonly slowestIndex: number;
  readonly finding?: Finding;
}

export interface Finding {
  readonly index: number;
  readonly input: Uint8Array;
  /** What does not hold, or that the input hangs, or takes more memory than there is. */
  readonly failure: string;
}

const BUDGET_MILLIS = 20_000;
const HEAP_MEGABYTES = 256;

/**
 * Tries inputs on a target for the given time, in a process whose heap is bounded: so that an input that hangs, or eats
 * memory, is found like one that breaks what must hold. Ends with the first finding.
 */
export async function fuzz({ budgetMillis = BUDGET_MILLIS, ...task }: FuzzOptions): Promise<FuzzResult> {
  const { target } = (await import(task.targetUrl)) as { readonly target: FuzzTarget };
  const directory = mkdtempSync(join(tmpdir(), 'procmond-fuzz-'));
  const progressFile = join(directory, 'progress');
  writeFileSync(progressFile, new Uint32Array(1));
  const beganMillis = performance.now();
  const child = fork(PROGRAM, {
    execArgv: [`--max-old-space-size=${HEAP_MEGABYTES}`],
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    env: { ...process.env, TMPDIR: directory },
  });
  const watch = watchProgress(child, progressFile, budgetMillis);
  try {
    child.send({ ...task, progressFile } satisfies FuzzTask);
    const report = await Promise.race([answerOf(child), watch.hang]);
    const { inputs, slowestMillis, slowestIndex, failure } = { ...unfinished(watch.index()), ...report };
    const seconds = (performance.now() - beganMillis) / 1000;
    const result = { target: target.name, inputs, seconds, slowestMillis, slowestIndex };
    if (failure === undefined) return result;
    const index = inputs - 1;
    return { ...result, finding: { index, input: task.only ?? inputAt(target, task.seed, index), failure } };
  } finally {
    watch.stop();
    child.kill('SIGKILL');
    rmSync(directory, { recursive: true });
  }
}

const PROGRAM = new URL('./fuzz-process.ts', import.meta.url);

function unfinished(index: number): FuzzReport {
  return { inputs: index + 1, slowestMillis: 0, slowestIndex: index };
}

/** Its report, or what it said when it ended without one: that it has no heap left, or an error that came from nowhere. */
async function answerOf(child: ChildProcess): Promise<Partial<FuzzReport>> {
  const said = child.stderr === null ? '' : text(child.stderr);
  const ended = once(child, 'exit').then(async ([code, signal]) => ({
    failure: `the process ended with ${String(code ?? signal)}: ${(await said).slice(-2_000)}`,
  }));
  return Promise.race([once(child, 'message').then(([report]) => report as FuzzReport), ended]);
}

const LOOK_MILLIS = 200;
/** What takes no CPU time and goes on so long waits in vain, also on a machine that is busy. */
const STILL_MILLIS = 60_000;
const MOST_LOOKS = STILL_MILLIS / LOOK_MILLIS;

/** Looks whether it goes from input to input, by the CPU time it takes: a busy machine is no hang. */
function watchProgress(child: ChildProcess, progressFile: string, budgetMillis: number) {
  const index = () => readFileSync(progressFile).readUInt32LE(0);
  const { promise: hang, resolve } = Promise.withResolvers<Partial<FuzzReport>>();
  let known = -1;
  let sinceMillis = 0;
  let looks = 0;
  const timer = setInterval(() => {
    const nowMillis = cpuMillis(child.pid);
    const current = index();
    if (current !== known) {
      known = current;
      sinceMillis = nowMillis;
      looks = 0;
    } else if (++looks > MOST_LOOKS) {
      resolve({ failure: `it waits for something that does not come: nothing has happened for ${STILL_MILLIS} ms` });
    } else if (nowMillis - sinceMillis > budgetMillis) {
      resolve({ failure: `it takes more than ${budgetMillis} ms of CPU time` });
    }
  }, LOOK_MILLIS);
  return { index, hang, stop: () => clearInterval(timer) };
}

/** USER_HZ of every platform Node.js runs on. */
const TICKS_PER_SECOND = 100;

/** 0 for a process that is gone. */
function cpuMillis(pid: number | undefined): number {
  const fields = createStatFields();
  try {
    const bytes = readFileSync(`/proc/${pid}/stat`);
    parseStat(bytes, bytes.length, fields);
  } catch {
    // Its end is told by an event.
    return 0;
  }
  const ticks = (fields.values[STAT.UTIME_TICKS] ?? 0) + (fields.values[STAT.STIME_TICKS] ?? 0);
  return (ticks * 1000) / TICKS_PER_SECOND;
}
