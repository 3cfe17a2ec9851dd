import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { GCProfiler } from 'node:v8';
import { systemClock } from '../../../src/base/clock.ts';
import type { EventSink } from '../../../src/collector/event-source.ts';
import { LinuxEnumerator } from '../../../src/process/enumerate/linux/linux-enumerator.ts';
import { ProcessEventSource } from '../../../src/process/process-event-source.ts';
import type { SnapshotStorage } from '../../../src/process/snapshot-tracker.ts';
import { answerQuestions } from '../host/forked-part.ts';

export interface ReadingOptions {
  /** The enumerator's default when absent; 0 = no rolling refresh. */
  readonly refreshCycles?: number;
}

export type ReadingQuestion =
  | {
      readonly ask: 'delay';
      /** One after the other. */
      readonly cycles: number;
      /** Each cycle by a new source: a first cycle, by code that is warm. */
      readonly alwaysNew: boolean;
    }
  | { readonly ask: 'allocation'; readonly cycles: number };

/** How long the event loop did not get to a timer of 1 ms, while it read and compared. */
export interface LoopDelay {
  readonly p99Millis: number;
  readonly maxMillis: number;
}

export interface ReadingAnswer {
  readonly delay?: LoopDelay;
  /** On V8's heap; absent where V8 collected garbage meanwhile, so that it is not known. */
  readonly allocatedBytesPerProcess?: number;
}

/** Nothing is known at the start, and nothing is kept but what the source itself holds. */
const NO_STORAGE: SnapshotStorage = {
  state: () => undefined,
  rows: () => [],
  figures: () => new Map(),
  putState() {},
  putRow() {},
  removeRow() {},
  clearRows() {},
  putFigures() {},
};

/** Takes no event and writes nothing: the transaction is not what is measured here. */
const NO_SINK: EventSink = { commit: () => ({ firstSeq: 1, lastSeq: 0 }), capabilitiesChanged() {} };

const options = JSON.parse(process.argv[2] as string) as ReadingOptions;
const lasting = newSource();

answerQuestions(async (question: ReadingQuestion): Promise<ReadingAnswer> => {
  switch (question.ask) {
    case 'delay':
      return { delay: await delayOf(question.cycles, question.alwaysNew ? newSource : () => lasting) };
    case 'allocation':
      return allocationOf(question.cycles);
  }
});

/** The source of the daemon; it reads, compares, plans, and commits nowhere. */
function newSource(): ProcessEventSource {
  const enumerator = new LinuxEnumerator({ procRoot: '/proc', clock: systemClock });
  return new ProcessEventSource({ snapshot: NO_STORAGE }, { emit: 'changes', ...options }, { enumerator });
}

async function delayOf(cycles: number, source: () => ProcessEventSource): Promise<LoopDelay> {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  for (let cycle = 0; cycle < cycles; cycle++) {
    const current = source();
    await runCycle(current);
    if (current !== lasting) await current.stop();
    // The daemon rests between two cycles: the end of one and the beginning of the next are two delays, not one.
    await nextTurn();
  }
  histogram.disable();
  return { p99Millis: histogram.percentile(99) / 1e6, maxMillis: histogram.max / 1e6 };
}

/** Between two collections, which the young generation of this process is large enough for, the heap only grows. */
async function allocationOf(cycles: number): Promise<ReadingAnswer> {
  globalThis.gc?.();
  const profiler = new GCProfiler();
  profiler.start();
  const before = process.memoryUsage().heapUsed;
  let processes = 0;
  for (let cycle = 0; cycle < cycles; cycle++) processes += await runCycle(lasting);
  const after = process.memoryUsage().heapUsed;
  const { statistics } = profiler.stop();
  return statistics.length > 0 ? {} : { allocatedBytesPerProcess: (after - before) / processes };
}

async function runCycle(source: ProcessEventSource): Promise<number> {
  return (await source.runCycle(NO_SINK, new AbortController().signal)).processes;
}
