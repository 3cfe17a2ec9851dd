import { readFileSync } from 'node:fs';
import { usedOf } from './capabilities.ts';
import { parseUser, type UserAndGroup } from './parse-user.ts';
import { ownRights } from './rights.ts';
import { findSetpriv, rehearsalProblem, type SetprivCommand, setprivCommand } from './setpriv.ts';

export type UserChange =
  /** This is that user. */
  | { readonly kind: 'none' }
  /** `usage`: what was asked for cannot be done by anyone like this. */
  | { readonly kind: 'refused'; readonly usage: boolean; readonly message: string }
  | { readonly kind: 'needed'; readonly user: UserAndGroup; readonly exec: SetprivCommand };

/**
 * What it takes to be the user that `--user` names. Rights belong to a thread, and Node.js has a dozen before its first
 * line: they can be given to a new program only, which takes the place of this one under the same pid. Who is root is
 * made that user, who is that user stays; it goes by the ids the kernel tells, so that it ends after one change.
 * @param command how this program was started, to be started again
 */
export function userChange(asked: string, command: readonly string[], path: string | undefined): UserChange {
  const rights = ownRights();
  if (rights === undefined) return refused(`--user ${asked}: rights are kept this way on Linux alone, with /proc`);
  const parsed = parseUser(asked, { passwd: textOf('/etc/passwd'), group: textOf('/etc/group') });
  if (!parsed.ok) return usage(`--user: "${asked}" ${parsed.reason}`);
  const { effectiveUserId, effectiveGroupId } = rights;
  const groupFits = !asked.includes(':') || parsed.groupId === effectiveGroupId;
  if (parsed.userId === effectiveUserId && groupFits) return { kind: 'none' };
  if (effectiveUserId !== 0) {
    return usage(
      `--user: procmond runs as uid ${effectiveUserId}, gid ${effectiveGroupId}, and cannot become "${asked}": start it as root, or as that user without --user`,
    );
  }
  const setpriv = findSetpriv(path);
  if (setpriv === undefined) {
    return refused(
      `--user ${asked} takes the program setpriv, which is in no folder of PATH: install util-linux, or have procmond started as that user with the capabilities (systemd: User= and AmbientCapabilities=)`,
    );
  }
  const kept = usedOf(rights.permitted & rights.bounding);
  const problem = rehearsalProblem(setpriv, parsed, kept);
  if (problem !== undefined) {
    return refused(
      `--user ${asked}: ${setpriv} cannot start ${process.execPath} as uid ${parsed.userId}, gid ${parsed.groupId}: ${problem}. It has to be that of util-linux, may lack CAP_SETUID, CAP_SETGID or CAP_SETPCAP here, or that user may not run this Node.js`,
    );
  }
  return { kind: 'needed', user: parsed, exec: setprivCommand(setpriv, parsed, kept, command) };
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Numbers do without, and a name that is not found is told.
    return '';
  }
}

function usage(message: string): UserChange {
  return { kind: 'refused', usage: true, message };
}

function refused(message: string): UserChange {
  return { kind: 'refused', usage: false, message };
}
