import type { OutputFormat } from '../config/config.ts';
import type { ProcessEvent } from '../event/process-event.ts';
import type { Output } from './output.ts';
import { processTable } from './process-table.ts';

/** What is known of a terminal; a pipe has no columns. */
export interface TableOutput extends Output {
  readonly columns?: number;
}

export function printProcesses(processes: readonly ProcessEvent[], format: OutputFormat, stdout: TableOutput): void {
  switch (format) {
    case 'table':
      stdout.write(processTable(processes, stdout.columns));
      return;
    case 'json':
      stdout.write(`${JSON.stringify(processes, undefined, 2)}\n`);
      return;
    case 'ndjson':
      stdout.write(processes.map((process) => `${JSON.stringify(process)}\n`).join(''));
      return;
  }
}
