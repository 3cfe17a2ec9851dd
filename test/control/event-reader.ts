import { EventEmitter, once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { TestContext } from 'node:test';
import type { EventLine } from '../../src/control/protocol.ts';

/** Somebody who reads a stream of events, and may stop reading. */
export class EventReader {
  readonly lines: EventLine[] = [];
  /** All that came, as it came. */
  raw = '';
  /** Whether the stream ended as it should, or was cut. */
  readonly ended: Promise<'whole' | 'cut'>;
  readonly #response: IncomingMessage;
  readonly #changes = new EventEmitter();
  #taken = 0;

  private constructor(response: IncomingMessage) {
    this.#response = response;
    let rest = '';
    response.setEncoding('utf8').on('data', (piece: string) => {
      this.raw += piece;
      const lines = (rest + piece).split('\n');
      rest = lines.pop() ?? '';
      this.lines.push(...lines.filter((line) => line !== '').map((line) => JSON.parse(line) as EventLine));
      this.#changes.emit('change');
    });
    response.on('error', () => {});
    this.ended = new Promise((resolve) => response.on('close', () => resolve(response.complete ? 'whole' : 'cut')));
  }

  static async open(t: TestContext, socketPath: string, query: string): Promise<EventReader> {
    const reader = await EventReader.tryOpen(socketPath, query);
    if (reader === undefined) throw new Error('the stream was refused');
    t.after(() => reader.close());
    return reader;
  }

  /** undefined when it was refused. */
  static async tryOpen(socketPath: string, query: string): Promise<EventReader | undefined> {
    const sent = request({ socketPath, path: `/v1/events${query}`, agent: false });
    sent.end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    if (response.statusCode === 200) return new EventReader(response);
    response.resume();
    return undefined;
  }

  /** The next so many lines. */
  async next(count: number): Promise<readonly EventLine[]> {
    while (this.lines.length < this.#taken + count) await once(this.#changes, 'change');
    const taken = this.lines.slice(this.#taken, this.#taken + count);
    this.#taken += count;
    return taken;
  }

  /** All lines up to one that is met. */
  async until(isLast: (line: EventLine) => boolean): Promise<readonly EventLine[]> {
    while (!this.lines.some(isLast)) await once(this.#changes, 'change');
    return this.lines;
  }

  pause(): void {
    this.#response.pause();
  }

  resume(): void {
    this.#response.resume();
  }

  close(): void {
    this.#response.destroy();
  }
}
