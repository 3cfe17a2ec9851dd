import type { TriggerRequestedEvent } from '../../src/event/collection-event.ts';
import type { TriggerRequest } from '../../src/event/trigger-request.ts';

/** A request that can be published: for the hash of process 4242. */
export function triggerRequest(parts: Partial<TriggerRequest> = {}): TriggerRequest {
  return {
    triggerId: '019b7cbc-1234-7abc-8def-0123456789ab',
    target: 'binary-hasher',
    analysisType: 'binary_hash',
    priority: 'normal',
    ...(parts.path === undefined && { process: { pid: 4242, startTicks: 100 } }),
    correlationId: 'case 7',
    metadata: {},
    requestedAtMillis: Date.UTC(2026, 0, 2, 3, 4, 5),
    ...parts,
  };
}

export function triggerEvent(parts: Partial<TriggerRequest> = {}): TriggerRequestedEvent {
  return { kind: 'trigger', timestampMillis: Date.UTC(2026, 0, 2, 3, 4, 6), request: triggerRequest(parts) };
}
