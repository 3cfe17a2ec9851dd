import { escapeForDisplay } from '../base/escape-for-display.ts';
import { timeOfDay } from '../base/time-of-day.ts';
import type { EventLine } from '../control/protocol.ts';
import { counted } from './report-lines.ts';

/** One event on one line for people: local time, severity, name, and the sentence about it. */
export function eventText(line: EventLine, { color }: { readonly color: boolean }): string {
  if ('dropped' in line) {
    const text = `... ${counted(line.dropped, 'event')} missing here: not read in time`;
    return color ? `${SEVERITIES.warn.color}${text}${RESET}` : text;
  }
  const { name, color: paint } = severityOf(line.severityNumber);
  const severity = name.padEnd(5);
  const eventName = escapeForDisplay(line.eventName);
  const texts = color ? [`${paint}${severity}${RESET}`, `${DIM}${eventName}${RESET}`] : [severity, eventName];
  return [timeOfDay(line.timestampMillis), ...texts, escapeForDisplay(line.body)].join(' ');
}

const RESET = '\u001b[0m';
const DIM = '\u001b[2m';

/** Ranges of severity numbers (source: OpenTelemetry logs data model); SGR dim, green, yellow, bold red, inverse red. */
const SEVERITIES = {
  trace: { from: 1, name: 'TRACE', color: DIM },
  debug: { from: 5, name: 'DEBUG', color: DIM },
  info: { from: 9, name: 'INFO', color: '\u001b[32m' },
  warn: { from: 13, name: 'WARN', color: '\u001b[33m' },
  error: { from: 17, name: 'ERROR', color: '\u001b[1;31m' },
  fatal: { from: 21, name: 'FATAL', color: '\u001b[7;31m' },
} as const;

function severityOf(severityNumber: number): (typeof SEVERITIES)[keyof typeof SEVERITIES] {
  return Object.values(SEVERITIES).findLast(({ from }) => severityNumber >= from) ?? SEVERITIES.trace;
}
