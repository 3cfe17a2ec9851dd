import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { lacking } from './lacking.ts';
import { commandLine } from './run-procmond.ts';
import { scratchDirectory } from './scratch-store.ts';

/** A user and group that no file knows. */
export const STRANGER = 64_999;

/** As setpriv(1) spells them. */
export type HeldCapability = 'sys_ptrace' | 'dac_read_search';

export const BOTH: readonly HeldCapability[] = ['sys_ptrace', 'dac_read_search'];

/** What has a program start as the stranger, with these capabilities and no way to others. */
export function asStranger(capabilities: readonly HeldCapability[] = []): readonly ['setpriv', ...string[]] {
  return asUser({ userId: STRANGER, capabilities });
}

/** The same as any user, root with few rights included. */
export function asUser({
  userId,
  capabilities = [],
}: {
  readonly userId: number;
  readonly capabilities?: readonly string[];
}): readonly ['setpriv', ...string[]] {
  const set = ['-all', ...capabilities.map((name) => `+${name}`)].join(',');
  const sets = [`--inh-caps=${set}`, `--ambient-caps=${set}`, `--bounding-set=${set}`];
  // Another user is no longer killed with its parent, unless that is asked for once more.
  return ['setpriv', `--reuid=${userId}`, `--regid=${userId}`, '--clear-groups', ...sets, '--pdeathsig=KILL'];
}

/** What has root be told no by the modes of files, as everybody else is; nothing where it is not root that runs. */
export const HELD_TO_MODES: readonly string[] =
  process.geteuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search'] : [];

/** Why nobody can become the stranger here. */
export function lackingStranger(programs: readonly string[] = []): string | false {
  const lacks = lacking({ root: true, programs: ['setpriv', ...programs] });
  if (lacks) return lacks;
  if (!succeeds([...asStranger(BOTH), 'true'])) return 'root may not give these capabilities away here';
  // With the right to read everything, a checkout that is closed to others does not matter.
  return !succeeds([...asStranger(), ...commandLine(['version'])]) && 'other users may not run this checkout';
}

/** A folder that others may enter, with a data directory of the stranger's in it. */
export function strangersDirectory(t: TestContext): string {
  const directory = join(scratchDirectory(t), 'data');
  chmodSync(dirname(directory), 0o755);
  mkdirSync(directory, { mode: 0o700 });
  chownSync(directory, STRANGER, STRANGER);
  return directory;
}

function succeeds([program = '', ...args]: readonly string[]): boolean {
  return spawnSync(program, args).status === 0;
}
