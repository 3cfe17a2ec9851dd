import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { faultTableProblems } from '../../scripts/check-fault-tests.ts';

const HEAD = '| Fault | Promise | Test |\n| --- | --- | --- |\n';

function projectWith(t: TestContext, rows: readonly string[]): string {
  const directory = mkdtempSync(join(tmpdir(), 'procmond-faults-'));
  t.after(() => rmSync(directory, { recursive: true }));
  mkdirSync(join(directory, 'test/faults'), { recursive: true });
  writeFileSync(join(directory, 'test/faults/disk.test.ts'), "test('goes on when the disk is full', () => {});\n");
  writeFileSync(join(directory, 'SECURITY.md'), '| What | Who |\n| --- | --- |\n| names | everybody |\n');
  writeFileSync(join(directory, 'FAULTS.md'), HEAD + rows.map((row) => `${row}\n`).join(''));
  return directory;
}

test('has nothing to say when each row of a table of tests names one that there is', (t) => {
  const row = '| disk full \\| or nearly | said | [goes on when the disk is full](test/faults/disk.test.ts) |';
  assert.deepEqual(faultTableProblems(projectWith(t, [row])), []);
});

test('names each row whose test is not there, or that names none', (t) => {
  const directory = projectWith(t, [
    '| a | b | [renamed since](test/faults/disk.test.ts) |',
    '| a | b | [moved since](test/gone.test.ts) |',
    '| a | b | to be written |',
  ]);
  assert.deepEqual(faultTableProblems(directory), [
    'FAULTS.md:3 names "renamed since", which is no test of test/faults/disk.test.ts',
    'FAULTS.md:4 names test/gone.test.ts, which cannot be read',
    'FAULTS.md:5 names no test: its last column has to hold [name](test/file.test.ts)',
  ]);
});

test('names each file of fault tests that no row speaks of', (t) => {
  assert.deepEqual(faultTableProblems(projectWith(t, [])), ['FAULTS.md has no row for test/faults/disk.test.ts']);
});

test('names each section without a row', (t) => {
  const directory = projectWith(t, [
    '| a | b | [goes on when the disk is full](test/faults/disk.test.ts) |',
    '',
    '## Later',
  ]);
  assert.deepEqual(faultTableProblems(directory), ['FAULTS.md has no row in its section "Later"']);
});
