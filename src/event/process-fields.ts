import type { AttributeValue } from './collection-event.ts';
import type { ProcessEvent, ProcessMetadata } from './process-event.ts';

/** One attribute of a process record: its name on the wire, its meaning, where it comes from, and when it is missing. */
export interface ProcessField {
  readonly attribute: string;
  readonly type: 'int' | 'double' | 'string' | 'boolean' | 'string[]';
  readonly unit?: string;
  readonly source: string;
  readonly absent: string;
  /** Compared between cycles: a difference is a `procmond.process.changed`. */
  readonly watched?: true;
  /** Free text, which redaction may alter: compared only with text that went through the same redaction. */
  readonly redacted?: true;
  /** Left out (and not read, where it costs) with `--enhanced-metadata=false`. */
  readonly enhanced?: true;
  /** The value most processes have: a record leaves it out. */
  readonly usual?: boolean | number;
  /** An attribute further up: a record leaves out what only repeats it. */
  readonly sameAs?: string;
  readonly read: (process: ProcessEvent, metadata: ProcessMetadata) => AttributeValue | undefined;
}

const isoTime = (millis: number | undefined) => (millis === undefined ? undefined : new Date(millis).toISOString());

/** "never": every process has it. */
export const PROCESS_FIELDS: readonly ProcessField[] = [
  { attribute: 'process.pid', type: 'int', source: '/proc', absent: 'never', read: (p) => p.pid },
  {
    attribute: 'process.creation.time',
    type: 'string',
    unit: 'ISO 8601, UTC',
    source: 'stored boot time + stat field 22',
    absent: 'never on Linux',
    read: (p) => isoTime(p.startTime),
  },
  {
    attribute: 'procmond.process.cpid',
    type: 'string',
    unit: 'UUIDv8',
    source: 'OCSF common process id: boot id, pid namespace, start ticks, pid',
    absent: 'boot id or pid namespace not readable',
    read: (_, m) => m.cpid,
  },
  {
    attribute: 'procmond.process.start_ticks',
    type: 'int',
    unit: 'clock ticks since boot',
    source: 'stat field 22',
    absent: 'never on Linux',
    read: (_, m) => m.startTicks,
  },
  {
    attribute: 'process.parent_pid',
    type: 'int',
    source: 'stat field 4',
    absent: 'never; 0 where there is no parent in this pid namespace',
    watched: true,
    read: (p) => p.ppid,
  },
  {
    attribute: 'procmond.process.parent_cpid',
    type: 'string',
    unit: 'UUIDv8',
    source: 'CPID of the parent',
    absent: 'parent not in the same snapshot',
    read: (_, m) => m.parentCpid,
  },
  {
    attribute: 'procmond.process.comm',
    type: 'string',
    source: 'stat field 2',
    absent: 'never',
    watched: true,
    redacted: true,
    read: (p) => p.name,
  },
  {
    attribute: 'process.executable.path',
    type: 'string',
    source: 'exe link, without " (deleted)"',
    absent: 'kernel thread, zombie, denied',
    watched: true,
    redacted: true,
    read: (p) => p.executablePath,
  },
  {
    attribute: 'process.executable.name',
    type: 'string',
    source: 'last segment of the path',
    absent: 'as process.executable.path',
    redacted: true,
    read: (p) => p.executablePath?.slice(p.executablePath.lastIndexOf('/') + 1),
  },
  {
    attribute: 'procmond.executable.exists',
    type: 'boolean',
    source: 'exe link: the file still has a name',
    absent: 'as process.executable.path',
    read: (p) => p.fileExists,
  },
  {
    attribute: 'procmond.executable.deleted',
    type: 'boolean',
    source: '" (deleted)" of the exe link',
    absent: 'false',
    watched: true,
    usual: false,
    read: (_, m) => m.executableDeleted,
  },
  {
    attribute: 'procmond.executable.device',
    type: 'int',
    source: 'stat(2) through the exe link',
    absent: 'as process.executable.path',
    watched: true,
    read: (_, m) => m.executableDevice,
  },
  {
    attribute: 'procmond.executable.inode',
    type: 'int',
    source: 'stat(2) through the exe link',
    absent: 'as process.executable.path',
    watched: true,
    read: (_, m) => m.executableInode,
  },
  {
    attribute: 'procmond.executable.hash.sha256',
    type: 'string',
    unit: 'lower-case hex',
    source: 'content read through the exe link',
    absent: 'hashing off, not yet hashed, no file',
    read: (p) => p.executableHash,
  },
  {
    attribute: 'process.command',
    type: 'string',
    source: 'first argument',
    absent: 'kernel thread, zombie, denied',
    redacted: true,
    read: (p) => p.commandLine[0],
  },
  {
    attribute: 'process.command_args',
    type: 'string[]',
    source: 'cmdline, redacted, cut at 8 KiB or 256 arguments',
    absent: 'kernel thread, zombie, denied; only the first with `--command-line none`',
    watched: true,
    redacted: true,
    read: (p) => (p.commandLine.length > 0 ? p.commandLine : undefined),
  },
  {
    attribute: 'process.args_count',
    type: 'int',
    source: 'cmdline, all of it',
    absent: 'denied',
    read: (_, m) => m.argsCount,
  },
  {
    attribute: 'procmond.process.args_truncated',
    type: 'boolean',
    source: 'cmdline',
    absent: 'not cut',
    read: (_, m) => m.argsTruncated || undefined,
  },
  {
    attribute: 'process.working_directory',
    type: 'string',
    source: 'cwd link',
    absent: 'kernel thread, zombie, denied',
    enhanced: true,
    redacted: true,
    read: (_, m) => m.workingDirectory,
  },
  {
    attribute: 'process.user.id',
    type: 'int',
    source: 'status Uid (effective)',
    absent: 'not enriched',
    watched: true,
    read: (p) => p.userId,
  },
  {
    attribute: 'process.owner',
    type: 'string',
    source: 'passwd file, effective user',
    absent: 'no such user',
    read: (_, m) => m.userName,
  },
  {
    attribute: 'process.real_user.id',
    type: 'int',
    source: 'status Uid (real)',
    absent: 'equal to process.user.id',
    watched: true,
    sameAs: 'process.user.id',
    read: (_, m) => m.realUserId,
  },
  {
    attribute: 'process.real_user.name',
    type: 'string',
    source: 'passwd file',
    absent: 'equal to process.owner, no such user',
    sameAs: 'process.owner',
    read: (_, m) => m.realUserName,
  },
  {
    attribute: 'process.saved_user.id',
    type: 'int',
    source: 'status Uid (saved)',
    absent: 'equal to process.user.id',
    watched: true,
    sameAs: 'process.user.id',
    read: (_, m) => m.savedUserId,
  },
  {
    attribute: 'procmond.process.filesystem_user.id',
    type: 'int',
    source: 'status Uid (filesystem)',
    absent: 'equal to process.user.id',
    watched: true,
    sameAs: 'process.user.id',
    read: (_, m) => m.filesystemUserId,
  },
  {
    attribute: 'procmond.process.group.id',
    type: 'int',
    source: 'status Gid (effective)',
    absent: 'not enriched',
    watched: true,
    read: (_, m) => m.groupId,
  },
  {
    attribute: 'procmond.process.group.name',
    type: 'string',
    source: 'group file',
    absent: 'no such group',
    read: (_, m) => m.groupName,
  },
  {
    attribute: 'procmond.process.real_group.id',
    type: 'int',
    source: 'status Gid (real)',
    absent: 'equal to procmond.process.group.id',
    watched: true,
    sameAs: 'procmond.process.group.id',
    read: (_, m) => m.realGroupId,
  },
  {
    attribute: 'procmond.process.saved_group.id',
    type: 'int',
    source: 'status Gid (saved)',
    absent: 'equal to procmond.process.group.id',
    watched: true,
    sameAs: 'procmond.process.group.id',
    read: (_, m) => m.savedGroupId,
  },
  {
    attribute: 'procmond.process.filesystem_group.id',
    type: 'int',
    source: 'status Gid (filesystem)',
    absent: 'equal to procmond.process.group.id',
    watched: true,
    sameAs: 'procmond.process.group.id',
    read: (_, m) => m.filesystemGroupId,
  },
  {
    attribute: 'procmond.process.login_user.id',
    type: 'int',
    source: 'loginuid',
    absent: 'no login (4294967295), kernel without audit',
    enhanced: true,
    read: (_, m) => m.loginUserId,
  },
  {
    attribute: 'procmond.process.capabilities.effective',
    type: 'string',
    unit: '16 hex digits',
    source: 'status CapEff',
    absent: 'not enriched',
    watched: true,
    read: (_, m) => m.effectiveCapabilities,
  },
  {
    attribute: 'procmond.process.no_new_privileges',
    type: 'boolean',
    source: 'status NoNewPrivs',
    absent: 'false',
    watched: true,
    usual: false,
    read: (_, m) => m.noNewPrivileges,
  },
  {
    attribute: 'procmond.process.seccomp_mode',
    type: 'int',
    unit: '0 off, 1 strict, 2 filter',
    source: 'status Seccomp',
    absent: '0, kernel without seccomp',
    watched: true,
    usual: 0,
    read: (_, m) => m.seccompMode,
  },
  {
    attribute: 'process.group_leader.pid',
    type: 'int',
    source: 'stat field 5',
    absent: 'never',
    read: (_, m) => m.processGroupId,
  },
  {
    attribute: 'process.session_leader.pid',
    type: 'int',
    source: 'stat field 6',
    absent: 'never',
    watched: true,
    read: (_, m) => m.sessionId,
  },
  {
    attribute: 'process.interactive',
    type: 'boolean',
    source: 'stat field 7: a controlling terminal',
    absent: 'never',
    read: (_, m) => m.interactive,
  },
  {
    attribute: 'process.vpid',
    type: 'int',
    source: 'status NStgid, last number',
    absent: 'equal to process.pid',
    sameAs: 'process.pid',
    read: (_, m) => m.virtualPid,
  },
  {
    attribute: 'procmond.namespace.pid',
    type: 'int',
    unit: 'inode',
    source: 'ns/pid link',
    absent: 'denied',
    watched: true,
    enhanced: true,
    read: (_, m) => m.pidNamespace,
  },
  {
    attribute: 'procmond.namespace.mnt',
    type: 'int',
    unit: 'inode',
    source: 'ns/mnt link',
    absent: 'kernel thread, denied',
    watched: true,
    enhanced: true,
    read: (_, m) => m.mountNamespace,
  },
  {
    attribute: 'procmond.namespace.net',
    type: 'int',
    unit: 'inode',
    source: 'ns/net link',
    absent: 'kernel thread, denied',
    watched: true,
    enhanced: true,
    read: (_, m) => m.networkNamespace,
  },
  {
    attribute: 'procmond.namespace.user',
    type: 'int',
    unit: 'inode',
    source: 'ns/user link',
    absent: 'kernel thread, denied',
    watched: true,
    enhanced: true,
    read: (_, m) => m.userNamespace,
  },
  {
    attribute: 'process.linux.cgroup',
    type: 'string',
    source: 'cgroup',
    absent: 'denied',
    watched: true,
    enhanced: true,
    redacted: true,
    read: (_, m) => m.cgroup,
  },
  {
    attribute: 'container.id',
    type: 'string',
    source: '64 hex digits in the cgroup path',
    absent: 'not in a container that names its cgroup so',
    watched: true,
    enhanced: true,
    read: (_, m) => m.containerId,
  },
  {
    attribute: 'process.state',
    type: 'string',
    unit: 'running, sleeping, stopped, defunct',
    source: 'stat field 3',
    absent: 'never',
    read: (_, m) => semanticState(m.stateCode),
  },
  {
    attribute: 'procmond.process.state_code',
    type: 'string',
    source: 'stat field 3',
    absent: 'R, S, T and Z, which process.state tells',
    read: (_, m) => (m.stateCode !== undefined && 'RSTZ'.includes(m.stateCode) ? undefined : m.stateCode),
  },
  {
    attribute: 'procmond.process.kernel_thread',
    type: 'boolean',
    source: 'stat field 9, PF_KTHREAD',
    absent: 'false',
    usual: false,
    read: (_, m) => m.kernelThread,
  },
  {
    attribute: 'procmond.process.threads',
    type: 'int',
    source: 'stat field 20',
    absent: 'never',
    enhanced: true,
    read: (_, m) => m.threads,
  },
  {
    attribute: 'procmond.process.nice',
    type: 'int',
    source: 'stat field 19',
    absent: '0',
    enhanced: true,
    usual: 0,
    read: (_, m) => m.nice,
  },
  {
    attribute: 'procmond.process.cpu.utilization',
    type: 'double',
    unit: '1.0 = one core',
    source: 'stat fields 14 and 15 since the last sample',
    absent: 'first sample',
    enhanced: true,
    read: (p) => (p.cpuUsage === undefined ? undefined : p.cpuUsage / 100),
  },
  {
    attribute: 'procmond.process.cpu.time.user',
    type: 'double',
    unit: 's',
    source: 'stat field 14',
    absent: 'never',
    enhanced: true,
    read: (_, m) => m.userCpuSeconds,
  },
  {
    attribute: 'procmond.process.cpu.time.system',
    type: 'double',
    unit: 's',
    source: 'stat field 15',
    absent: 'never',
    enhanced: true,
    read: (_, m) => m.systemCpuSeconds,
  },
  {
    attribute: 'procmond.process.memory.rss',
    type: 'int',
    unit: 'By',
    source: 'stat field 24 x page size',
    absent: 'never',
    enhanced: true,
    read: (p) => p.memoryUsage,
  },
  {
    attribute: 'procmond.process.memory.virtual',
    type: 'int',
    unit: 'By',
    source: 'stat field 23',
    absent: 'never',
    enhanced: true,
    read: (_, m) => m.virtualMemoryBytes,
  },
  {
    attribute: 'procmond.process.enriched',
    type: 'boolean',
    source: '`--max-processes`',
    absent: 'enriched',
    read: (_, m) => (m.enriched === false ? false : undefined),
  },
  {
    attribute: 'procmond.process.accessible',
    type: 'boolean',
    source: 'nothing was denied',
    absent: 'never',
    read: (p) => p.accessible,
  },
  {
    attribute: 'procmond.process.denied_fields',
    type: 'string[]',
    source: 'EACCES, EPERM',
    absent: 'nothing was denied',
    read: (_, m) => (m.deniedFields?.length ? m.deniedFields : undefined),
  },
  {
    attribute: 'procmond.escaped_fields',
    type: 'string[]',
    source: 'bytes that are not UTF-8',
    absent: 'all text is UTF-8',
    read: (_, m) => (m.escapedFields?.length ? m.escapedFields : undefined),
  },
];

/** The four values of the semantic conventions; the kernel's letter stays in `procmond.process.state_code`. */
export function semanticState(stateCode: string | undefined): string | undefined {
  switch (stateCode) {
    case undefined:
      return undefined;
    case 'R':
      return 'running';
    case 'T':
    case 't':
      return 'stopped';
    case 'Z':
    case 'X':
    case 'x':
      return 'defunct';
    default:
      return 'sleeping';
  }
}
