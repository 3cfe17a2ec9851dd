import { escapeForDisplay } from '../base/escape-for-display.ts';
import { effectiveSettings } from '../config/effective-settings.ts';
import type { Setting } from '../config/load-config.ts';
import type { Environment } from '../config/read-environment.ts';
import type { RuleSettings } from '../event/rule-settings.ts';
import { cellsOf } from './cut-to-width.ts';
import type { Output } from './output.ts';

export interface ConfigCommandInput {
  readonly settings: readonly Setting[];
  readonly rules: RuleSettings;
  readonly redactPatterns: readonly string[];
  readonly rulesOrigin: string;
  readonly env: Environment;
  readonly stdout: Output;
}

/** `procmond config`: what `run` would use, and where each value comes from, without secrets. Returns the exit code. */
export function configCommand({ settings, rules, redactPatterns, rulesOrigin, env, stdout }: ConfigCommandInput): 0 {
  const rows = effectiveSettings(settings, env).map(({ name, value, origin }) => [name, value || '-', origin]);
  const sections = [...ruleRows(rules), ...patternRows(redactPatterns)].map((row) => [...row, rulesOrigin]);
  stdout.write(alignedTable([['OPTION', 'VALUE', 'ORIGIN'], ...rows, ...sections]));
  return 0;
}

/** How many there are: somebody may spell a password out there. */
function patternRows(patterns: readonly string[]): string[][] {
  return patterns.length === 0 ? [] : [['redact-patterns', `${patterns.length} patterns`]];
}

/** The sections of the file that say something. */
function ruleRows({ disabled, enabled, suspiciousChildren, own, expectedProcesses }: RuleSettings): string[][] {
  return [
    ['rules.disable', disabled],
    ['rules.enable', enabled],
    ['rules.suspicious-children', suspiciousChildren?.map(({ parents }) => parents.join(' ')) ?? []],
    ['rules.own', own.map(({ id }) => id)],
    ['expected-processes', expectedProcesses.map(({ name }) => name)],
  ].flatMap(([name, values]) => (values?.length ? [[name as string, (values as readonly string[]).join(', ')]] : []));
}

/** Columns two spaces apart, the last one ragged. */
function alignedTable(rows: readonly (readonly string[])[]): string {
  const safe = rows.map((row) => row.map(escapeForDisplay));
  const widths = (safe[0] ?? []).map((_, column) => Math.max(...safe.map((row) => cellsOf(row[column] ?? ''))));
  const padded = (cell: string, column: number) => `${cell}${' '.repeat((widths[column] ?? 0) - cellsOf(cell))}`;
  const line = (row: readonly string[]) => row.map(padded).join('  ');
  return safe.map((row) => `${line(row).trimEnd()}\n`).join('');
}
