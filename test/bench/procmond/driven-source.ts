import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ForkedPart, type ForkOptions } from '../host/forked-part.ts';
import type { CycleCpu, DrivenCycle, DriverOptions, DriverQuestion } from './driver-process.ts';
import { startNodeOptions } from './start-node-options.ts';

export const PHASES = ['enumerate', 'diff', 'commit', 'deliver'] as const satisfies readonly (keyof CycleCpu)[];

const DRIVER = join(import.meta.dirname, 'driver-process.ts');

/** A process source with everything around it that the daemon has, driven cycle by cycle in its own process. */
export class DrivenSource implements AsyncDisposable {
  readonly #part: ForkedPart<DriverQuestion, DrivenCycle>;

  private constructor(part: ForkedPart<DriverQuestion, DrivenCycle>) {
    this.#part = part;
  }

  static async start(options: DriverOptions, fork: Omit<ForkOptions, 'args'> = {}): Promise<DrivenSource> {
    mkdirSync(options.dataDirectory, { recursive: true, mode: 0o700 });
    const { nodeOptions = [], env = {} } = fork;
    const part = await ForkedPart.start<DriverQuestion, DrivenCycle>(DRIVER, {
      args: [JSON.stringify(options)],
      env,
      nodeOptions: [...startNodeOptions(), ...nodeOptions],
    });
    return new DrivenSource(part);
  }

  /** @throws {Error} when the cycle could not be committed or, where asked, not be delivered */
  async cycle(question: DriverQuestion = { deliver: true }): Promise<DrivenCycle> {
    return this.#part.ask(question);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#part[Symbol.asyncDispose]();
  }
}
