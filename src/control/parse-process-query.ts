import { COLUMN_ALIASES, COLUMN_NAMES } from '../listing/process-columns.ts';
import { STATE_ALIASES, STATE_NAMES, type StateName } from '../listing/process-states.ts';
import type { ProcessSelection } from '../listing/select-processes.ts';
import type { SortKey } from '../listing/sort-processes.ts';
import type { Parsed } from './parsed.ts';

/** Which processes of the snapshot are wanted, in what order and form. */
export interface ProcessQuery {
  readonly selection: ProcessSelection;
  /** Beginnings of container ids; empty = all. */
  readonly containers: readonly string[];
  /** The first one rules; empty = by pid. */
  readonly sort: readonly SortKey[];
  readonly limit: number;
  readonly format: 'json' | 'ndjson';
}

const KEYS = ['text', 'user', 'pid', 'state', 'container', 'kernel_threads', 'sort', 'limit', 'format'] as const;

/** Reads the query of GET /v1/processes. `text` may come several times; the others hold lists with commas between. */
export function parseProcessQuery(parameters: URLSearchParams): Parsed<ProcessQuery> {
  const problems: string[] = [];
  for (const key of new Set(parameters.keys())) {
    if (!KEYS.some((known) => known === key))
      problems.push(`${quote(key)} is no parameter; there are ${KEYS.join(', ')}`);
  }
  const read = <Value>(key: (typeof KEYS)[number], parse: (text: string) => Value | undefined, allowed: string) =>
    listOf(parameters, key).flatMap((text) => {
      const value = parse(text);
      if (value === undefined) problems.push(`${key}: ${quote(text)} is not ${allowed}`);
      return value === undefined ? [] : [value];
    });
  const one = <Value>(key: (typeof KEYS)[number], parse: (text: string) => Value | undefined, allowed: string) =>
    read(key, parse, allowed).at(-1);
  const query: ProcessQuery = {
    selection: {
      words: parameters.getAll('text').filter((text) => text !== ''),
      users: listOf(parameters, 'user'),
      pids: read('pid', (text) => wholeNumber(text, 1), 'a process id'),
      states: read('state', stateName, `one of ${STATE_NAMES.join(', ')}`),
      withoutKernelThreads: one('kernel_threads', includeOrExclude, 'include or exclude') === 'exclude',
    },
    containers: listOf(parameters, 'container'),
    sort: read('sort', sortKey, `a column, perhaps after + or -: ${COLUMN_NAMES.join(', ')}`),
    limit: one('limit', (text) => wholeNumber(text, 0), 'a whole number') ?? Number.POSITIVE_INFINITY,
    format: one('format', jsonOrLines, 'json or ndjson') ?? 'json',
  };
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: query };
}

function listOf(parameters: URLSearchParams, key: string): readonly string[] {
  return parameters
    .getAll(key)
    .flatMap((text) => text.split(','))
    .filter((text) => text !== '');
}

function wholeNumber(text: string, least: number): number | undefined {
  const value = Number(text);
  return /^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least ? value : undefined;
}

function stateName(text: string): StateName | undefined {
  return (
    STATE_NAMES.find((name) => name === text.toLowerCase()) ??
    STATE_ALIASES.get(text) ??
    STATE_ALIASES.get(text.toLowerCase())
  );
}

/** A `+` of a query that was not encoded arrives as a blank. */
function sortKey(text: string): SortKey | undefined {
  const [, sign = '', typed = ''] = /^([+ -]?)(.*)$/s.exec(text) ?? [];
  const name = COLUMN_NAMES.find((column) => column === typed.toLowerCase()) ?? COLUMN_ALIASES.get(typed.toLowerCase());
  return name === undefined ? undefined : `${sign === ' ' ? '+' : (sign as '' | '+' | '-')}${name}`;
}

function includeOrExclude(text: string): 'include' | 'exclude' | undefined {
  return text === 'include' || text === 'exclude' ? text : undefined;
}

function jsonOrLines(text: string): 'json' | 'ndjson' | undefined {
  return text === 'json' || text === 'ndjson' ? text : undefined;
}

const LONGEST_QUOTE = 100;

function quote(text: string): string {
  return JSON.stringify(text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text);
}
