import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { compileProgram } from '../../fake/compile-program.ts';
import { startProcessExporter } from './process-exporter.ts';
import type { MissingReference, Reference } from './reference.ts';
import { startSysteminformation } from './systeminformation.ts';

const PROGRAMS = join(import.meta.dirname, '../host/programs');

export type ReferenceName = 'fullReader' | 'ps' | 'processExporter' | 'systeminformation';

export type References = Readonly<Record<ReferenceName, Reference | MissingReference>>;

const NO_COMPILER = 'it takes a C compiler';

/**
 * Those that this machine has the means for. What runs beside the benchmark is put on `owned`.
 * @param options.peers whether programs that are not on this machine may be fetched
 */
export async function startReferences(
  owned: AsyncDisposableStack,
  options: { readonly directory: string; readonly cacheDirectory: string; readonly peers: boolean },
): Promise<References> {
  return {
    fullReader: fullReader(options.directory),
    ps: ps(options.directory),
    processExporter: await startProcessExporter(owned, options),
    systeminformation: await startSysteminformation(owned),
  };
}

/** A program in C that reads the same files of every process in full: the reading alone. */
function fullReader(directory: string): Reference | MissingReference {
  const name = 'full read in C';
  const program = compileProgram(join(PROGRAMS, 'read-processes.c'), directory);
  return program === undefined ? { name, missing: NO_COMPILER } : reporting(name, [program]);
}

/** The whole program, as one runs it. */
function ps(directory: string): Reference | MissingReference {
  const name = 'ps axo pid,ppid,pcpu,rss,args';
  const cpuTime = compileProgram(join(PROGRAMS, 'cpu-time.c'), directory);
  if (cpuTime === undefined) return { name, missing: NO_COMPILER };
  if (spawnSync('ps', ['--version'], { stdio: 'ignore' }).error !== undefined) return { name, missing: 'no ps here' };
  return reporting(name, [cpuTime, ...name.split(' ')]);
}

/** @param command prints what it took as one JSON object */
function reporting(name: string, command: readonly string[]): Reference {
  return { name, slow: false, read: async () => reportedCpuMillis(command) };
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
