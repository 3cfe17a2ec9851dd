import { statfsSync } from 'node:fs';
import { cpus, loadavg, release, totalmem, type } from 'node:os';

/** What the numbers depend on. */
export interface Machine {
  readonly cores: number;
  readonly cpuModel: string;
  readonly kernel: string;
  readonly nodeVersion: string;
  readonly memoryBytes: number;
  /** Whether the store lies in memory, where the system counts no bytes written to disk. */
  readonly storeInMemory: boolean;
  /** Of the last minute. */
  readonly load: number;
}

/** `f_type` of tmpfs and ramfs (statfs(2)). */
const MEMORY_FILE_SYSTEMS = new Set([0x01021994, 0x858458f6]);

export function readMachine(storeDirectory: string): Machine {
  return {
    cores: cpus().length,
    cpuModel: cpus()[0]?.model ?? 'unknown',
    kernel: `${type()} ${release()}`,
    nodeVersion: process.version,
    memoryBytes: totalmem(),
    storeInMemory: MEMORY_FILE_SYSTEMS.has(statfsSync(storeDirectory).type),
    load: loadavg()[0] ?? 0,
  };
}
