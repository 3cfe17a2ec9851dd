import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ForkedPart } from '../host/forked-part.ts';
import type { SinkAnswer, SinkQuestion } from './sink-process.ts';

const SCRIPT = join(import.meta.dirname, 'sink-process.ts');
const LOOK_MILLIS = 50;
const LIMIT_MILLIS = 60_000;

/** An endpoint that accepts everything and counts it, in a process of its own. */
export class Sink implements AsyncDisposable {
  /** Logs URL, complete. */
  readonly url: string;
  readonly #part: ForkedPart<SinkQuestion, SinkAnswer>;

  private constructor(part: ForkedPart<SinkQuestion, SinkAnswer>, url: string) {
    this.#part = part;
    this.url = url;
  }

  static async start(): Promise<Sink> {
    const part = await ForkedPart.start<SinkQuestion, SinkAnswer>(SCRIPT);
    const { url } = await part.ask({ ask: 'look' });
    return new Sink(part, url);
  }

  /** The sums since they were taken before. */
  async take(): Promise<SinkAnswer> {
    return this.#part.ask({ ask: 'take' });
  }

  /** Resolves when so many records have come since the sums were taken. @throws {Error} after a minute */
  async untilReceived(records: number): Promise<void> {
    const giveUpAt = performance.now() + LIMIT_MILLIS;
    for (;;) {
      const received = (await this.#part.ask({ ask: 'look' })).records;
      if (received >= records) return;
      if (performance.now() > giveUpAt) throw new Error(`${received} of ${records} records came within a minute`);
      await delay(LOOK_MILLIS);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#part[Symbol.asyncDispose]();
  }
}
