import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { errorMessage } from '../base/errors.ts';
import type { UsedCapability } from './capabilities.ts';
import { setOf } from './capabilities.ts';
import type { UserAndGroup } from './parse-user.ts';
import { parseRights } from './rights.ts';

/** A command in the hands of another user: what execve(2) is to be given. */
export interface SetprivCommand {
  readonly program: string;
  readonly args: readonly string[];
}

/** Where it lies when PATH does not say: a service has a short one, or none. */
const USUAL_FOLDERS = ['/usr/bin', '/bin', '/usr/sbin', '/sbin'];

/** The path of setpriv(1); undefined where there is none. Relative folders of PATH are not looked into. */
export function findSetpriv(path: string | undefined): string | undefined {
  const folders = [...(path ?? '').split(':').filter((folder) => isAbsolute(folder)), ...USUAL_FOLDERS];
  return folders.map((folder) => join(folder, 'setpriv')).find(isExecutable);
}

/**
 * How to run `command` as another user that holds `capabilities` and can never get others: not by a program that is
 * setuid (no_new_privs), nor by a later exec (bounding set); with no groups besides its own.
 */
export function setprivCommand(
  setpriv: string,
  user: UserAndGroup,
  capabilities: readonly UsedCapability[],
  command: readonly string[],
): SetprivCommand {
  const set = ['-all', ...capabilities.map((name) => `+${name.replace(/^CAP_/, '').toLowerCase()}`)].join(',');
  const ids = [`--reuid=${user.userId}`, `--regid=${user.groupId}`, '--clear-groups', '--no-new-privs'];
  const sets = [`--inh-caps=${set}`, `--ambient-caps=${set}`, `--bounding-set=${set}`];
  return { program: setpriv, args: [setpriv, ...ids, ...sets, '--', ...command] };
}

/**
 * Has Node.js started for an instant as it is to be started for good, for that cannot be taken back when it fails, and a
 * change that left the process what it was would be made again without end.
 * @returns why it would not do; undefined when it would
 */
export function rehearsalProblem(
  setpriv: string,
  user: UserAndGroup,
  capabilities: readonly UsedCapability[],
): string | undefined {
  const rehearsed = [process.execPath, '-p', 'fs.readFileSync("/proc/self/status", "latin1")'];
  const { program, args } = setprivCommand(setpriv, user, capabilities, rehearsed);
  // What it says is for us; options of Node.js in the environment are those of the program, which may be a debugger's.
  const { NODE_OPTIONS: _, ...env } = process.env;
  const { error, status, signal, stdout, stderr } = spawnSync(program, args.slice(1), {
    encoding: 'utf8',
    env,
    timeout: REHEARSAL_MILLIS,
    killSignal: 'SIGKILL',
  });
  if (error !== undefined) return errorMessage(error);
  if (status !== 0) return stderr.trim().split('\n')[0] || `it ended with ${status ?? signal}`;
  const rights = parseRights(stdout);
  const set = setOf(capabilities);
  const { effectiveUserId, effectiveGroupId, effective, permitted, bounding } = rights;
  const asAsked =
    effectiveUserId === user.userId &&
    effectiveGroupId === user.groupId &&
    [effective, permitted, bounding].every((held) => held === set);
  return asAsked ? undefined : 'it left the process with other rights than it was told to';
}

/** It takes a tenth of a second; a machine may be busy. */
const REHEARSAL_MILLIS = 30_000;

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Whatever the reason: the next folder may have one.
    return false;
  }
}
