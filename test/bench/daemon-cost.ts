import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Daemon } from './daemon.ts';
import { cpuSeconds, type ResidentMemory, residentMemory, writtenBytes } from './process-figures.ts';

/** What the whole program takes, `--emit all` with an endpoint that accepts. */
export interface DaemonCost {
  readonly cycles: number;
  /** After the last cycle and its delivery. */
  readonly memory: ResidentMemory;
  /** The largest of what was seen every 50 ms, in the middle of cycles too. */
  readonly peakMemory: ResidentMemory;
  /** Everything the program did, divided by the cycles after the first. */
  readonly cpuMillisPerCycle: number;
  readonly writtenBytesPerCycle: number;
}

const SAMPLE_MILLIS = 50;

/** Enough for what a cycle committed to be delivered. */
const SETTLE_MILLIS = 1_500;

const SKIP_IDLE_TIME = join(import.meta.dirname, 'skip-idle-time.mjs');

/** @param options.skipIdleTime run cycle after cycle instead of one in 5 s */
export async function measureDaemon(options: {
  readonly cycles: number;
  readonly skipIdleTime: boolean;
  readonly dataDirectory: string;
  readonly url: string;
}): Promise<DaemonCost> {
  const { cycles, dataDirectory, url } = options;
  const nodeOptions = options.skipIdleTime ? ['--import', SKIP_IDLE_TIME] : [];
  await using daemon = await Daemon.start({ dataDirectory, url, nodeOptions });
  const { pid } = daemon;
  let peak = residentMemory(pid);
  const sampling = setInterval(() => {
    peak = larger(peak, residentMemory(pid));
  }, SAMPLE_MILLIS);
  try {
    await daemon.nextCycle();
    const before = { cpuSeconds: cpuSeconds(pid), writtenBytes: writtenBytes(pid) };
    for (let cycle = 1; cycle < cycles; cycle++) await daemon.nextCycle();
    const after = { cpuSeconds: cpuSeconds(pid), writtenBytes: writtenBytes(pid) };
    if (!options.skipIdleTime) await delay(SETTLE_MILLIS);
    const memory = residentMemory(pid);
    return {
      cycles,
      memory,
      peakMemory: larger(peak, memory),
      cpuMillisPerCycle: ((after.cpuSeconds - before.cpuSeconds) * 1000) / (cycles - 1),
      writtenBytesPerCycle: (after.writtenBytes - before.writtenBytes) / (cycles - 1),
    };
  } finally {
    clearInterval(sampling);
  }
}

function larger(a: ResidentMemory, b: ResidentMemory): ResidentMemory {
  return {
    anonymousBytes: Math.max(a.anonymousBytes, b.anonymousBytes),
    residentBytes: Math.max(a.residentBytes, b.residentBytes),
  };
}
