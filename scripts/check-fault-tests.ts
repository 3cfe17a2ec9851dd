/**
 * Holds FAULTS.md and SECURITY.md to the tests they name: each row of a table with a column "Test" ends with a link,
 * `[name of a test or case](its file)`, and that name has to begin a string in that file. Every file below test/faults/ that holds
 * tests has to be named by some row of FAULTS.md.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FAULTS = 'FAULTS.md';
const DOCUMENTS = [FAULTS, 'SECURITY.md'] as const;

/** What is wrong with the tables of the project in `directory`; empty when nothing is. */
export function faultTableProblems(directory: string): readonly string[] {
  const rows = DOCUMENTS.flatMap((name) => rowsOf(name, readFileSync(join(directory, name), 'utf8')));
  const named = new Set(
    rows.filter(({ place }) => place.startsWith(FAULTS)).flatMap(({ tests }) => tests.map(({ file }) => file)),
  );
  return [
    ...rows.flatMap(({ place, tests }) =>
      tests.length === 0
        ? [`${place} names no test: its last column has to hold [name](test/file.test.ts)`]
        : tests.flatMap((test) => testProblem(directory, place, test) ?? []),
    ),
    ...emptySections(readFileSync(join(directory, FAULTS), 'utf8')),
    ...globSync('test/faults/**/*.test.ts', { cwd: directory })
      .filter((file) => !named.has(file))
      .map((file) => `${FAULTS} has no row for ${file}`),
  ];
}

function emptySections(text: string): readonly string[] {
  return text
    .split(/^## /m)
    .slice(1)
    .filter((section) => !section.includes('\n| '))
    .map((section) => `${FAULTS} has no row in its section "${section.split('\n')[0]}"`);
}

interface TestedRow {
  /** Document and line, to find it by. */
  readonly place: string;
  readonly tests: readonly NamedTest[];
}

interface NamedTest {
  readonly name: string;
  readonly file: string;
}

/** The rows of the tables whose last column is "Test", without their heads. */
function rowsOf(document: string, text: string): readonly TestedRow[] {
  let isTested = false;
  return text.split('\n').flatMap((line, index, lines) => {
    if (!line.startsWith('|') || line.startsWith('| ---')) return [];
    const lastCell =
      line
        .replace(/\s*\|\s*$/, '')
        .split(/(?<!\\)\|/)
        .at(-1) ?? '';
    if (lines[index + 1]?.startsWith('| ---') === true) {
      isTested = lastCell.trim() === 'Test';
      return [];
    }
    if (!isTested) return [];
    const tests = [...lastCell.matchAll(/\[([^\]]+)\]\(([^)]+)\)/g)].map(([, name = '', file = '']) => ({
      name,
      file,
    }));
    return [{ place: `${document}:${index + 1}`, tests }];
  });
}

function testProblem(directory: string, place: string, { name, file }: NamedTest): string | undefined {
  let text: string;
  try {
    text = readFileSync(join(directory, file), 'utf8');
  } catch {
    return `${place} names ${file}, which cannot be read`;
  }
  return beginsString(text, name) ? undefined : `${place} names "${name}", which is no test of ${file}`;
}

/** Tells a name from words that happen to be there: what is in front of it is a quote, or what a template puts there. */
function beginsString(text: string, name: string): boolean {
  return text.split('\n').some((line) => {
    const before = line.split(name)[0] ?? '';
    return before !== line && /(?:['"`]|`[^`]*\$\{[^`]*)$/.test(before);
  });
}

if (import.meta.main) {
  const problems = faultTableProblems(join(import.meta.dirname, '..'));
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
}
