import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Daemon } from './daemon.ts';
import { cpuSeconds, type ResidentMemory, residentMemory } from './process-figures.ts';

/** What the whole program takes, `--emit all` with an endpoint that accepts. */
export interface DaemonCost {
  readonly cycles: number;
  /** After the last cycle and its delivery. */
  readonly memory: ResidentMemory;
  /** The largest of what was seen every 50 ms, in the middle of cycles too. */
  readonly peakMemory: ResidentMemory;
  /** Everything the program did after the first cycle, by the processes that its cycles saw. */
  readonly cpuMillisPerProcess: number;
}

const SAMPLE_MILLIS = 50;

/** After a cycle, for its delivery; without idle time the next cycle follows after 250 ms. */
const DELIVERY_MILLIS = { real: 1_500, skipped: 150 };

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
    const before = cpuSeconds(pid);
    let processes = 0;
    for (let cycle = 1; cycle < cycles; cycle++) processes += (await daemon.nextCycle()).processes;
    const after = cpuSeconds(pid);
    await delay(options.skipIdleTime ? DELIVERY_MILLIS.skipped : DELIVERY_MILLIS.real);
    const memory = residentMemory(pid);
    return {
      cycles,
      memory,
      peakMemory: larger(peak, memory),
      cpuMillisPerProcess: ((after - before) * 1000) / processes,
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
