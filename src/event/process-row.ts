/** What stays until the process does something rare: the row kept in the store. */
export interface ProcessRow {
  readonly pid: number;
  /** With the pid, the identity within one boot; in units of `Enumeration.ticksPerSecond`. */
  readonly startTicks: number;
  readonly ppid: number;
  readonly processGroupId?: number | undefined;
  readonly sessionId?: number | undefined;
  /** Controlling terminal's device number (tty_nr of proc_pid_stat(5)), 0 = none. */
  readonly terminal?: number | undefined;
  readonly kernelThread: boolean;
  readonly comm: string;
  readonly commEscaped: boolean;
  /** Absent when not enriched. The same object as long as nothing in it changed. */
  readonly details?: ProcessDetails | undefined;
  /** As far as it was last known: of an earlier version where the present one has not been hashed yet. */
  readonly executableHash?: ExecutableHash | undefined;
  /** Ids of the rules that have told of it, each once; of stored rows only. */
  readonly findings?: readonly string[] | undefined;
}

export interface ExecutableHash {
  /** Lower-case hex. */
  readonly sha256: string;
  /** `ProcessDetails.executableVersion` of the file it is of. */
  readonly version: string;
}

/** What moves all the time. Each is absent where the platform, or the system's refusal, leaves it unknown. */
export interface ProcessFigures extends SampledFigures, RefreshedFigures {}

/** Read every cycle. */
export interface SampledFigures {
  /** One letter of proc_pid_stat(5). */
  readonly stateCode?: string | undefined;
  readonly userTicks?: number | undefined;
  readonly systemTicks?: number | undefined;
  readonly nice?: number | undefined;
  /** SCHED_* number of sched(7). */
  readonly schedulingPolicy?: number | undefined;
  /** 1 to 99 for real-time policies, 0 for the others. */
  readonly realtimePriority?: number | undefined;
  readonly threads?: number | undefined;
  readonly virtualMemoryBytes?: number | undefined;
  readonly rssBytes?: number | undefined;
  /** Page faults since the process began: those that needed no disk, and those that did. */
  readonly minorFaults?: number | undefined;
  readonly majorFaults?: number | undefined;
}

/** Costly to read: taken together with the details, by the rolling refresh. */
export interface RefreshedFigures {
  /** When details and these were last read, epoch milliseconds. */
  readonly refreshedAtMillis?: number | undefined;
  readonly swapBytes?: number | undefined;
  /** Storage bytes caused since the process began: fetched, and sent (io of proc_pid_io(5)). */
  readonly readBytes?: number | undefined;
  readonly writtenBytes?: number | undefined;
  /** Of the leading thread alone: the kernel sums them up nowhere. */
  readonly voluntarySwitches?: number | undefined;
  readonly involuntarySwitches?: number | undefined;
  readonly oomScore?: number | undefined;
  /** Absent unless they are counted. */
  readonly openFiles?: number | undefined;
}

/** What an exec or a rare system call changes; text redacted and escaped. Units as in `ProcessMetadata`. */
export interface ProcessDetails {
  readonly cpid?: string | undefined;
  readonly executablePath?: string | undefined;
  readonly executableDeleted?: boolean | undefined;
  readonly executableExists?: boolean | undefined;
  readonly executableReplaced?: boolean | undefined;
  readonly executableWorldWritable?: boolean | undefined;
  readonly executableMemfd?: boolean | undefined;
  readonly executableDevice?: number | undefined;
  readonly executableInode?: number | undefined;
  readonly executableBytes?: number | undefined;
  readonly executableModifiedMillis?: number | undefined;
  readonly executableHtlhash?: string | undefined;
  /** Tells the file with this content from every other: device, inode, size, mtime and ctime. */
  readonly executableVersion?: string | undefined;
  readonly args?: readonly string[] | undefined;
  readonly argsCount?: number | undefined;
  readonly argsTruncated?: boolean | undefined;
  /** Where a platform gives one text instead of an array. */
  readonly commandLineText?: string | undefined;
  readonly title?: string | undefined;
  readonly workingDirectory?: string | undefined;
  /** Where a platform gives names instead of ids. */
  readonly userName?: string | undefined;
  readonly realUserId?: number | undefined;
  readonly userId?: number | undefined;
  readonly savedUserId?: number | undefined;
  readonly filesystemUserId?: number | undefined;
  readonly realGroupId?: number | undefined;
  readonly groupId?: number | undefined;
  readonly savedGroupId?: number | undefined;
  readonly filesystemGroupId?: number | undefined;
  readonly loginUserId?: number | undefined;
  readonly effectiveCapabilities?: string | undefined;
  readonly noNewPrivileges?: boolean | undefined;
  readonly seccompMode?: number | undefined;
  readonly virtualPid?: number | undefined;
  readonly pidNamespace?: number | undefined;
  readonly mountNamespace?: number | undefined;
  readonly networkNamespace?: number | undefined;
  readonly userNamespace?: number | undefined;
  readonly cgroup?: string | undefined;
  readonly containerId?: string | undefined;
  readonly containerRuntime?: string | undefined;
  readonly podUid?: string | undefined;
  readonly systemdUnit?: string | undefined;
  readonly systemdUserUnit?: string | undefined;
  readonly systemdSlice?: string | undefined;
  /** Attribute names, sorted; absent when nothing was denied. */
  readonly deniedFields?: readonly string[] | undefined;
  /** Attribute names whose bytes were not UTF-8, sorted; absent when there are none. */
  readonly escapedFields?: readonly string[] | undefined;
  /** Attribute names of texts that were cut, arguments aside, sorted; absent when there are none. */
  readonly truncatedFields?: readonly string[] | undefined;
  /** `Redactor.version` that the text went through. */
  readonly redaction: string;
  /** How many secrets were replaced in it. */
  readonly redactions: number;
}
