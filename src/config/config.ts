import type { LogLevel } from '../base/logger.ts';
import type { ColumnName } from '../listing/process-columns.ts';
import type { StateName } from '../listing/process-states.ts';
import type { SortKey } from '../listing/sort-processes.ts';

/** Which processes become `observed` events: every one in every cycle, or only new and changed ones. */
export type EmitMode = 'all' | 'changes';
/**
 * Whether kernel threads become `observed` events: always, only in the full inventory, or never. What `ps` and `snapshot`
 * print is an inventory.
 */
export type KernelThreadsMode = 'include' | 'inventory' | 'exclude';
/** What is kept of arguments: argv[0] and their count, redacted arguments, or all as it is. */
export type CommandLineMode = 'none' | 'redacted' | 'full';
/** What reads the processes: `/proc`, systeminformation, or what the platform has (`auto`). */
export type EnumeratorMode = 'auto' | 'proc' | 'portable';
export type LogFormat = 'text' | 'json';
export type OutputFormat = 'table' | 'json' | 'ndjson';
export type AnalysisPriority = 'low' | 'normal' | 'high' | 'critical';

/** Everything a run needs to know, validated: plain values, units in the names. One row of the option table fills each. */
export interface Config {
  readonly intervalMillis: number;
  /** 0 = unlimited. */
  readonly maxProcessesPerCycle: number;
  readonly collectEnhancedMetadata: boolean;
  readonly computeExecutableHashes: boolean;
  readonly hashBudgetMillis: number;
  /** 0 = unlimited. */
  readonly hashBytesPerSecond: number;
  readonly hashConcurrency: number;
  /** Absolute directories with ", " between them. */
  readonly hashRoots: string;
  readonly countFileDescriptors: boolean;
  /** 0 = never. */
  readonly refreshCycles: number;
  readonly kernelThreads: KernelThreadsMode;
  readonly commandLine: CommandLineMode;
  readonly maxArguments: number;
  /** Of all arguments of a process together. */
  readonly maxArgumentBytes: number;
  /** Of any other text. */
  readonly maxTextBytes: number;
  /** Whether equal secrets are told by equal marks. */
  readonly redactFingerprints: boolean;
  readonly enumerator: EnumeratorMode;
  /** One cycle, then the end. */
  readonly once: boolean;
  /** The URL log records are posted to, path included. May hold user and password: print it masked only. */
  readonly endpoint: string;
  readonly emit: EmitMode;
  readonly inventoryIntervalMillis: number;
  readonly outboxMaxBytes: number;
  /** Counted in procmond's own running time; 0 = as long as it takes. */
  readonly outboxMaxAgeMillis: number;
  /** Of one record as OTLP/JSON. */
  readonly maxRecordBytes: number;
  /** An absolute path; empty only where the command needs none and the user has no home directory. */
  readonly dataDirectory: string;
  readonly metricsHost: string;
  /** 0 = any free port. */
  readonly metricsPort: number;
  /** An absolute path; empty = none. */
  readonly controlSocket: string;
  readonly procRoot: string;
  readonly passwdFile: string;
  readonly groupFile: string;
  readonly machineIdFile: string;
  readonly format: OutputFormat;
  /** The first one rules. */
  readonly sort: readonly SortKey[];
  readonly reverse: boolean;
  /** Empty = the usual ones. */
  readonly columns: readonly ColumnName[];
  readonly tree: boolean;
  /** Names or numbers; empty = all. */
  readonly users: readonly string[];
  /** Empty = all. */
  readonly pids: readonly number[];
  /** Empty = all. */
  readonly states: readonly StateName[];
  /** An absolute path; empty = none. */
  readonly analysisPath: string;
  readonly analysisType: string;
  readonly analysisPriority: AnalysisPriority;
  /** Empty = none. */
  readonly correlationId: string;
  /** Texts with `=` between key and value, or what was given instead. */
  readonly analysisMetadata: readonly string[];
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
}
