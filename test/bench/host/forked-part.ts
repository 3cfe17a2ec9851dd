import { once } from 'node:events';
import { StartedProcess } from './started-process.ts';

export interface ForkOptions {
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly nodeOptions?: readonly string[];
  /** What becomes of what it complains about; shown by default. */
  readonly stderr?: 'inherit' | 'ignore';
}

/**
 * A part of the benchmark in a process of its own, so that its CPU time and memory are nobody else's. It answers one
 * question at a time, and ends when the channel is closed.
 */
export class ForkedPart<Question extends object, Answer> implements AsyncDisposable {
  readonly #process: StartedProcess;

  private constructor(process: StartedProcess) {
    this.#process = process;
  }

  /** @param script path of one that calls `answerQuestions` */
  static async start<Question extends object, Answer>(
    script: string,
    { args = [], env = {}, nodeOptions = [], stderr = 'inherit' }: ForkOptions = {},
  ): Promise<ForkedPart<Question, Answer>> {
    const started = await StartedProcess.start(process.execPath, [...nodeOptions, script, ...args], {
      // Whatever is set for the person's own procmond and SDK must not reach this one.
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
      stdio: ['ignore', 'ignore', stderr, 'ipc'],
      ask: (child) => child.disconnect(),
    });
    return new ForkedPart(started);
  }

  /** @throws {Error} when the process ends instead of answering */
  async ask(question: Question): Promise<Answer> {
    const { child } = this.#process;
    const answered = new AbortController();
    try {
      const answer = once(child, 'message', { signal: answered.signal });
      child.send(question);
      const [message] = await Promise.race([answer, this.#process.untilEnd()]);
      return message as Answer;
    } finally {
      answered.abort();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }
}

/**
 * To be called in the forked script. `answer` is given what `ask` was given. `end` runs when nobody asks any more; a
 * failure ends the process with its message.
 */
export function answerQuestions(
  answer: (question: never) => Promise<unknown>,
  end: () => Promise<void> = async () => {},
): void {
  const reply = async (question: unknown) => process.send?.(await answer(question as never));
  process.on('message', (question) => void reply(question));
  process.on('disconnect', () => {
    void end().finally(() => process.exit());
  });
  // The one who asks ends first on an interrupt, in order.
  process.on('SIGINT', () => {});
}
