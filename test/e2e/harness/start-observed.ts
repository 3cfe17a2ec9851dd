import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { waitUntil } from '../../fake/wait-until.ts';
import { findProgram } from '../components/find-program.ts';
import { type RunningProgram, startProgram } from './start-program.ts';

/** A process that the test started for procmond to find, and what there is to be found. */
export interface ObservedProcess extends RunningProgram {
  readonly executablePath: string;
  readonly commandLine: readonly string[];
  /** Epoch milliseconds before and after it was made. */
  readonly startedBetween: readonly [number, number];
}

/** A process of a file of its own in `directory`, which sleeps. */
export async function startSleeper(t: TestContext, directory: string, name: string): Promise<ObservedProcess> {
  const sleep = findProgram('sleep', process.env);
  if (sleep === undefined) throw new Error('there is no sleep on PATH, a part of coreutils');
  const executable = join(directory, name);
  await copyFile(sleep, executable);
  return start(t, executable, ['3600', '0.125']);
}

/** A Node.js process that runs `script` with `args`. */
export function startScript(t: TestContext, script: string, args: readonly string[]): ObservedProcess {
  return start(t, process.execPath, ['-e', script, '--', ...args]);
}

const ALLOCATED_BYTES = 64 * 1024 * 1024;

/** A Node.js process, so one of several threads, with 64 MiB of its own, that keeps half a core busy for two minutes at most. */
export async function startBusy(t: TestContext, args: readonly string[]): Promise<ObservedProcess> {
  const busy = startScript(
    t,
    `const kept = Buffer.alloc(${ALLOCATED_BYTES}, 1);
     const until = Date.now() + 120_000;
     console.log('ready');
     setImmediate(function work() {
       for (const stop = Date.now() + 20; Date.now() < stop; ) kept[0] ^= 1;
       if (Date.now() < until) setTimeout(work, 20);
     });`,
    args,
  );
  await waitUntil('the busy process has its memory', () => busy.output().includes('ready'));
  return busy;
}

function start(t: TestContext, executablePath: string, args: readonly string[]): ObservedProcess {
  const before = Date.now();
  const program = startProgram(t, executablePath, args, { env: {} });
  return {
    ...program,
    executablePath,
    commandLine: [executablePath, ...args],
    startedBetween: [before, Date.now()],
  };
}
