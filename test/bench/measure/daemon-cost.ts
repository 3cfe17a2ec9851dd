import { setTimeout as delay } from 'node:timers/promises';
import { PeakMemory } from '../host/peak-memory.ts';
import { cpuSeconds, type ResidentMemory } from '../host/process-figures.ts';
import { Daemon } from '../procmond/daemon.ts';

/** What the whole program takes, `--emit all` with an endpoint that accepts. */
export interface DaemonCost {
  readonly cycles: number;
  /** After the last cycle and its delivery. */
  readonly memory: ResidentMemory;
  /** In the middle of cycles too. */
  readonly peakMemory: ResidentMemory;
  /** Everything the program did after the first cycle, by the processes that its cycles saw. */
  readonly cpuMillisPerProcess: number;
}

/** After a cycle, for its delivery; without idle time the next cycle follows after 250 ms. */
const DELIVERY_MILLIS = { real: 1_500, skipped: 150 };

/** @param options.skipIdleTime run cycle after cycle instead of one in 5 s */
export async function measureDaemon(options: {
  readonly cycles: number;
  readonly skipIdleTime: boolean;
  readonly dataDirectory: string;
  readonly url: string;
}): Promise<DaemonCost> {
  const { cycles, skipIdleTime } = options;
  await using daemon = await Daemon.start({ ...options, emit: 'all' });
  using peak = new PeakMemory(daemon.pid);
  await daemon.nextCycle();
  const before = cpuSeconds(daemon.pid);
  let processes = 0;
  for (let cycle = 1; cycle < cycles; cycle++) processes += (await daemon.nextCycle()).processes;
  const after = cpuSeconds(daemon.pid);
  await delay(skipIdleTime ? DELIVERY_MILLIS.skipped : DELIVERY_MILLIS.real);
  return { cycles, ...peak.read(), cpuMillisPerProcess: ((after - before) * 1000) / processes };
}
