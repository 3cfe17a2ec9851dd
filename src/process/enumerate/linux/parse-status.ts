/** What procmond takes from `/proc/PID/status` (proc_pid_status(5)). Ids as the pid and user namespace of the mount sees them. */
export interface StatusFields {
  realUserId?: number;
  userId?: number;
  savedUserId?: number;
  filesystemUserId?: number;
  realGroupId?: number;
  groupId?: number;
  savedGroupId?: number;
  filesystemGroupId?: number;
  /** The thread group's id in each pid namespace, the mount's first, its own last. */
  namespacePids?: readonly number[];
  /** 16 hex digits. */
  effectiveCapabilities?: string;
  noNewPrivileges?: boolean;
  seccompMode?: number;
}

/**
 * Parses a `/proc/PID/status` text (as latin1: every line that matters is ASCII). Lines it does not know, lines that
 * are cut and values that are no numbers leave their field absent.
 */
export function parseStatus(text: string): StatusFields {
  const fields: StatusFields = {};
  const uids = numbers(text, '\nUid:');
  if (uids?.length === 4) {
    [fields.realUserId, fields.userId, fields.savedUserId, fields.filesystemUserId] = uids as Four;
  }
  const gids = numbers(text, '\nGid:');
  if (gids?.length === 4) {
    [fields.realGroupId, fields.groupId, fields.savedGroupId, fields.filesystemGroupId] = gids as Four;
  }
  const pids = numbers(text, '\nNStgid:');
  if (pids !== undefined && pids.length > 0) fields.namespacePids = pids;
  const capabilities = line(text, '\nCapEff:');
  if (capabilities !== undefined && /^[0-9a-f]{16}$/.test(capabilities)) fields.effectiveCapabilities = capabilities;
  const noNewPrivileges = numbers(text, '\nNoNewPrivs:');
  if (noNewPrivileges?.length === 1) fields.noNewPrivileges = noNewPrivileges[0] === 1;
  const seccomp = numbers(text, '\nSeccomp:');
  if (seccomp?.length === 1) fields.seccompMode = seccomp[0] as number;
  return fields;
}

type Four = [number, number, number, number];

/** The trimmed rest of the line that starts with `label`; the kernel escapes newlines in `Name:`, so a label is one. */
function line(text: string, label: string): string | undefined {
  const start = text.indexOf(label);
  if (start === -1) return undefined;
  const end = text.indexOf('\n', start + label.length);
  if (end === -1) return undefined;
  return text.slice(start + label.length, end).trim();
}

function numbers(text: string, label: string): readonly number[] | undefined {
  const rest = line(text, label);
  if (rest === undefined || !/^\d+(\s+\d+)*$/.test(rest)) return undefined;
  return rest.split(/\s+/).map(Number);
}
