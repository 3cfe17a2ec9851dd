import type { EventSink, EventSource, SourceHealth } from '../../src/collector/event-source.ts';
import { SourceCaps } from '../../src/collector/source-caps.ts';

type Start = (sink: EventSink, signal: AbortSignal) => Promise<void>;

/** A source that does as it is told; by itself it waits for the signal and is well. */
export class ScriptedSource implements EventSource {
  readonly name: string;
  capabilities: SourceCaps = SourceCaps.PERFORMANCE;
  starts = 0;
  stops = 0;
  healthChecks = 0;
  onStart: Start = (_, signal) => untilAborted(signal);
  onStop: () => Promise<void> = async () => {};
  onHealthCheck: () => Promise<SourceHealth> = async () => ({ healthy: true, message: 'well' });

  constructor(name = 'scripted') {
    this.name = name;
  }

  start(sink: EventSink, signal: AbortSignal): Promise<void> {
    this.starts += 1;
    return this.onStart(sink, signal);
  }

  stop(): Promise<void> {
    this.stops += 1;
    return this.onStop();
  }

  healthCheck(): Promise<SourceHealth> {
    this.healthChecks += 1;
    return this.onHealthCheck();
  }
}

export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** A promise that is never kept. */
export function never(): Promise<never> {
  return new Promise(() => {});
}
