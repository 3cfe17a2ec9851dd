import { logs as apiLogs, type DiagLogger, DiagLogLevel, diag } from '@opentelemetry/api';
import { type LoggerProvider, logs } from '@opentelemetry/api-logs';
import type { Resource } from '@opentelemetry/resources';
import { NodeSDK } from '@opentelemetry/sdk-node';
import type { Logger } from '../base/logger.ts';
import { OutboxLogRecordProcessor } from './outbox-log-record-processor.ts';

/**
 * Registers NodeSDK for the whole process: for the program only, an application that uses the library has its own.
 * Only logs, and only into the outbox: no traces, no metrics, no detectors that would put procmond's own pid on records.
 */
export function startNodeSdk(resource: Resource, logger: Logger): RegisteredSdk {
  diag.setLogger(diagLogger(logger), { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
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
  return { loggerProvider: logs, stop: () => sdk.shutdown() };
}

/** What the exporter says of an answer, each time it gets one; delivery tells what it means, once. */
const OF_AN_ANSWER = /^(Failed to parse \w+ export response|Received Partial Success response)/;

/** What the SDK complains about (a certificate it cannot read, an unknown compression) reaches procmond's own log. */
function diagLogger(logger: Logger): DiagLogger {
  const debug = (message: string) => logger.debug(`OpenTelemetry SDK: ${message}`);
  const warn = (message: string) => {
    if (OF_AN_ANSWER.test(message)) debug(message);
    else logger.warn(`OpenTelemetry SDK: ${message}`);
  };
  return { error: warn, warn, info: debug, debug, verbose: debug };
}

export interface RegisteredSdk {
  /** The global one, through @opentelemetry/api-logs. */
  readonly loggerProvider: LoggerProvider;
  stop(): Promise<void>;
}
