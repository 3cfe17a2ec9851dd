import { escapeForDisplay, escapeJsonForDisplay } from '../base/escape-for-display.ts';
import type { Config } from '../config/config.ts';
import type { ProcessEvent } from '../event/process-event.ts';
import { type ColumnName, columnOf, DROPPED_FIRST, USUAL_COLUMNS } from '../listing/process-columns.ts';
import { processTree } from '../listing/process-tree.ts';
import { type ProcessSelection, selectProcesses } from '../listing/select-processes.ts';
import { sortColumn, sortProcesses } from '../listing/sort-processes.ts';
import type { Display } from './display.ts';
import type { Output } from './output.ts';
import { processTable, type TableLine } from './process-table.ts';

/** What was asked about processes: options, and the words behind the command. */
export interface ProcessQuestion {
  readonly config: Pick<
    Config,
    'format' | 'sort' | 'reverse' | 'columns' | 'tree' | 'users' | 'pids' | 'states' | 'kernelThreads'
  >;
  readonly words: readonly string[];
  /** Its own pid as the list has it. */
  readonly askingPid?: number | undefined;
}

export interface ProcessOutputs {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly display: Display;
}

/** Prints the processes that were asked for. Returns the exit code: 1, and a line on stderr, when there are none. */
export function printProcesses(
  processes: readonly ProcessEvent[],
  question: ProcessQuestion,
  { stdout, stderr, display }: ProcessOutputs,
): 0 | 1 {
  const { config } = question;
  const sorted = sortProcesses(processes, config.sort, config);
  const selected = selectProcesses(sorted, selectionOf(question));
  switch (config.format) {
    case 'table':
      if (selected.length > 0) stdout.write(tableText(sorted, selected, config, display));
      break;
    case 'json':
      stdout.write(`${escapeJsonForDisplay(JSON.stringify(selected, undefined, 2))}\n`);
      break;
    case 'ndjson':
      stdout.write(selected.map((process) => `${escapeJsonForDisplay(JSON.stringify(process))}\n`).join(''));
      break;
  }
  if (selected.length > 0) return 0;
  stderr.write(`procmond: ${escapeForDisplay(nothingFound(processes.length, question))}\n`);
  return 1;
}

function selectionOf({ config, words, askingPid }: ProcessQuestion): ProcessSelection {
  const { users, pids, states, kernelThreads } = config;
  return { words, users, pids, states, withoutKernelThreads: kernelThreads === 'exclude', askingPid };
}

function tableText(
  sorted: readonly ProcessEvent[],
  selected: readonly ProcessEvent[],
  config: ProcessQuestion['config'],
  display: Display,
): string {
  const sortColumns = config.sort.map(sortColumn);
  const chosen = config.columns.length > 0;
  return processTable(config.tree ? treeLines(sorted, selected, display) : selected.map(plainLine), {
    columns: chosen ? config.columns : usualColumns(sortColumns, sorted),
    droppedFirst: chosen ? [] : DROPPED_FIRST.filter((name) => !sortColumns.includes(name)),
    display,
  });
}

/** The usual columns that any process has a value for, and before the last of them those that explain the order. */
function usualColumns(sortColumns: readonly ColumnName[], processes: readonly ProcessEvent[]): readonly ColumnName[] {
  const isKnown = (name: ColumnName) => processes.some((process) => columnOf(name).value(process) !== undefined);
  const usual = USUAL_COLUMNS.filter((name) => sortColumns.includes(name) || isKnown(name));
  const more = new Set(sortColumns.filter((name) => !USUAL_COLUMNS.includes(name)));
  return [...usual.slice(0, -1), ...more, ...usual.slice(-1)];
}

function plainLine(process: ProcessEvent): TableLine {
  return { process, dim: process.platformMetadata?.kernelThread === true };
}

function treeLines(
  sorted: readonly ProcessEvent[],
  selected: readonly ProcessEvent[],
  { glyphs }: Display,
): readonly TableLine[] {
  const lines = processTree(sorted, { selected: new Set(selected), glyphs });
  return lines.map((line) => ({
    process: line.process,
    guides: line.guides,
    dim: !line.selected || plainLine(line.process).dim === true,
  }));
}

function nothingFound(processCount: number, { config, words }: ProcessQuestion): string {
  const facts = [
    words.length > 0 ? `found by ${words.map((word) => `"${word}"`).join(' and ')}` : '',
    config.users.length > 0 ? `of user ${config.users.join(' or ')}` : '',
    config.pids.length > 0 ? `pid ${config.pids.join(' or ')}` : '',
    config.states.length > 0 ? `in state ${config.states.join(' or ')}` : '',
    config.kernelThreads === 'exclude' ? 'no kernel thread' : '',
  ];
  return `none of ${processCount} processes is ${facts.filter((fact) => fact !== '').join(', ') || 'there'}`;
}
