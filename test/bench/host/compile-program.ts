import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const COMPILERS = ['cc', 'gcc', 'clang'];
const SOURCES = join(import.meta.dirname, 'programs');

/** Path of the built program, or undefined where there is no C compiler. @throws {Error} when it does not compile */
export function compileProgram(name: string, directory: string, flags: readonly string[] = []): string | undefined {
  const program = join(directory, name);
  for (const compiler of COMPILERS) {
    const args = ['-O2', '-Wall', '-Wextra', ...flags, '-o', program, join(SOURCES, `${name}.c`)];
    const { error, status, stderr } = spawnSync(compiler, args, { encoding: 'utf8' });
    if (error !== undefined) continue;
    if (status === 0) return program;
    throw new Error(`${compiler} ${args.join(' ')} failed:\n${stderr}`);
  }
  return undefined;
}
