import { escapeForDisplay } from '../base/escape-for-display.ts';
import type { ProcessEvent } from '../event/process-event.ts';

/** Columns beside the last, which takes what is left. */
const COLUMNS: readonly {
  readonly title: string;
  readonly alignRight?: true;
  readonly text: (process: ProcessEvent) => string;
}[] = [
  { title: 'PID', alignRight: true, text: (p) => String(p.pid) },
  { title: 'PPID', alignRight: true, text: (p) => String(p.ppid) },
  { title: 'USER', text: (p) => p.platformMetadata?.userName ?? (p.userId === undefined ? '-' : String(p.userId)) },
  { title: 'S', text: (p) => p.platformMetadata?.stateCode ?? '-' },
  { title: 'THR', alignRight: true, text: (p) => String(p.platformMetadata?.threads ?? '-') },
  { title: 'CPU%', alignRight: true, text: (p) => p.cpuUsage?.toFixed(1) ?? '-' },
  { title: 'RSS', alignRight: true, text: (p) => (p.memoryUsage === undefined ? '-' : sizeText(p.memoryUsage)) },
  { title: 'STARTED', text: (p) => (p.startTime === undefined ? '-' : timeText(p.startTime)) },
];

/** One line per process; lines are cut at `width` where it is given (a terminal), never in a pipe. */
export function processTable(processes: readonly ProcessEvent[], width: number | undefined): string {
  const rows = processes.map((process) => COLUMNS.map(({ text }) => escapeForDisplay(text(process))));
  const widths = COLUMNS.map(({ title }, column) =>
    rows.reduce((widest, row) => Math.max(widest, (row[column] as string).length), title.length),
  );
  const line = (cells: readonly string[], last: string) => {
    const aligned = cells.map((cell, column) => {
      const columnWidth = widths[column] as number;
      return COLUMNS[column]?.alignRight ? cell.padStart(columnWidth) : cell.padEnd(columnWidth);
    });
    const full = `${aligned.join('  ')}  ${last}`;
    return width !== undefined && full.length > width ? full.slice(0, width) : full;
  };
  const header = line(
    COLUMNS.map(({ title }) => title),
    'COMMAND',
  );
  const body = processes.map((process, index) => line(rows[index] as readonly string[], commandText(process)));
  return `${[header, ...body].join('\n')}\n`;
}

/** As ps(1) shows it: the arguments, or the name in brackets where there are none (kernel threads, zombies). */
function commandText(process: ProcessEvent): string {
  const text = process.commandLine.length > 0 ? process.commandLine.join(' ') : `[${process.name}]`;
  return escapeForDisplay(text);
}

function sizeText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let size = bytes;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? size : size.toFixed(1)} ${units[unit]}`;
}

function timeText(millis: number): string {
  return `${new Date(millis).toISOString().slice(0, 19)}Z`;
}
