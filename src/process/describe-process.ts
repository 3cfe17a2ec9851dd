import type { ProcessEvent, ProcessMetadata } from '../event/process-event.ts';
import type { ProcessDetails, ProcessFigures, ProcessRow } from '../event/process-row.ts';
import { terminalName } from './terminal-name.ts';

/** What it takes to turn a row into the event people see. */
export interface DescriptionContext {
  readonly sampledAtMillis: number;
  /** Boot time as it was when this boot was first seen: creation times never move. */
  readonly bootAnchorMillis: number;
  readonly ticksPerSecond: number;
  readonly enhanced: boolean;
  readonly userName: (id: number) => string | undefined;
  readonly groupName: (id: number) => string | undefined;
  /** SHA-256 of the executable, lower-case hex, where it is known. */
  readonly hashOf?: ((row: ProcessRow) => string | undefined) | undefined;
  /** CPID of a pid in the same snapshot. */
  readonly cpidOf: (pid: number) => string | undefined;
}

export function creationTimeMillis(
  startTicks: number,
  context: Pick<DescriptionContext, 'bootAnchorMillis' | 'ticksPerSecond'>,
): number {
  return context.bootAnchorMillis + Math.round((startTicks * 1000) / context.ticksPerSecond);
}

/**
 * `figures` absent: only what stays is described. What there is none of is there as undefined, so that all events have one
 * shape: with a thousand of them a cycle, that is a third of the cost of reading them.
 */
export function describeProcess(
  row: ProcessRow,
  figures: (ProcessFigures & { readonly cpuUtilization?: number | undefined }) | undefined,
  context: DescriptionContext,
): ProcessEvent {
  const details: Partial<ProcessDetails> = row.details ?? {};
  const denied = details.deniedFields;
  const hash = context.hashOf?.(row);
  return {
    pid: row.pid,
    ppid: row.ppid,
    name: row.comm,
    executablePath: details.executablePath,
    commandLine: details.args ?? [],
    startTime: creationTimeMillis(row.startTicks, context),
    cpuUsage: context.enhanced && figures?.cpuUtilization !== undefined ? figures.cpuUtilization * 100 : undefined,
    memoryUsage: context.enhanced ? figures?.rssBytes : undefined,
    executableHash: hash,
    hashAlgorithm: hash === undefined ? undefined : 'sha256',
    userId: details.userId,
    accessible: denied === undefined || denied.length === 0,
    fileExists: details.executableExists,
    timestamp: context.sampledAtMillis,
    platformMetadata: describeMetadata(row, details, figures, context),
  };
}

function describeMetadata(
  row: ProcessRow,
  details: Partial<ProcessDetails>,
  figures: ProcessFigures | undefined,
  context: DescriptionContext,
): ProcessMetadata {
  const { userName, groupName } = context;
  const nameOf = (id: number | undefined) => (id === undefined ? undefined : userName(id));
  const told = context.enhanced ? figures : undefined;
  return {
    cpid: details.cpid,
    parentCpid: context.cpidOf(row.ppid),
    startTicks: row.startTicks,
    startTickSeconds: 1 / context.ticksPerSecond,
    enriched: row.details !== undefined,
    kernelThread: row.kernelThread,
    stateCode: figures?.stateCode,
    executableDeleted: details.executableDeleted,
    executableReplaced: details.executableReplaced,
    executableWorldWritable: details.executableWorldWritable,
    executableMemfd: details.executableMemfd,
    executableDevice: details.executableDevice,
    executableInode: details.executableInode,
    executableBytes: details.executableBytes,
    executableModifiedMillis: details.executableModifiedMillis,
    executableHtlhash: details.executableHtlhash,
    argsCount: details.argsCount,
    argsTruncated: details.argsTruncated,
    commandLineText: details.commandLineText,
    title: details.title,
    workingDirectory: details.workingDirectory,
    userName: details.userName ?? nameOf(details.userId),
    realUserId: details.realUserId,
    realUserName: nameOf(details.realUserId),
    savedUserId: details.savedUserId,
    savedUserName: nameOf(details.savedUserId),
    filesystemUserId: details.filesystemUserId,
    groupId: details.groupId,
    groupName: details.groupId === undefined ? undefined : groupName(details.groupId),
    realGroupId: details.realGroupId,
    savedGroupId: details.savedGroupId,
    filesystemGroupId: details.filesystemGroupId,
    loginUserId: details.loginUserId,
    loginUserName: nameOf(details.loginUserId),
    effectiveCapabilities: details.effectiveCapabilities,
    noNewPrivileges: details.noNewPrivileges,
    seccompMode: details.seccompMode,
    processGroupId: row.processGroupId,
    sessionId: row.sessionId,
    interactive: row.terminal === undefined ? undefined : row.terminal !== 0,
    terminal: terminalName(row.terminal),
    virtualPid: details.virtualPid,
    pidNamespace: details.pidNamespace,
    mountNamespace: details.mountNamespace,
    networkNamespace: details.networkNamespace,
    userNamespace: details.userNamespace,
    cgroup: details.cgroup,
    containerId: details.containerId,
    containerRuntime: details.containerRuntime,
    podUid: details.podUid,
    systemdUnit: details.systemdUnit,
    systemdUserUnit: details.systemdUserUnit,
    systemdSlice: details.systemdSlice,
    deniedFields: details.deniedFields,
    escapedFields: escapedFields(row, details),
    truncatedFields: details.truncatedFields,
    threads: told?.threads,
    nice: told?.nice,
    schedulingPolicy: schedulingPolicyName(told?.schedulingPolicy),
    realtimePriority: told?.realtimePriority,
    virtualMemoryBytes: told?.virtualMemoryBytes,
    swapBytes: told?.swapBytes,
    userCpuSeconds: ticksToSeconds(told?.userTicks, context),
    systemCpuSeconds: ticksToSeconds(told?.systemTicks, context),
    minorFaults: told?.minorFaults,
    majorFaults: told?.majorFaults,
    readBytes: told?.readBytes,
    writtenBytes: told?.writtenBytes,
    voluntarySwitches: told?.voluntarySwitches,
    involuntarySwitches: told?.involuntarySwitches,
    openFiles: told?.openFiles,
    oomScore: told?.oomScore,
    refreshedAt: figures?.refreshedAtMillis,
  };
}

function ticksToSeconds(ticks: number | undefined, { ticksPerSecond }: DescriptionContext): number | undefined {
  return ticks === undefined ? undefined : ticks / ticksPerSecond;
}

/** By their numbers in sched(7). */
const SCHEDULING_POLICIES = ['other', 'fifo', 'rr', 'batch', undefined, 'idle', 'deadline', 'ext'] as const;

function schedulingPolicyName(policy: number | undefined): string | undefined {
  return policy === undefined ? undefined : (SCHEDULING_POLICIES[policy] ?? String(policy));
}

function escapedFields(row: ProcessRow, details: Partial<ProcessDetails>): readonly string[] | undefined {
  if (!row.commEscaped) return details.escapedFields;
  return ['procmond.process.comm', ...(details.escapedFields ?? [])];
}
