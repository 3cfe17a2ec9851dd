import type { ProcessDetails } from '../event/process-row.ts';

/** What is compared; a field that is missing here does not compile. How often something was redacted is no difference. */
const COMPARED: Readonly<Record<Exclude<keyof ProcessDetails, 'redactions'>, true>> = {
  cpid: true,
  executablePath: true,
  executableDeleted: true,
  executableExists: true,
  executableReplaced: true,
  executableWorldWritable: true,
  executableMemfd: true,
  executableDevice: true,
  executableInode: true,
  executableBytes: true,
  executableModifiedMillis: true,
  executableHtlhash: true,
  executableVersion: true,
  args: true,
  argsCount: true,
  argsTruncated: true,
  commandLineText: true,
  title: true,
  workingDirectory: true,
  userName: true,
  realUserId: true,
  userId: true,
  savedUserId: true,
  filesystemUserId: true,
  realGroupId: true,
  groupId: true,
  savedGroupId: true,
  filesystemGroupId: true,
  loginUserId: true,
  effectiveCapabilities: true,
  noNewPrivileges: true,
  seccompMode: true,
  virtualPid: true,
  pidNamespace: true,
  mountNamespace: true,
  networkNamespace: true,
  userNamespace: true,
  cgroup: true,
  containerId: true,
  containerRuntime: true,
  podUid: true,
  systemdUnit: true,
  systemdUserUnit: true,
  systemdSlice: true,
  deniedFields: true,
  escapedFields: true,
  truncatedFields: true,
  redaction: true,
};

const KEYS = Object.keys(COMPARED) as (keyof typeof COMPARED)[];

/** Whether two readings of one process came to the same. */
export function sameDetails(a: ProcessDetails | undefined, b: ProcessDetails | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined) return false;
  for (const key of KEYS) {
    const [one, other] = [a[key], b[key]];
    if (one !== other && !sameItems(one, other)) return false;
  }
  return true;
}

function sameItems(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return false;
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
