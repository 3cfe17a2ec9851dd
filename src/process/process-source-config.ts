import { ProcmondError } from '../base/errors.ts';

const EMIT_MODES = ['all', 'changes'] as const;
const KERNEL_THREADS_MODES = ['include', 'inventory', 'exclude'] as const;

/** `all`: every process is told every cycle. `changes`: only new and changed ones, and everything once per inventory interval. */
export type EmitMode = (typeof EMIT_MODES)[number];

/** Whether kernel threads are told as `observed`: always, only when everything is, never. Lifecycle is told in any case. */
export type KernelThreadsMode = (typeof KERNEL_THREADS_MODES)[number];

export interface ProcessSourceConfig {
  /** 5,000 to 3,600,000; 30,000 by default. */
  readonly collectionIntervalMillis: number;
  /** Read namespaces, cgroup, working directory and login user, and tell figures; true by default. */
  readonly collectEnhancedMetadata: boolean;
  /** How many processes get details and are told as `observed`, oldest first; 0 (the default) = all. */
  readonly maxProcessesPerCycle: number;
  /** SHA-256 of executables; false by default. */
  readonly computeExecutableHashes: boolean;
  /** How long a cycle waits for hashes that are being made; what is late is told with a later one. 0 to 300,000; 1,000 by default. */
  readonly hashBudgetMillis: number;
  /** `all` by default. */
  readonly emit: EmitMode;
  /** 60,000 to 604,800,000; 3,600,000 by default. */
  readonly inventoryIntervalMillis: number;
  /** `include` by default. */
  readonly kernelThreads: KernelThreadsMode;
  /**
   * What can change without an exec (credentials, cgroup, namespaces, title, the executable's file) and the costly
   * figures are read again at least once in so many cycles, a share of the processes in each. 1 to 1,000; 10 by default.
   * 0 = only after an exec.
   */
  readonly refreshCycles: number;
  /** Count the file descriptors of each process; false by default. */
  readonly countFileDescriptors: boolean;
}

export const DEFAULT_PROCESS_SOURCE_CONFIG: ProcessSourceConfig = {
  collectionIntervalMillis: 30_000,
  collectEnhancedMetadata: true,
  maxProcessesPerCycle: 0,
  computeExecutableHashes: false,
  hashBudgetMillis: 1_000,
  emit: 'all',
  inventoryIntervalMillis: 3_600_000,
  kernelThreads: 'include',
  refreshCycles: 10,
  countFileDescriptors: false,
};

/** Fills in the defaults. @throws {ProcmondError} CONFIG_INVALID naming every value out of its range */
export function processSourceConfig(given: Partial<ProcessSourceConfig>): ProcessSourceConfig {
  const config = { ...DEFAULT_PROCESS_SOURCE_CONFIG, ...given };
  const problems = [
    rangeProblem('collectionIntervalMillis', config.collectionIntervalMillis, 5_000, 3_600_000),
    rangeProblem('maxProcessesPerCycle', config.maxProcessesPerCycle, 0, Number.MAX_SAFE_INTEGER),
    rangeProblem('hashBudgetMillis', config.hashBudgetMillis, 0, 300_000),
    rangeProblem('inventoryIntervalMillis', config.inventoryIntervalMillis, 60_000, 604_800_000),
    rangeProblem('refreshCycles', config.refreshCycles, 0, 1_000),
    choiceProblem('emit', config.emit, EMIT_MODES),
    choiceProblem('kernelThreads', config.kernelThreads, KERNEL_THREADS_MODES),
  ].filter((problem) => problem !== undefined);
  if (problems.length > 0) throw new ProcmondError('CONFIG_INVALID', `ProcessSourceConfig: ${problems.join('; ')}`);
  return config;
}

function rangeProblem(name: string, value: number, min: number, max: number): string | undefined {
  if (Number.isInteger(value) && value >= min && value <= max) return undefined;
  return `${name} is ${value}, it must be a whole number from ${min} to ${max}`;
}

function choiceProblem(name: string, value: string, choices: readonly string[]): string | undefined {
  return choices.includes(value)
    ? undefined
    : `${name} is ${JSON.stringify(value)}, it must be ${choices.join(' or ')}`;
}
