import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(import.meta.resolve('../../src/main.ts'));

/** Port 9 is discard: nobody listens there. */
export const NO_ENDPOINT = 'http://127.0.0.1:9';

export interface ProgramResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * The words a shell would need to run the real program.
 * @param program path of its `main`: the sources by default
 */
export function commandLine(args: readonly string[], program = MAIN): readonly [string, ...string[]] {
  return [process.execPath, program, ...args];
}

/** Runs the real program to its end, with nothing in its environment but what is given. */
export async function runProcmond(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ProgramResult> {
  return runProgram(commandLine(args), env);
}

export async function runProgram(
  [program = '', ...args]: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ProgramResult> {
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...env },
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { exitCode: child.exitCode, stdout, stderr };
}
