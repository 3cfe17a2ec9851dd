import { cpus, loadavg, release, totalmem, type } from 'node:os';

/** What the numbers depend on. */
export interface Machine {
  readonly cores: number;
  readonly cpuModel: string;
  readonly kernel: string;
  readonly nodeVersion: string;
  readonly memoryBytes: number;
  /** Of the last minute. */
  readonly load: number;
}

export function readMachine(): Machine {
  return {
    cores: cpus().length,
    cpuModel: cpus()[0]?.model ?? 'unknown',
    kernel: `${type()} ${release()}`,
    nodeVersion: process.version,
    memoryBytes: totalmem(),
    load: loadavg()[0] ?? 0,
  };
}
