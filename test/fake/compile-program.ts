import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after } from 'node:test';

const COMPILERS = ['cc', 'gcc', 'clang'];

/**
 * Builds a C program in `directory`.
 * @param source path of its only file
 * @returns its path, undefined where there is no C compiler
 * @throws {Error} when it does not compile
 */
export function compileProgram(source: string, directory: string, flags: readonly string[] = []): string | undefined {
  const program = join(directory, basename(source, '.c'));
  for (const compiler of COMPILERS) {
    const args = ['-O2', '-Wall', '-Wextra', ...flags, '-o', program, source];
    const { error, status, stderr } = spawnSync(compiler, args, { encoding: 'utf8' });
    if (error !== undefined) continue;
    if (status === 0) return program;
    throw new Error(`${compiler} ${args.join(' ')} failed:\n${stderr}`);
  }
  return undefined;
}

/** The same for Linux, with few optimizations, in a folder that goes when all tests of the file have ended. */
export function compiled(source: string): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const directory = mkdtempSync(join(tmpdir(), 'procmond-program-'));
  after(() => rmSync(directory, { recursive: true }));
  // Other users run it too.
  chmodSync(directory, 0o755);
  return compileProgram(source, directory, ['-O1']);
}
