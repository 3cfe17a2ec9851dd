/** What stays until the process does something rare: the row kept in the store. */
export interface ProcessRow {
  readonly pid: number;
  readonly startTicks: number;
  readonly ppid: number;
  readonly processGroupId: number;
  readonly sessionId: number;
  /** Controlling terminal's device number, 0 = none. */
  readonly terminal: number;
  readonly kernelThread: boolean;
  readonly comm: string;
  readonly commEscaped: boolean;
  /** Absent when not enriched. The same object as long as nothing in it changed. */
  readonly details?: ProcessDetails | undefined;
}

/** What moves all the time. */
export interface ProcessFigures {
  readonly stateCode: string;
  readonly userTicks: number;
  readonly systemTicks: number;
  readonly nice: number;
  readonly threads: number;
  readonly virtualMemoryBytes: number;
  readonly rssBytes: number;
}

/** What an exec or a rare system call changes; text redacted and escaped. Units as in `ProcessMetadata`. */
export interface ProcessDetails {
  readonly cpid?: string | undefined;
  readonly executablePath?: string | undefined;
  readonly executableDeleted?: boolean | undefined;
  readonly executableDevice?: number | undefined;
  readonly executableInode?: number | undefined;
  readonly args?: readonly string[] | undefined;
  readonly argsCount?: number | undefined;
  readonly argsTruncated?: boolean | undefined;
  readonly workingDirectory?: string | undefined;
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
  /** Attribute names, sorted; absent when nothing was denied. */
  readonly deniedFields?: readonly string[] | undefined;
  /** Attribute names whose bytes were not UTF-8, sorted; absent when there are none. */
  readonly escapedFields?: readonly string[] | undefined;
  /** `Redactor.version` that the text went through. */
  readonly redaction: string;
  /** How many secrets were replaced in it. */
  readonly redactions: number;
}
