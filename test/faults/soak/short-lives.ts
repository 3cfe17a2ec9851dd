import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { StartedProcess } from '../../bench/host/started-process.ts';
import { compileProgram } from '../../fake/compile-program.ts';

const SOURCE = join(import.meta.dirname, 'programs/short-lives.c');

/** Long enough for a part of them to be seen by a cycle, and some by several. */
const MEAN_LIFE_MILLIS = 1_500;

/** Processes that come and go; ended when this is disposed of. */
export class ShortLives implements AsyncDisposable {
  readonly #parent: StartedProcess;

  private constructor(parent: StartedProcess) {
    this.#parent = parent;
  }

  /** @throws {Error} where there is no C compiler */
  static async start(options: { readonly perSecond: number; readonly seed: number; readonly directory: string }) {
    const program = compileProgram(SOURCE, options.directory);
    if (program === undefined) throw new Error('there is no C compiler (cc, gcc or clang) to build short-lives.c with');
    const args = [options.perSecond, MEAN_LIFE_MILLIS, options.seed].map(String);
    const parent = await StartedProcess.start(program, args, {
      stdio: ['pipe', 'pipe', 'inherit'],
      ask: ({ stdin }) => void stdin?.end(),
    });
    await Promise.race([once(parent.child.stdout as Readable, 'data'), parent.untilEnd()]);
    return new ShortLives(parent);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parent[Symbol.asyncDispose]();
  }
}
