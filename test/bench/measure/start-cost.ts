import { join } from 'node:path';
import { cpuSeconds } from '../host/process-figures.ts';
import { Daemon } from '../procmond/daemon.ts';

export interface StartCost {
  /** From exec to the first committed cycle, with an empty store; each start. */
  readonly cpuSeconds: readonly number[];
  readonly wallSeconds: readonly number[];
}

const STARTS = 5;

export async function measureStart(options: { readonly directory: string; readonly url: string }): Promise<StartCost> {
  const cpu: number[] = [];
  const wall: number[] = [];
  for (let start = 0; start < STARTS; start++) {
    const startedAt = performance.now();
    await using daemon = await Daemon.start({
      dataDirectory: join(options.directory, `start-${start}`),
      url: options.url,
      emit: 'all',
    });
    await daemon.nextCycle();
    cpu.push(cpuSeconds(daemon.pid));
    wall.push((performance.now() - startedAt) / 1000);
  }
  return { cpuSeconds: cpu, wallSeconds: wall };
}
