import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { compiled } from '../../../fake/compile-program.ts';
import { lacking } from '../../../fake/lacking.ts';
import { scratch, Talker } from './live-host.ts';

const program = compiled(join(import.meta.dirname, 'programs/hostile.c'));

/** Why there can be no hostile process here. */
export const lackingHostile: string | false = lacking({}) || (program === undefined && 'there is no C compiler');

/** Path of the program `programs/hostile.c`. */
export const hostileProgram: string = program ?? '';

/** A word of its language. */
export const hex = (text: string | Uint8Array): string => Buffer.from(text).toString('hex') || '-';

/** A process that does what `programs/hostile.c` can, in a directory of its own. */
export function startHostile(t: TestContext, args: readonly string[] = ['a', 'b'], cwd = scratch(t)): Promise<Talker> {
  return Talker.start(t, hostileProgram, args, { cwd });
}

/** One that has these bytes for its name, program, first and last argument and working directory, below `directory`. */
export async function startAs(t: TestContext, bytes: Uint8Array, directory: string): Promise<Talker> {
  const talker = await startHostile(t, [], directory);
  const path = Buffer.concat([Buffer.from(`${directory}/`), bytes, Buffer.from('/'), bytes]);
  await obeyed(talker, `deepen ${hex(bytes)} 1`);
  await obeyed(talker, `copy ${hex(hostileProgram)} ${hex(path)}`);
  await obeyed(talker, `exec ${hex(path)} ${hex(bytes)} - ${hex(bytes)}`);
  return talker;
}

/** @throws {Error} with its answer, when it could not do it */
export async function obeyed(talker: Talker, line: string): Promise<void> {
  const answer = await talker.ask(line);
  if (answer !== 'done' && answer !== 'ready') throw new Error(`${line}: ${answer}`);
}
