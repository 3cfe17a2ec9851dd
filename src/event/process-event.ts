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
  readonly executablePath?: string;
  /** The argument array; empty for kernel threads, zombies and where it could not be read. */
  readonly commandLine: readonly string[];
  /** Creation time, epoch milliseconds, to the clock tick (10 ms). Never moves within one boot. */
  readonly startTime?: number;
  /** Percent of one core since the last sample (0 to 100 x cores); absent on the first. */
  readonly cpuUsage?: number;
  /** Resident set, bytes. */
  readonly memoryUsage?: number;
  /** Lower-case hex; there exactly when `hashAlgorithm` is. */
  readonly executableHash?: string;
  readonly hashAlgorithm?: 'sha256';
  /** Effective user id. */
  readonly userId?: number;
  /** False when the system denied at least one field. */
  readonly accessible: boolean;
  /** Whether the file behind `/proc/PID/exe` still has its name; absent where there is no such link. */
  readonly fileExists?: boolean;
  /** Sample time, epoch milliseconds. */
  readonly timestamp: number;
  readonly platformMetadata?: ProcessMetadata;
}

/** What the platform tells beyond the common fields. Sizes in bytes, times in seconds, all ids as the kernel numbers them. */
export interface ProcessMetadata {
  /** OCSF common process id (UUIDv8): the same value for one process whoever computes it. */
  readonly cpid?: string;
  /** The parent's, when the parent is in the same snapshot. */
  readonly parentCpid?: string;
  /** Clock ticks between boot and creation: with boot id and pid, the identity. */
  readonly startTicks?: number;
  /** False beyond `maxProcessesPerCycle`: only what `stat` gives is there. */
  readonly enriched?: boolean;
  readonly kernelThread?: boolean;
  /** One letter of proc_pid_stat(5): R S D Z T t I X ... */
  readonly stateCode?: string;
  readonly executableDeleted?: boolean;
  readonly executableDevice?: number;
  readonly executableInode?: number;
  /** The true number of arguments, also when `commandLine` was cut or withheld. */
  readonly argsCount?: number;
  readonly argsTruncated?: boolean;
  readonly workingDirectory?: string;
  readonly userName?: string;
  readonly realUserId?: number;
  readonly realUserName?: string;
  readonly savedUserId?: number;
  readonly filesystemUserId?: number;
  readonly groupId?: number;
  readonly groupName?: string;
  readonly realGroupId?: number;
  readonly savedGroupId?: number;
  readonly filesystemGroupId?: number;
  /** Audit login uid; absent when unset (4294967295). */
  readonly loginUserId?: number;
  /** Effective capability set, 16 hex digits as in `/proc/PID/status`. */
  readonly effectiveCapabilities?: string;
  readonly noNewPrivileges?: boolean;
  /** 0 disabled, 1 strict, 2 filter. */
  readonly seccompMode?: number;
  readonly processGroupId?: number;
  readonly sessionId?: number;
  /** Whether it has a controlling terminal. */
  readonly interactive?: boolean;
  /** Pid in its own pid namespace. */
  readonly virtualPid?: number;
  readonly pidNamespace?: number;
  readonly mountNamespace?: number;
  readonly networkNamespace?: number;
  readonly userNamespace?: number;
  readonly cgroup?: string;
  readonly containerId?: string;
  readonly threads?: number;
  readonly virtualMemoryBytes?: number;
  readonly userCpuSeconds?: number;
  readonly systemCpuSeconds?: number;
  readonly nice?: number;
  /** Attribute names of what the system refused. */
  readonly deniedFields?: readonly string[];
  /** Attribute names of what held bytes that are not UTF-8. */
  readonly escapedFields?: readonly string[];
}
