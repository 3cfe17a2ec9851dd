/** Every error procmond raises on purpose, by stable code: what a caller may act on without reading the text. */
export const ERROR_CODES = {
  CONFIG_INVALID: 'an option, environment variable or configuration key has a value that cannot be used',
  DATA_DIRECTORY_UNSAFE: 'another user owns the data directory, may write to it, or decides what lies there',
  STORE_LOCKED: 'another procmond writes to this data directory',
  STORE_SCHEMA: 'the store was written by a version this one does not understand',
  STORE_UNUSABLE: 'the store file cannot be opened, read or written',
  CYCLE_INCOMPLETE: 'the list of processes could not be read to its end, so the cycle was given up',
  CAPTURE_MISMATCH: 'the Logs API did not hand every emitted record to the outbox, so nothing was committed',
  SOURCE_INVALID: 'an event source cannot be registered as it is',
  SOURCE_FAILED: 'an event source stopped by itself or threw',
  TOPIC_INVALID: 'a topic cannot be published on, or a pattern not be subscribed to, as it is written',
  SUBSCRIPTION_REFUSED: 'a subscription cannot be made: too many are open, or its queue cannot have that size',
  TRIGGER_INVALID: 'a request for an analysis lacks something, or has a value that cannot be used',
  EVENT_INVALID: 'an event cannot be turned into a log record within its limits',
  LISTENER_FAILED: 'the metrics listener could not be opened',
  CONTROL_SOCKET_FAILED: 'the control socket could not be opened',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/**
 * A broken promise that somebody has to act on. `message` says what failed, with which value, why, and what to do;
 * `code` is stable. Expected turns of events (a process gone, an endpoint away) are values, never this.
 */
export class ProcmondError extends Error {
  override readonly name = 'ProcmondError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** The text of anything that was thrown, on one line. */
export function errorMessage(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
  return text.replaceAll(/\s*\n\s*/g, '; ');
}

/** The `code` of a Node.js system error (`ENOENT`, `EACCES`, ...), or undefined for anything else. */
export function systemErrorCode(thrown: unknown): string | undefined {
  if (thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string') return thrown.code;
  return undefined;
}
