import type { Clock } from '../../base/clock.ts';
import type { ExportOutcome } from '../../otlp/export-outcome.ts';
import { OtlpSender } from '../../otlp/otlp-sender.ts';
import type { Finding } from './finding.ts';

const MOST_MILLIS = 3_000;

/**
 * Asks the endpoint with an export that holds no record: the way, the credentials and the certificates are those of the
 * daemon, and nothing arrives.
 */
export async function checkEndpoint(options: {
  readonly url: string;
  readonly timeoutMillis: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}): Promise<Finding> {
  const { url, clock, signal } = options;
  const sender = new OtlpSender({ url, timeoutMillis: Math.min(options.timeoutMillis, MOST_MILLIS), clock });
  const outcome = await sender.send([], { signal });
  await sender.close();
  return endpointFinding(sender.endpoint, outcome);
}

function endpointFinding(endpoint: string, outcome: ExportOutcome): Finding {
  const check = 'endpoint';
  if (outcome.kind === 'accepted') {
    const message = `${endpoint} takes records`;
    return { check, status: 'ok', message, facts: { endpoint, reachable: true } };
  }
  const { reason, message } = outcome;
  const advice = 'records wait in the outbox, and are delivered when it takes them; --endpoint names another one';
  return { check, status: 'note', message, advice, facts: { endpoint, reachable: false, reason } };
}
