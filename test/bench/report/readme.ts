import { join } from 'node:path';
import { markdownTable, writeSection } from '../../../scripts/docs.ts';
import type { Machine } from '../host/machine.ts';
import { isMet, quantity, type Row } from './row.ts';
import { barText, ratioText } from './table.ts';

const README = join(import.meta.dirname, '../../../README.md');

export interface ReadmeReport {
  readonly rows: readonly Row[];
  readonly machine: Machine;
  readonly finishedAt: Date;
  /** As it was typed. */
  readonly command: string;
}

/** Puts the table between the markers of README.md. @throws {Error} where they are missing */
export function writeReadme(report: ReadmeReport): void {
  writeSection(README, 'bench', readmeSection(report));
}

/** Where it was measured, and a line for each thing that was, with a column for each host. */
export function readmeSection({ rows, machine, finishedAt, command }: ReadmeReport): string {
  const told = rows.filter(({ detail }) => detail === undefined);
  const hosts = [...new Set(told.map(({ processes }) => processes))].sort((a, b) => a - b);
  const lines = [...Map.groupBy(told, lineKey).values()].map((line) => [
    withCode(line[0]?.what ?? ''),
    line[0]?.reference?.name ?? '',
    ...hosts.map((processes) => cell(line.find((row) => row.processes === processes))),
    line.map(barText).find((text) => text !== '') ?? '',
  ]);
  const head = ['what', 'beside', ...hosts.map((processes) => `${processes.toLocaleString('en')} processes`), 'bar'];
  const { cores, cpuModel, nodeVersion, load } = machine;
  const where = `${cores} cores (${cpuModel}), load ${load.toFixed(1)}, ${shortKernel(machine)}, Node.js ${nodeVersion}`;
  return `${where}, ${finishedAt.toISOString().slice(0, 10)}, \`${command}\`:\n\n${markdownTable(head, lines)}`;
}

/** Rows of one line: the same thing beside the same other. */
function lineKey({ what, reference }: Row): string {
  return JSON.stringify([what, reference?.name]);
}

function cell(row: Row | undefined): string {
  if (row === undefined) return '';
  const { reference } = row;
  if (reference !== undefined && 'missing' in reference) return `not measurable: ${reference.missing}`;
  const measured = quantity(row.measured, row.unit);
  const text = reference === undefined ? measured : `${ratioText(row)} (${measured})`;
  return isMet(row) === false ? `${text}, **NO**` : text;
}

/** Options as code: some renderers make one dash of two. */
function withCode(text: string): string {
  return text.replaceAll(/--[a-z][a-z-]*(?:=\w+| (?:all|changes))?/g, '`$&`');
}

/** Without what the distributor appends. */
function shortKernel({ kernel }: Machine): string {
  return /^\w+ \d+\.\d+/.exec(kernel)?.[0] ?? kernel;
}
