import { join } from 'node:path';
import { runProgram } from '../components/run-program.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');

/** Where `bundle` leaves the program, with all the files it is made of. */
export const DIST = join(ROOT, 'dist');

/** Makes `dist/` where a source is newer. @returns the path of the program */
export async function bundle(): Promise<string> {
  const { code, stdout, stderr } = await runProgram(process.execPath, ['scripts/build.ts', '--if-stale'], {
    cwd: ROOT,
    env: process.env,
  });
  if (code !== 0) throw new Error(`scripts/build.ts ended with ${code}:\n${stdout}${stderr}`);
  return join(DIST, 'main.js');
}
