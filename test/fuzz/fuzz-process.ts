/** Tries inputs on a target until the time is over or one of them breaks something. A process of `fuzz`. */
import { openSync, writeSync } from 'node:fs';
import type { FuzzTarget } from './fuzz-target.ts';
import { inputAt } from './make-input.ts';

export interface FuzzTask {
  /** A module that exports `target`. */
  readonly targetUrl: string;
  readonly seed: number;
  readonly millis: number;
  /** One input to try, and nothing else. */
  readonly only?: Uint8Array;
  /** Holds the number of the input that is being tried, as a 32-bit number. */
  readonly progressFile: string;
}

export interface FuzzReport {
  readonly inputs: number;
  readonly slowestMillis: number;
  readonly slowestIndex: number;
  /** What the last input broke. */
  readonly failure?: string;
}

process.once('message', (task) => void answer(task as FuzzTask));

async function answer(task: FuzzTask): Promise<void> {
  const { target } = (await import(task.targetUrl)) as { readonly target: FuzzTarget };
  const report = await run(target, task);
  // What the target has started ends with the process.
  process.send?.(report, () => process.exit());
}

async function run(target: FuzzTarget, { seed, millis, only, progressFile }: FuzzTask): Promise<FuzzReport> {
  const check = await target.start();
  const progress = openSync(progressFile, 'r+');
  const number = new Uint32Array(1);
  const endMillis = performance.now() + millis;
  let [slowestMillis, slowestIndex, inputs] = [0, 0, 0];
  for (;;) {
    number[0] = inputs;
    writeSync(progress, number, 0, 4, 0);
    const input = only ?? inputAt(target, seed, inputs);
    const beganMillis = performance.now();
    try {
      const checking = check(input);
      if (checking !== undefined) await checking;
    } catch (error) {
      const failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return { inputs: inputs + 1, slowestMillis, slowestIndex, failure };
    }
    const nowMillis = performance.now();
    if (nowMillis - beganMillis > slowestMillis) {
      slowestMillis = nowMillis - beganMillis;
      slowestIndex = inputs;
    }
    inputs += 1;
    if (only !== undefined || nowMillis >= endMillis) return { inputs, slowestMillis, slowestIndex };
  }
}
