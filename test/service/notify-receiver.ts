import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { TestContext } from 'node:test';
import { compiled } from '../fake/compile-program.ts';

const PROGRAM = compiled(join(import.meta.dirname, 'programs/notify-receiver.c'));

/** Why there can be no receiver here; false where there can. */
export const NO_RECEIVER = PROGRAM === undefined && 'it takes Linux and a C compiler';

export interface Notification {
  readonly pid: number;
  readonly lines: readonly string[];
}

/** What a service manager listens with: a datagram socket on a path or an abstract name, in a process of its own. */
export class NotifyReceiver {
  readonly received: Notification[] = [];
  readonly #child: ChildProcess;
  readonly #changes = new EventEmitter();

  private constructor(child: ChildProcess) {
    this.#child = child;
    createInterface({ input: child.stdout as Readable }).on('line', (line) => {
      const [, pid, text] = /^(\d+) (.*)$/.exec(line) ?? [];
      if (text !== undefined) this.received.push({ pid: Number(pid), lines: text.split('|') });
      this.#changes.emit('change');
    });
  }

  /** It is gone when the test ends. @param options.hold reads nothing until `read` is called */
  static async start(
    t: TestContext,
    address: string,
    { hold = false }: { readonly hold?: boolean } = {},
  ): Promise<NotifyReceiver> {
    const child = spawn(PROGRAM as string, hold ? [address, 'hold'] : [address], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    t.after(() => child.kill('SIGKILL'));
    const receiver = new NotifyReceiver(child);
    await once(receiver.#changes, 'change');
    return receiver;
  }

  read(): void {
    this.#child.stdin?.write('now\n');
  }

  /** The first message with that line that there is, or will be. */
  async message(line: string | RegExp): Promise<Notification> {
    const isIt = (text: string) => (typeof line === 'string' ? text === line : line.test(text));
    for (;;) {
      const found = this.received.find(({ lines }) => lines.some(isIt));
      if (found !== undefined) return found;
      await once(this.#changes, 'change');
    }
  }
}
