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
  /** Absent for kernel threads and zombies, which have no memory. */
  swapBytes?: number;
  /** Of the leading thread alone. */
  voluntarySwitches?: number;
  involuntarySwitches?: number;
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
  const swap = line(text, '\nVmSwap:');
  if (swap !== undefined && /^\d+ kB$/.test(swap)) fields.swapBytes = Number.parseInt(swap, 10) * 1024;
  const voluntary = numbers(text, '\nvoluntary_ctxt_switches:');
  if (voluntary?.length === 1) fields.voluntarySwitches = voluntary[0] as number;
  const involuntary = numbers(text, '\nnonvoluntary_ctxt_switches:');
  if (involuntary?.length === 1) fields.involuntarySwitches = involuntary[0] as number;
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

/** Decimal numbers between tabs, by character codes: this runs for each process that is read again. */
function numbers(text: string, label: string): readonly number[] | undefined {
  const start = text.indexOf(label);
  if (start === -1) return undefined;
  const found: number[] = [];
  let value: number | undefined;
  for (let index = start + label.length; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code >= DIGIT_0 && code <= DIGIT_9) {
      value = (value ?? 0) * 10 + (code - DIGIT_0);
      continue;
    }
    if (value !== undefined) found.push(value);
    value = undefined;
    if (code === NEWLINE) return found.length > 0 ? found : undefined;
    if (code !== TAB && code !== SPACE) return undefined;
  }
  return undefined;
}

const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const NEWLINE = 0x0a;
const TAB = 0x09;
const SPACE = 0x20;
