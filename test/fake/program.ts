import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';

/** A process that says when it is where the test wants it; it ends with the test. */
export class Program {
  readonly child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(t: TestContext, file: string, args: readonly string[]) {
    this.child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    t.after(() => this.child.kill('SIGKILL'));
    const input = this.child.stdout as NonNullable<ChildProcess['stdout']>;
    this.#lines = createInterface({ input })[Symbol.asyncIterator]();
  }

  get pid(): number {
    return this.child.pid as number;
  }

  async says(line: string): Promise<void> {
    assert.deepEqual(await this.#lines.next(), { done: false, value: line });
  }

  tell(line: string): void {
    this.child.stdin?.write(`${line}\n`);
  }
}
