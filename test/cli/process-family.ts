import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { TestContext } from 'node:test';

/** Real processes: a shell, a shell below it that renamed itself, and what they were called with. */
export interface ProcessFamily {
  /** In the arguments of both, and of nobody else. */
  readonly marker: string;
  readonly parentPid: number;
  readonly childPid: number;
  /** An argument of the child: it would clear a screen, set a title, break a line and turn text around. */
  readonly hostileText: string;
}

export const HOSTILE_NAME = 'x\u001b[2J\u202e\n';

/** The name of the child as the kernel has it; a NUL would end it. */
const RENAME = `printf 'x\\033[2J\\342\\200\\256\\n' > /proc/$$/comm`;
const CHILD = `${RENAME}; echo $$; read forever <&3`;
const PARENT = `sh -c "$1" "$2-child" "$3" & wait`;

/** Starts the family, ready when the child has its name; it is gone when the test ends. */
export async function startFamily(t: TestContext): Promise<ProcessFamily> {
  const marker = `family-${randomUUID()}`;
  const hostileText = '\u001b]0;title\u0007\u009b2J\u202etxt\n\u6771\u4eac --password=hunter2';
  const parent: ChildProcess = spawn('/bin/sh', ['-c', PARENT, `${marker}-parent`, CHILD, marker, hostileText], {
    // The child reads from a pipe that says nothing, so that it waits without a process of its own for that.
    stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
    detached: true,
  });
  const { pid: parentPid, stdout } = parent;
  if (parentPid === undefined || stdout === null) throw new Error('the shell could not be started');
  t.after(() => process.kill(-parentPid, 'SIGKILL'));
  const [line] = (await once(stdout, 'data')) as [Buffer];
  return { marker, parentPid, childPid: Number(line.toString().trim()), hostileText };
}
