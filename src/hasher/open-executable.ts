import { type FileHandle, open, readFile } from 'node:fs/promises';
import type { HashFailureReason } from '../base/observer.ts';
import { parseStartTicks } from './parse-start-ticks.ts';

export interface ProcessIdentity {
  readonly pid: number;
  readonly startTicks: number;
}

/**
 * Opens what a process runs: the file itself, in whatever mount namespace, also when its name is gone or it never had one.
 * The pid is that process before and after, so what was opened is its own (`gone` otherwise).
 * @throws the system's refusals
 */
export async function openExecutable(
  identity: ProcessIdentity,
  procRoot: string,
): Promise<FileHandle | HashFailureReason> {
  const directory = `${procRoot}/${identity.pid}`;
  if (!(await isStill(identity, directory))) return 'gone';
  const file = await open(`${directory}/exe`);
  let same = false;
  try {
    same = await isStill(identity, directory);
  } finally {
    if (!same) await file.close();
  }
  return same ? file : 'gone';
}

async function isStill({ startTicks }: ProcessIdentity, directory: string): Promise<boolean> {
  return parseStartTicks(await readFile(`${directory}/stat`, 'latin1')) === startTicks;
}
