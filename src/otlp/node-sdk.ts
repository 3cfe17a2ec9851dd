import { logs as apiLogs } from '@opentelemetry/api';
import { logs } from '@opentelemetry/api-logs';
import type { Resource } from '@opentelemetry/resources';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { OutboxLogRecordProcessor } from './outbox-log-record-processor.ts';

/**
 * Registers NodeSDK for the whole process: for the program only, an application that uses the library has its own.
 * Only logs, and only into the outbox: no traces, no metrics, no detectors that would put procmond's own pid on records.
 */
export function startNodeSdk(resource: Resource): { readonly stop: () => Promise<void> } {
  const sdk = new NodeSDK({
    resource,
    autoDetectResources: false,
    logRecordProcessors: [new OutboxLogRecordProcessor()],
    metricReaders: [],
    spanProcessors: [],
    instrumentations: [],
    textMapPropagator: null,
  });
  sdk.start();
  // The Logs API lives in @opentelemetry/api since 1.10; api-logs keeps a global of its own that nobody else fills.
  logs.setGlobalLoggerProvider(apiLogs.getLoggerProvider());
  return { stop: () => sdk.shutdown() };
}
