import { spawnSync } from 'node:child_process';
import { compileProgram } from './compile-program.ts';

/** Something else that reads all processes, to compare with. */
export interface ReferenceReader {
  readonly name: string;
  /** Reads all processes once. @returns CPU milliseconds, user and system */
  read(): number;
}

export interface ReferenceReaders {
  /** A program in C that reads the same files of every process in full: the reading alone. */
  readonly fullReader: ReferenceReader | undefined;
  /** The whole program, as one runs it. */
  readonly ps: ReferenceReader | undefined;
}

/** Those that this machine has the means for. */
export function referenceReaders(directory: string): ReferenceReaders {
  const fullReader = compileProgram('read-processes', directory);
  const cpuTime = compileProgram('cpu-time', directory);
  const psCommand = ['ps', 'axo', 'pid,ppid,pcpu,rss,args'];
  return {
    fullReader: fullReader === undefined ? undefined : reader('C, reading all in full', [fullReader]),
    ps: cpuTime === undefined || !exists('ps') ? undefined : reader(psCommand.join(' '), [cpuTime, ...psCommand]),
  };
}

function reader(name: string, command: readonly string[]): ReferenceReader {
  return { name, read: () => reportedCpuMillis(command) };
}

function reportedCpuMillis([program, ...args]: readonly string[]): number {
  const { error, status, stdout, stderr } = spawnSync(program as string, args, { encoding: 'utf8' });
  if (error !== undefined) throw error;
  const report = status === 0 ? (JSON.parse(stdout) as { cpuMicros: number; status?: number }) : undefined;
  if (report === undefined || (report.status ?? 0) !== 0) {
    throw new Error(`${program} ${args.join(' ')} failed: ${stderr || stdout}`);
  }
  return report.cpuMicros / 1000;
}

function exists(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;
}
