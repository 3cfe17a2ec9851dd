import { LOG_LEVELS, type LogFields, type Logger, type LogLevel } from './logger.ts';

/** A logger that hands every line of at least `level`'s importance to `write` and drops the rest. */
export function leveledLogger(
  level: LogLevel,
  write: (level: LogLevel, message: string, fields: LogFields) => void,
): Logger {
  const least = LOG_LEVELS.indexOf(level);
  const at =
    (own: LogLevel) =>
    (message: string, fields: LogFields = {}) => {
      if (LOG_LEVELS.indexOf(own) <= least) write(own, message, fields);
    };
  return { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') };
}
