import type { CommittedCycle } from '../base/observer.ts';
import type { CycleSummary } from './protocol.ts';

export function cycleSummary(cycle: CommittedCycle): CycleSummary {
  const { cycleId, sampledAtMillis, durationMillis, baseline, processes, threads, deniedFields } = cycle;
  const { observed, started, stopped, changed, vanished, truncated, clockOffsetMillis } = cycle;
  return {
    cycleId,
    sampledAt: new Date(sampledAtMillis).toISOString(),
    durationMillis: Math.round(durationMillis),
    ...(baseline !== undefined && { baseline }),
    ...(clockOffsetMillis !== undefined && { clockOffsetSeconds: clockOffsetMillis / 1000 }),
    processes,
    threads,
    observed,
    started,
    stopped,
    changed,
    vanished,
    truncated,
    deniedFields: Object.fromEntries(deniedFields),
  };
}
