import type { Clock } from './clock.ts';
import { escapeJsonForDisplay } from './escape-for-display.ts';
import { leveledLogger } from './leveled-logger.ts';
import { type LogStream, lineWriter } from './log-stream.ts';
import type { Logger, LogLevel } from './logger.ts';

export interface JsonLoggerOptions {
  readonly stream: LogStream;
  /** The least important level that is written. */
  readonly level: LogLevel;
  readonly clock: Pick<Clock, 'wallMillis'>;
}

/**
 * Writes one JSON object per line: `timestamp` (RFC 3339, UTC), `level`, `message`, then the fields. Text is kept
 * exactly; what could disturb a terminal is written as `\uNNNN`.
 */
export function jsonLogger({ stream, level, clock }: JsonLoggerOptions): Logger {
  const writeLine = lineWriter(stream);
  const logger = leveledLogger(level, (own, message, fields) => {
    const head = { timestamp: new Date(clock.wallMillis()).toISOString(), level: own, message };
    writeLine(escapeJsonForDisplay(JSON.stringify({ ...head, ...fields, ...head })));
  });
  return { ...logger, freshLine: () => writeLine('') };
}
