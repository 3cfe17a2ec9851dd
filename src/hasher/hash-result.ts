import type { AttributeValue, ForeignEvent } from '../event/collection-event.ts';
import type { TriggerRequest } from '../event/trigger-request.ts';
import { triggerSubject } from '../event/trigger-subject.ts';
import { BINARY_HASHER_RESULTS_TOPIC } from '../topics/topic-table.ts';
import type { FailureCode } from './failure-code.ts';

export type HashAnswer =
  | { readonly ok: true; readonly sha256: string; readonly bytes: number }
  | { readonly ok: false; readonly code: FailureCode };

const INFO = 9;

/** The answer to a request, in the shape of a record. */
export function hashResult(request: TriggerRequest, answer: HashAnswer, timestampMillis: number): ForeignEvent {
  const subject = request.process === undefined ? `file ${request.path}` : `process ${request.process.pid}`;
  return {
    kind: 'filesystem',
    topic: BINARY_HASHER_RESULTS_TOPIC,
    eventName: 'procmond.binary.hashed',
    timestampMillis,
    severityNumber: INFO,
    body: answer.ok ? `hashed ${subject}: ${answer.sha256}` : `no hash of ${subject}: ${answer.code}`,
    attributes: {
      'procmond.trigger.id': request.triggerId,
      'procmond.trigger.correlation_id': request.correlationId,
      ...triggerSubject(request),
      ...answerAttributes(answer),
    },
  };
}

function answerAttributes(answer: HashAnswer): Record<string, AttributeValue> {
  if (!answer.ok) return { 'procmond.binary.outcome': 'failed', 'procmond.binary.failure': answer.code };
  return {
    'procmond.binary.outcome': 'hashed',
    'procmond.executable.hash.sha256': answer.sha256,
    'procmond.executable.size': answer.bytes,
  };
}
