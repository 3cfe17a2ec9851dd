import type { Clock } from './clock.ts';
import { escapeForDisplay } from './escape-for-display.ts';
import { leveledLogger } from './leveled-logger.ts';
import { type LogStream, lineWriter } from './log-stream.ts';
import type { LogFields, Logger, LogLevel } from './logger.ts';
import { timeOfDay } from './time-of-day.ts';

export interface TextLoggerOptions {
  readonly stream: LogStream;
  /** The least important level that is written. */
  readonly level: LogLevel;
  readonly clock: Pick<Clock, 'wallMillis'>;
  /** Whether a person reads along: local time of day instead of the full UTC timestamp. */
  readonly terminal: boolean;
  /** Whether levels are coloured; the caller knows about NO_COLOR. */
  readonly color: boolean;
}

/**
 * Writes one line per message: `2026-11-23T01:02:03.456Z INFO  message key=value other="two words"`. Whatever a process
 * managed to put into a message or value is escaped: it can neither end the line nor reach the terminal.
 */
export function textLogger({ stream, level, clock, terminal, color }: TextLoggerOptions): Logger {
  const writeLine = lineWriter(stream);
  const logger = leveledLogger(level, (own, message, fields) => {
    const nowMillis = clock.wallMillis();
    const time = terminal ? timeOfDay(nowMillis) : new Date(nowMillis).toISOString();
    writeLine([time, levelText(own, color), escapeForDisplay(message), ...fieldTexts(fields)].join(' '));
  });
  return { ...logger, freshLine: () => writeLine('') };
}

/** SGR parameters: bold red, yellow, green, dim. */
const COLORS = { error: '1;31', warn: '33', info: '32', debug: '2' } as const satisfies Record<LogLevel, string>;

function levelText(level: LogLevel, color: boolean): string {
  const text = level.toUpperCase().padEnd(5);
  return color ? `\u001b[${COLORS[level]}m${text}\u001b[0m` : text;
}

function fieldTexts(fields: LogFields): string[] {
  return Object.entries(fields).flatMap(([key, value]) =>
    value === undefined ? [] : [`${escapeForDisplay(key)}=${valueText(String(value))}`],
  );
}

/** Values that could be taken for something else are quoted; inside quotes, backslash and quote are escaped first. */
function valueText(value: string): string {
  const escaped = escapeForDisplay(value);
  if (value !== '' && escaped === value && !/[\s"\\=]/.test(value)) return value;
  return `"${escapeForDisplay(value.replaceAll(/["\\]/g, '\\$&'))}"`;
}
