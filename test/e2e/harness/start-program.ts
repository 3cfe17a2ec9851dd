import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { cleanUp } from './clean-up.ts';

const GRACE_MILLIS = 20_000;

/** A program that runs until it is stopped. */
export interface RunningProgram {
  readonly pid: number;
  /** Everything it wrote so far, standard output and standard error in the order in which they came. */
  readonly output: () => string;
  /** Undefined while it runs; then its exit code, or the name of the signal that ended it. */
  readonly ended: () => number | string | undefined;
  /** Sends the signal and resolves when the program is gone, with its exit code or the signal that ended it. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<number | string>;
}

/**
 * Starts a program that belongs to the test: it is stopped when the test ends, and what it wrote is shown where the test
 * failed. It gets exactly the environment given.
 */
export function startProgram(
  t: TestContext,
  program: string,
  args: readonly string[],
  options: { readonly env: NodeJS.ProcessEnv; readonly cwd?: string },
): RunningProgram {
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const killWithUs = () => child.kill('SIGKILL');
  process.once('exit', killWithUs);
  const closed = once(child, 'close').finally(() => process.off('exit', killWithUs));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }

  const running: RunningProgram = {
    pid: pidOf(child, program),
    output: () => output,
    ended: () => child.exitCode ?? child.signalCode ?? undefined,
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      const impatience = setTimeout(killWithUs, GRACE_MILLIS);
      await closed;
      clearTimeout(impatience);
      return child.exitCode ?? child.signalCode ?? 'unknown';
    },
  };
  cleanUp(t, async () => {
    await running.stop();
    // `passed` is newer than the type declarations.
    if ('passed' in t && t.passed === false)
      t.diagnostic(`${program} ${args.join(' ')} wrote:\n${output.slice(-4000)}`);
  });
  return running;
}

function pidOf(child: ChildProcess, program: string): number {
  if (child.pid === undefined) throw new Error(`could not start "${program}": it isn't there or may not be executed`);
  return child.pid;
}
