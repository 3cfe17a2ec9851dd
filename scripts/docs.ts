/**
 * Writes the tables of the documents from the tables of the code:
 *
 *   node scripts/docs.ts           rewrites what stands between `<!-- begin:NAME -->` and `<!-- end:NAME -->`
 *   node scripts/docs.ts --check   changes nothing, fails where a document differs
 *
 * A new table is one more entry of SECTIONS and its pair of markers in one of DOCUMENTS. What no code can tell, because
 * it is measured, stands between markers as well, is one of MEASURED_SECTIONS, and is left as it is here.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERROR_CODES, errorMessage } from '../src/base/errors.ts';
import { defaultText, flagText, rangeText } from '../src/config/describe-option.ts';
import {
  ENVIRONMENT_OPTIONS,
  environmentVariable,
  OPTION_GROUPS,
  OPTIONS,
  type Option,
} from '../src/config/option-table.ts';
import { ROUTES } from '../src/control/routes.ts';
import { BUILT_IN_RULES } from '../src/event/finding-rules.ts';
import { PROCESS_FIELDS } from '../src/event/process-fields.ts';
import { PROCESS_COLUMNS } from '../src/listing/process-columns.ts';
import { METRIC_GROUPS, METRIC_TABLE } from '../src/metrics/metric-table.ts';
import { CONDITION_FIELDS } from '../src/process/findings/condition-facts.ts';
import { TOPIC_TABLE } from '../src/topics/topic-table.ts';
import { measureRedaction } from '../test/process/redact/measure-redaction.ts';
import { precisionOf, recallOf, type Score } from '../test/process/redact/score.ts';
import { LAYERS } from './layers.ts';

export interface Section {
  /** The name in the markers. */
  readonly name: string;
  /** The Markdown between them. */
  readonly render: () => string;
}

export const DOCUMENTS = ['README.md', 'ARCHITECTURE.md'] as const;

export const SECTIONS: readonly Section[] = [
  { name: 'options', render: optionTables },
  { name: 'columns', render: columnTable },
  { name: 'control', render: controlTable },
  { name: 'topics', render: topicTable },
  { name: 'fields', render: fieldTable },
  { name: 'rules', render: ruleTable },
  { name: 'conditions', render: conditionTable },
  { name: 'metrics', render: metricTables },
  { name: 'errors', render: errorTable },
  { name: 'layers', render: layerTable },
  { name: 'redaction', render: redactionTable },
];

/** Sections that `writeSection` fills for whoever measures: `npm run bench -- --readme`. */
export const MEASURED_SECTIONS: readonly string[] = ['bench'];

export interface DocsResult {
  /** Documents whose text is not (in check mode), or was not, what the tables say, with the names of the sections. */
  readonly differences: readonly string[];
  /** Why a document could not be made: a missing file, a missing or unknown marker. Nothing is written then. */
  readonly problems: readonly string[];
}

/** Brings the documents in `directory` up to date, or only looks (`check`). */
export function updateDocuments(
  directory: string,
  { check, sections = SECTIONS }: { readonly check: boolean; readonly sections?: readonly Section[] },
): DocsResult {
  const documents = DOCUMENTS.map((name) => rewriteDocument(name, join(directory, name), sections));
  const placed = new Set(documents.flatMap((document) => document.placed));
  const problems = [
    ...documents.flatMap((document) => document.problems),
    ...sections
      .filter(({ name }) => !placed.has(name))
      .map(({ name }) => `no document has the markers ${beginMarker(name)} and ${endMarker(name)}`),
  ];
  const changed = documents.filter(({ differing }) => differing.length > 0);
  if (!check && problems.length === 0) {
    for (const { path, text } of changed) writeFileSync(path, text);
  }
  return { differences: changed.map(({ name, differing }) => `${name}: ${differing.join(', ')}`), problems };
}

/** Puts a text between the markers of one document. @throws {Error} where they are not there as a pair */
export function writeSection(path: string, name: string, body: string): void {
  const text = readFileSync(path, 'utf8');
  const problem = pairProblem(path, text, name);
  if (problem !== undefined) throw new Error(problem);
  writeFileSync(path, replaceSection(text, name, body));
}

/** A Markdown table; cells may hold any text on one line. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [tableLine(head), tableLine(head.map(() => '---')), ...rows.map(tableLine)].join('\n');
}

function tableLine(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

interface RewrittenDocument {
  readonly name: string;
  readonly path: string;
  readonly text: string;
  /** The sections it holds, and those among them whose text had to change. */
  readonly placed: readonly string[];
  readonly differing: readonly string[];
  readonly problems: readonly string[];
}

function rewriteDocument(name: string, path: string, sections: readonly Section[]): RewrittenDocument {
  const placed: string[] = [];
  const differing: string[] = [];
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (thrown) {
    return { name, path, text: '', placed, differing, problems: [`${name} cannot be read: ${errorMessage(thrown)}`] };
  }
  const problems = markerProblems(name, text, sections);
  if (problems.length > 0) return { name, path, text, placed: markerNames(text), differing, problems };
  for (const section of sections) {
    if (!text.includes(beginMarker(section.name))) continue;
    placed.push(section.name);
    const replaced = replaceSection(text, section.name, section.render());
    if (replaced !== text) differing.push(section.name);
    text = replaced;
  }
  return { name, path, text, placed, differing, problems };
}

/** Each marker needs the other one of its pair, and a section of its name. */
function markerProblems(document: string, text: string, sections: readonly Section[]): string[] {
  return markerNames(text).flatMap((name) => {
    if (!MEASURED_SECTIONS.includes(name) && !sections.some((section) => section.name === name))
      return [`${document} has a marker for "${name}", which no table is called`];
    return pairProblem(document, text, name) ?? [];
  });
}

/** Every begin marker needs its end marker behind it, once. */
function pairProblem(document: string, text: string, name: string): string | undefined {
  const begins = text.split(beginMarker(name)).length - 1;
  const ends = text.split(endMarker(name)).length - 1;
  const inOrder = text.indexOf(beginMarker(name)) < text.indexOf(endMarker(name));
  if (begins === 1 && ends === 1 && inOrder) return undefined;
  return `${document} needs ${beginMarker(name)} once, and ${endMarker(name)} once after it`;
}

function replaceSection(text: string, name: string, body: string): string {
  const from = text.indexOf(beginMarker(name)) + beginMarker(name).length;
  return `${text.slice(0, from)}\n${body}\n${text.slice(text.indexOf(endMarker(name)))}`;
}

function markerNames(text: string): string[] {
  return [...new Set([...text.matchAll(/<!-- (?:begin|end):([a-z-]+) -->/g)].map((match) => match[1] ?? ''))];
}

function beginMarker(name: string): string {
  return `<!-- begin:${name} -->`;
}

function endMarker(name: string): string {
  return `<!-- end:${name} -->`;
}

function optionTables(): string {
  return OPTION_GROUPS.map((group) => {
    const rows = OPTIONS.filter((option) => option.group === group).map(optionRow);
    return `**${group}**\n\n${markdownTable(['Option', 'Environment variable', 'Values', 'Default', 'Meaning'], rows)}`;
  }).join('\n\n');
}

function optionRow(option: Option): string[] {
  const own = ENVIRONMENT_OPTIONS.filter(({ name }) => name === option.name).map(environmentVariable);
  const variables = [...own, ...standardVariables(option)];
  return [
    code(flagText(option)),
    variables.map(code).join(', '),
    option.kind === 'boolean' ? 'true or false' : rangeText(option),
    defaultText(option),
    option.reloadable ? `${option.description} (reloadable)` : option.description,
  ];
}

function standardVariables(option: Option): string[] {
  return 'standardVariables' in option ? (option.standardVariables ?? []).map(({ name }) => name) : [];
}

function columnTable(): string {
  return markdownTable(
    ['Column', 'Title', 'Meaning', 'Also called'],
    PROCESS_COLUMNS.map(({ name, title, meaning, aliases = [] }) => [
      code(name),
      title,
      meaning,
      aliases.map(code).join(', '),
    ]),
  );
}

function controlTable(): string {
  return markdownTable(
    ['Method', 'Path', 'What'],
    ROUTES.map(({ method, path, summary }) => [method, code(path), summary]),
  );
}

function errorTable(): string {
  return markdownTable(
    ['Code', 'Meaning'],
    Object.entries(ERROR_CODES).map(([errorCode, meaning]) => [code(errorCode), meaning]),
  );
}

function topicTable(): string {
  return markdownTable(
    ['Topic', 'EventName', 'When'],
    TOPIC_TABLE.map((row) => [code(row.topic), row.eventNames.map(code).join(', '), row.description]),
  );
}

function fieldTable(): string {
  return markdownTable(
    ['Attribute', 'Type', 'Unit', 'Source', 'Absent', 'Watched'],
    PROCESS_FIELDS.map((field) => [
      code(field.attribute),
      field.type,
      field.unit ?? '',
      field.source,
      field.enhanced ? `${field.absent}; \`--enhanced-metadata=false\`` : field.absent,
      field.watched ? 'yes' : '',
    ]),
  );
}

function ruleTable(): string {
  return markdownTable(
    ['Rule', 'Severity', 'ATT&CK', 'What it finds'],
    BUILT_IN_RULES.map(({ id, severity, techniques, description, offByDefault }) => [
      code(id),
      severity,
      techniques.join(', '),
      offByDefault ? `${description} Off by default.` : description,
    ]),
  );
}

function conditionTable(): string {
  return markdownTable(
    ['Field', 'Type', 'What it is'],
    CONDITION_FIELDS.map(({ name, type, meaning }) => [code(name), code(type), meaning]),
  );
}

function metricTables(): string {
  return METRIC_GROUPS.map((group) => {
    const rows = METRIC_TABLE.filter((row) => row.group === group).map((row) => [
      code(row.labels.length === 0 ? row.name : `${row.name}{${row.labels.map(({ name }) => name).join(',')}}`),
      row.type,
      row.unit,
      row.help,
    ]);
    return `**${group}**\n\n${markdownTable(['Metric', 'Type', 'Unit', 'Meaning'], rows)}`;
  }).join('\n\n');
}

function layerTable(): string {
  return markdownTable(
    ['Layer', 'What it is', 'May import'],
    LAYERS.map(({ name, purpose, imports }) => [
      code(name),
      purpose,
      imports.includes('*') ? 'everything' : imports.map(code).join(', '),
    ]),
  );
}

/** Measured while the documents are written: a rule that does worse is a difference. */
function redactionTable(): string {
  const { all, tuned, heldOut, reported } = measureRedaction();
  const row = (name: string, measured: Score) => [
    name,
    String(measured.rows),
    String(measured.secrets),
    percent(recallOf(measured)),
    percent(precisionOf(measured)),
    percent(measured.exact / measured.redactions),
  ];
  return markdownTable(
    ['Corpus', 'Command lines', 'Secrets', 'Hidden whole', 'Redactions that hid a secret', '... and nothing beside it'],
    [
      row('all', all),
      row('rules were made after it', tuned),
      row('held out', heldOut),
      row('reported by people, of both', reported),
    ],
  );
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function code(text: string): string {
  return `\`${text}\``;
}

if (import.meta.main) {
  const check = process.argv.includes('--check');
  const { differences, problems } = updateDocuments(join(import.meta.dirname, '..'), { check });
  for (const problem of problems) console.error(problem);
  for (const difference of differences) {
    console.error(check ? `${difference} differs from its table: run node scripts/docs.ts` : `${difference} rewritten`);
  }
  if (problems.length > 0 || (check && differences.length > 0)) process.exitCode = 1;
}
