/**
 * Holds FAULTS.md to the tests it names: each row of its tables ends with a link, `[name of a test or case](its file)`,
 * and that name has to stand in that file. Every file below test/faults/ that holds tests has to be named by some row.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const FAULT_DOCUMENT = 'FAULTS.md';

/** What is wrong with the fault table of the project in `directory`; empty when nothing is. */
export function faultTableProblems(directory: string): readonly string[] {
  const rows = faultRows(readFileSync(join(directory, FAULT_DOCUMENT), 'utf8'));
  const named = new Set(rows.flatMap(({ tests }) => tests.map(({ file }) => file)));
  return [
    ...rows.flatMap(({ line, tests }) =>
      tests.length === 0
        ? [`${FAULT_DOCUMENT}:${line} names no test: its last column has to hold [name](test/file.test.ts)`]
        : tests.flatMap((test) => testProblem(directory, line, test) ?? []),
    ),
    ...globSync('test/faults/**/*.test.ts', { cwd: directory })
      .filter((file) => !named.has(file))
      .map((file) => `${FAULT_DOCUMENT} has no row for ${file}`),
  ];
}

interface FaultRow {
  readonly line: number;
  readonly tests: readonly NamedTest[];
}

interface NamedTest {
  readonly name: string;
  readonly file: string;
}

/** The rows of all tables, without their heads. */
function faultRows(text: string): readonly FaultRow[] {
  return text.split('\n').flatMap((line, index, lines) => {
    const isHead = lines[index + 1]?.startsWith('| ---') === true;
    if (!line.startsWith('|') || line.startsWith('| ---') || isHead) return [];
    const lastCell =
      line
        .replace(/\s*\|\s*$/, '')
        .split(/(?<!\\)\|/)
        .at(-1) ?? '';
    const tests = [...lastCell.matchAll(/\[([^\]]+)\]\(([^)]+)\)/g)].map(([, name = '', file = '']) => ({
      name,
      file,
    }));
    return [{ line: index + 1, tests }];
  });
}

function testProblem(directory: string, line: number, { name, file }: NamedTest): string | undefined {
  let text: string;
  try {
    text = readFileSync(join(directory, file), 'utf8');
  } catch {
    return `${FAULT_DOCUMENT}:${line} names ${file}, which cannot be read`;
  }
  return text.includes(name) ? undefined : `${FAULT_DOCUMENT}:${line} names "${name}", which is no test of ${file}`;
}

if (import.meta.main) {
  const problems = faultTableProblems(join(import.meta.dirname, '..'));
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
}
