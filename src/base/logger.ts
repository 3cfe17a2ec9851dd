/**
 * What procmond says about itself. Levels: error = data is lost or a person is needed; warn = odd, and survived;
 * info = start, stop, one line per cycle; debug = the rest. Nothing per process and cycle.
 */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

export const LOG_LEVELS: readonly LogLevel[] = ['error', 'warn', 'info', 'debug'];

/** Facts beside the sentence; keys are camelCase with their unit. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Logger {
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  /**
   * Ends a line that somebody else may have begun where this logger writes, at any level: native code prints to stderr
   * past it, and not always whole lines.
   */
  freshLine?(): void;
}

export const silentLogger: Logger = { error() {}, warn() {}, info() {}, debug() {} };
