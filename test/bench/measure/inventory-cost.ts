import { join } from 'node:path';
import { PeakMemory } from '../host/peak-memory.ts';
import { cpuSeconds, type ResidentMemory } from '../host/process-figures.ts';
import { Daemon } from '../procmond/daemon.ts';
import type { Sink } from '../procmond/sink.ts';

/** What the whole program takes with `--emit changes`: the inventory of the first cycle, then next to nothing. */
export interface InventoryCost {
  /** When the last record of the first cycle has been accepted. */
  readonly memory: ResidentMemory;
  /** From the start until then. */
  readonly peakMemory: ResidentMemory;
  readonly steadyCycles: number;
  /** CPU milliseconds of everything the program did in a cycle after the delivered inventory, mean. */
  readonly steadyCpuMillis: number;
}

const STEADY_CYCLES = 30;

interface InventoryOptions {
  readonly directory: string;
  readonly sink: Sink;
}

export async function measureInventory(options: InventoryOptions): Promise<InventoryCost> {
  return { ...(await inventoryMemory(options)), ...(await steadyCycles(options)) };
}

/** At the program's own pace: the first cycle is delivered before the second begins. */
async function inventoryMemory({ directory, sink }: InventoryOptions) {
  const dataDirectory = join(directory, 'inventory');
  await sink.take();
  await using daemon = await Daemon.start({ dataDirectory, url: sink.url, emit: 'changes' });
  using peak = new PeakMemory(daemon.pid);
  await firstCycleDelivered(daemon, sink);
  return peak.read();
}

async function steadyCycles({ directory, sink }: InventoryOptions) {
  const dataDirectory = join(directory, 'inventory-fast');
  await sink.take();
  await using daemon = await Daemon.start({ dataDirectory, url: sink.url, emit: 'changes', skipIdleTime: true });
  await firstCycleDelivered(daemon, sink);
  await daemon.nextCycle();
  const before = cpuSeconds(daemon.pid);
  for (let cycle = 0; cycle < STEADY_CYCLES; cycle++) await daemon.nextCycle();
  const cpuMillis = (cpuSeconds(daemon.pid) - before) * 1000;
  return { steadyCycles: STEADY_CYCLES, steadyCpuMillis: cpuMillis / STEADY_CYCLES };
}

async function firstCycleDelivered(daemon: Daemon, sink: Sink): Promise<void> {
  const { outboxRecords } = await daemon.nextCycle();
  await sink.untilReceived(outboxRecords);
}
