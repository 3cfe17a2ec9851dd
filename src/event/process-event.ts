/**
 * One process as of one cycle. Every text in it has been redacted and escaped (bytes that are not UTF-8 stand as `\xNN`).
 * An absent field is one that does not exist for this process or could not be read; `platformMetadata.deniedFields` tells
 * the two apart.
 */
export interface ProcessEvent {
  readonly pid: number;
  /** 0 for processes without a parent in this pid namespace (pid 1, kthreadd). */
  readonly ppid: number;
  /** The kernel's `comm`, at most 15 bytes before escaping. */
  readonly name: string;
  /** Where `/proc/PID/exe` points, without the " (deleted)" suffix. */
  readonly executablePath?: string | undefined;
  /** The argument array; empty for kernel threads, zombies and where it could not be read. */
  readonly commandLine: readonly string[];
  /** Creation time, epoch milliseconds, to the clock tick (10 ms). Never moves within one boot. */
  readonly startTime?: number | undefined;
  /** Percent of one core since the last sample (0 to 100 x cores); absent on the first. */
  readonly cpuUsage?: number | undefined;
  /** Resident set, bytes. */
  readonly memoryUsage?: number | undefined;
  /** Lower-case hex; there exactly when `hashAlgorithm` is. */
  readonly executableHash?: string | undefined;
  readonly hashAlgorithm?: 'sha256' | undefined;
  /** Effective user id. */
  readonly userId?: number | undefined;
  /** False when the system denied at least one field. */
  readonly accessible: boolean;
  /** Whether the file behind `/proc/PID/exe` still has a name anywhere; absent where there is no such link. */
  readonly fileExists?: boolean | undefined;
  /** Sample time, epoch milliseconds. */
  readonly timestamp: number;
  readonly platformMetadata?: ProcessMetadata | undefined;
}

/** What the platform tells beyond the common fields. Sizes in bytes, times in seconds, all ids as the kernel numbers them. */
export interface ProcessMetadata {
  /** OCSF common process id (UUIDv8): the same value for one process whoever computes it. */
  readonly cpid?: string | undefined;
  /** The parent's, when the parent is in the same snapshot. */
  readonly parentCpid?: string | undefined;
  /** Clock ticks between boot and creation: with boot id and pid, the identity. */
  readonly startTicks?: number | undefined;
  /** Seconds that one of `startTicks` takes: what `startTime` is exact to. */
  readonly startTickSeconds?: number | undefined;
  /** False beyond `maxProcessesPerCycle`: only what `stat` gives is there. */
  readonly enriched?: boolean | undefined;
  readonly kernelThread?: boolean | undefined;
  /** One letter of proc_pid_stat(5): R S D Z T t I X ... */
  readonly stateCode?: string | undefined;
  /** Its path no longer leads to the file that runs: removed, or replaced by another file (an upgrade). */
  readonly executableDeleted?: boolean | undefined;
  /** Its path leads to another file now: what it runs was upgraded, or exchanged. Absent unless `executableDeleted`. */
  readonly executableReplaced?: boolean | undefined;
  /** Anyone may write to the file, its directory, or one above it: sticky ones count too. */
  readonly executableWorldWritable?: boolean | undefined;
  /** It runs from memory that never had a path (memfd_create(2)). */
  readonly executableMemfd?: boolean | undefined;
  readonly executableDevice?: number | undefined;
  readonly executableInode?: number | undefined;
  readonly executableBytes?: number | undefined;
  /** Last modification of its content, epoch milliseconds. */
  readonly executableModifiedMillis?: number | undefined;
  /** `process.executable.build_id.htlhash` of the semantic conventions: lower-case hex over head, tail and length. */
  readonly executableHtlhash?: string | undefined;
  /** The true number of arguments, also when `commandLine` was cut or withheld. */
  readonly argsCount?: number | undefined;
  readonly argsTruncated?: boolean | undefined;
  /** The command line as one text, where the platform has no array of arguments. */
  readonly commandLineText?: string | undefined;
  /** What the program wrote over its arguments; absent while they are as they were given. */
  readonly title?: string | undefined;
  readonly workingDirectory?: string | undefined;
  readonly userName?: string | undefined;
  readonly realUserId?: number | undefined;
  readonly realUserName?: string | undefined;
  readonly savedUserId?: number | undefined;
  readonly savedUserName?: string | undefined;
  readonly filesystemUserId?: number | undefined;
  readonly groupId?: number | undefined;
  readonly groupName?: string | undefined;
  readonly realGroupId?: number | undefined;
  readonly savedGroupId?: number | undefined;
  readonly filesystemGroupId?: number | undefined;
  /** Audit login uid; absent when unset (4294967295). */
  readonly loginUserId?: number | undefined;
  readonly loginUserName?: string | undefined;
  /** Effective capability set, 16 hex digits as in `/proc/PID/status`. */
  readonly effectiveCapabilities?: string | undefined;
  readonly noNewPrivileges?: boolean | undefined;
  /** 0 disabled, 1 strict, 2 filter. */
  readonly seccompMode?: number | undefined;
  readonly processGroupId?: number | undefined;
  readonly sessionId?: number | undefined;
  /** Whether it has a controlling terminal. */
  readonly interactive?: boolean | undefined;
  /** Controlling terminal: `pts/3`, `tty1`, or major:minor where it has no well-known name. */
  readonly terminal?: string | undefined;
  /** Pid in its own pid namespace. */
  readonly virtualPid?: number | undefined;
  readonly pidNamespace?: number | undefined;
  readonly mountNamespace?: number | undefined;
  readonly networkNamespace?: number | undefined;
  readonly userNamespace?: number | undefined;
  readonly cgroup?: string | undefined;
  /** 64 hex digits; the container's name for systemd-nspawn and LXC, which have no other id. */
  readonly containerId?: string | undefined;
  readonly containerRuntime?: string | undefined;
  readonly podUid?: string | undefined;
  readonly systemdUnit?: string | undefined;
  readonly systemdUserUnit?: string | undefined;
  readonly systemdSlice?: string | undefined;
  readonly threads?: number | undefined;
  readonly virtualMemoryBytes?: number | undefined;
  readonly swapBytes?: number | undefined;
  readonly userCpuSeconds?: number | undefined;
  readonly systemCpuSeconds?: number | undefined;
  readonly nice?: number | undefined;
  /** `other`, `fifo`, `rr`, `batch`, `idle`, `deadline`, `ext`; the number where it has no name here. */
  readonly schedulingPolicy?: string | undefined;
  readonly realtimePriority?: number | undefined;
  readonly minorFaults?: number | undefined;
  readonly majorFaults?: number | undefined;
  readonly readBytes?: number | undefined;
  readonly writtenBytes?: number | undefined;
  /** Of the leading thread alone. */
  readonly voluntarySwitches?: number | undefined;
  readonly involuntarySwitches?: number | undefined;
  readonly openFiles?: number | undefined;
  readonly oomScore?: number | undefined;
  /** When the fields of the rolling refresh were read, epoch milliseconds. */
  readonly refreshedAt?: number | undefined;
  /** Attribute names of what the system refused. */
  readonly deniedFields?: readonly string[] | undefined;
  /** Attribute names of what held bytes that are not UTF-8. */
  readonly escapedFields?: readonly string[] | undefined;
  /** Attribute names of texts that were cut; `argsTruncated` tells it of arguments. */
  readonly truncatedFields?: readonly string[] | undefined;
}
