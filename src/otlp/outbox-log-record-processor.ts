import type { LogRecordProcessor, ReadWriteLogRecord } from '@opentelemetry/sdk-logs';

/** The instrumentation scope of every record procmond emits; records of other scopes are somebody else's. */
export const SCOPE_NAME = 'procmond';

type Capture = (record: ReadWriteLogRecord) => void;

/**
 * Emitting is synchronous and so is the transaction around it, so at most one capture is open in a process, whichever
 * provider the record came through.
 */
let openCapture: Capture | undefined;

/**
 * Takes the records procmond emits, while a transaction is open, into that transaction. To be registered with whatever
 * LoggerProvider the Collector is given; it touches nothing of other scopes and exports nothing by itself.
 */
export class OutboxLogRecordProcessor implements LogRecordProcessor {
  onEmit(record: ReadWriteLogRecord): void {
    if (record.instrumentationScope.name === SCOPE_NAME) openCapture?.(record);
  }

  /** Nothing is held here: what was captured is committed with its transaction. */
  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}

/** Runs `emit` while every record of our scope goes to `capture`. What `capture` throws leaves `emit`'s call to the logger. */
export function captureWhile(capture: Capture, emit: () => void): void {
  if (openCapture !== undefined) throw new Error('records are being captured already');
  openCapture = capture;
  try {
    emit();
  } finally {
    openCapture = undefined;
  }
}
