import { join } from 'node:path';
import { ForkedPart } from '../host/forked-part.ts';
import type { LoopDelay, ReadingAnswer, ReadingOptions, ReadingQuestion } from '../procmond/reading-process.ts';
import { startNodeOptions } from '../procmond/start-node-options.ts';
import { median } from '../report/statistics.ts';

/** What reading and comparing, without a commit, does to the event loop and to the heap. */
export interface ReadingCost {
  /** Steady cycles, with the rolling refresh: the median of some batches, the maximum of all. */
  readonly steadyDelay: LoopDelay;
  /** The same of first cycles, each of a new source in a warm program. */
  readonly firstDelay: LoopDelay;
  /**
   * Bytes of V8's heap per process that has not changed, in a steady cycle without the rolling refresh; undefined where
   * V8 collected garbage in each try.
   */
  readonly allocatedBytesPerProcess: number | undefined;
}

const BATCHES = 5;

/** Processes read in one batch, so that a batch is as long whatever the number of processes. */
const BATCH_READS = 50_000;

const SCRIPT = join(import.meta.dirname, '../procmond/reading-process.ts');

/** Room for what a batch allocates, in MiB: without it V8 collects in the middle. */
const ROOMY_HEAP = ['--expose-gc', '--min-semi-space-size=512', '--max-semi-space-size=512'];

export async function measureReading({ processes }: { readonly processes: number }): Promise<ReadingCost> {
  const cycles = Math.max(3, Math.ceil(BATCH_READS / processes));
  await using reading = await start({}, startNodeOptions());
  const steady = await batches(reading, { ask: 'delay', cycles, alwaysNew: false });
  const first = await batches(reading, { ask: 'delay', cycles: Math.ceil(cycles / 5), alwaysNew: true });
  await using roomy = await start({ refreshCycles: 0 }, ROOMY_HEAP);
  const allocations = await batches(roomy, { ask: 'allocation', cycles });
  const bytes = allocations.flatMap(({ allocatedBytesPerProcess }) => allocatedBytesPerProcess ?? []);
  return {
    steadyDelay: summarize(steady),
    firstDelay: summarize(first),
    allocatedBytesPerProcess: bytes.length === 0 ? undefined : median(bytes),
  };
}

type Reading = ForkedPart<ReadingQuestion, ReadingAnswer>;

function start(options: ReadingOptions, nodeOptions: readonly string[]): Promise<Reading> {
  return ForkedPart.start(SCRIPT, { args: [JSON.stringify(options)], nodeOptions });
}

async function batches(reading: Reading, question: ReadingQuestion): Promise<readonly ReadingAnswer[]> {
  // To warm the code.
  await reading.ask(question);
  const answers: ReadingAnswer[] = [];
  for (let batch = 0; batch < BATCHES; batch++) answers.push(await reading.ask(question));
  return answers;
}

function summarize(answers: readonly ReadingAnswer[]): LoopDelay {
  const delays = answers.flatMap(({ delay }) => delay ?? []);
  return {
    p99Millis: median(delays.map(({ p99Millis }) => p99Millis)),
    maxMillis: Math.max(...delays.map(({ maxMillis }) => maxMillis)),
  };
}
