import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { MEASURED_SECTIONS, markdownTable, SECTIONS, updateDocuments, writeSection } from '../../scripts/docs.ts';
import { ERROR_CODES } from '../../src/base/errors.ts';
import { environmentVariable, OPTIONS, SETTING_OPTIONS } from '../../src/config/option-table.ts';
import { PROCESS_COLUMNS } from '../../src/listing/process-columns.ts';

const ONE = [{ name: 'one', render: () => 'new' }];
const TWO = [...ONE, { name: 'two', render: () => 'second' }];

function directoryWith(t: TestContext, documents: Record<string, string>) {
  const directory = mkdtempSync(join(tmpdir(), 'procmond-docs-'));
  t.after(() => rmSync(directory, { recursive: true }));
  for (const [name, text] of Object.entries(documents)) writeFileSync(join(directory, name), text);
  return {
    directory,
    read: (name: string) => readFileSync(join(directory, name), 'utf8'),
  };
}

const STALE = { 'README.md': 'a\n<!-- begin:one -->\nold\n<!-- end:one -->\nz\n', 'ARCHITECTURE.md': '# A\n' };

test('keeps the text around the markers while it rewrites what stands between them', (t) => {
  const { directory, read } = directoryWith(t, STALE);
  assert.deepEqual(updateDocuments(directory, { check: false, sections: ONE }), {
    differences: ['README.md: one'],
    problems: [],
  });
  assert.equal(read('README.md'), 'a\n<!-- begin:one -->\nnew\n<!-- end:one -->\nz\n');
  assert.equal(read('ARCHITECTURE.md'), '# A\n');
  assert.deepEqual(updateDocuments(directory, { check: false, sections: ONE }), { differences: [], problems: [] });
});

test('keeps its hands off in check mode, and names what differs', (t) => {
  const { directory, read } = directoryWith(t, STALE);
  assert.deepEqual(updateDocuments(directory, { check: true, sections: ONE }), {
    differences: ['README.md: one'],
    problems: [],
  });
  assert.equal(read('README.md'), STALE['README.md']);
});

test('keeps several tables apart, over several documents', (t) => {
  const { directory, read } = directoryWith(t, {
    'README.md': '<!-- begin:one --><!-- end:one -->',
    'ARCHITECTURE.md': '<!-- begin:two -->\nx\n<!-- end:two -->\n<!-- begin:one -->\n<!-- end:one -->',
  });
  assert.deepEqual(updateDocuments(directory, { check: false, sections: TWO }).problems, []);
  assert.equal(read('README.md'), '<!-- begin:one -->\nnew\n<!-- end:one -->');
  assert.equal(
    read('ARCHITECTURE.md'),
    '<!-- begin:two -->\nsecond\n<!-- end:two -->\n<!-- begin:one -->\nnew\n<!-- end:one -->',
  );
});

const BROKEN: readonly (readonly [story: string, documents: Record<string, string>, problem: RegExp])[] = [
  ['a missing document', { 'README.md': STALE['README.md'] }, /^ARCHITECTURE\.md cannot be read: ENOENT/],
  [
    'no marker for a table',
    { 'README.md': 'a', 'ARCHITECTURE.md': 'b' },
    /^no document has the markers <!-- begin:one -->/,
  ],
  [
    'no end',
    { ...STALE, 'ARCHITECTURE.md': '<!-- begin:one -->' },
    /^ARCHITECTURE\.md needs .*begin:one.* once, and .*end:one/,
  ],
  ['no begin', { ...STALE, 'ARCHITECTURE.md': '<!-- end:one -->' }, /^ARCHITECTURE\.md needs/],
  ['the end first', { ...STALE, 'ARCHITECTURE.md': '<!-- end:one --><!-- begin:one -->' }, /^ARCHITECTURE\.md needs/],
  ['a pair twice', { ...STALE, 'ARCHITECTURE.md': STALE['README.md'].repeat(2) }, /^ARCHITECTURE\.md needs/],
  [
    'an unknown table',
    { ...STALE, 'ARCHITECTURE.md': '<!-- begin:onne -->' },
    /^ARCHITECTURE\.md has a marker for "onne"/,
  ],
];
for (const [story, documents, problem] of BROKEN) {
  test(`keeps documents untouched where something is wrong, and says what: ${story}`, (t) => {
    const { directory, read } = directoryWith(t, documents);
    const { problems } = updateDocuments(directory, { check: false, sections: ONE });
    assert.equal(problems.length, 1, problems.join('\n'));
    assert.match(problems[0] ?? '', problem);
    assert.equal(read('README.md'), documents['README.md']);
  });
}

test('keeps every option and its variable in the table of options', () => {
  const text = SECTIONS.find(({ name }) => name === 'options')?.render() ?? '';
  const rowOf = (name: string) =>
    text.split('\n').find((line) => new RegExp(`^\\| \`--${name}[ \`\\[]`).test(line)) ?? '';
  for (const option of SETTING_OPTIONS) {
    const hasVariable = rowOf(option.name).includes(`| \`${environmentVariable(option)}\``);
    assert.equal(hasVariable, option.flagOnly !== true, option.name);
  }
  for (const option of OPTIONS.filter(({ kind }) => kind !== 'request')) {
    assert.ok(rowOf(option.name).includes(option.description), option.name);
  }
  assert.ok(text.includes('`OTEL_EXPORTER_OTLP_LOGS_ENDPOINT`'));
});

test('keeps every column of a list of processes in the table of columns', () => {
  const text = SECTIONS.find(({ name }) => name === 'columns')?.render() ?? '';
  for (const { name, title, meaning } of PROCESS_COLUMNS) {
    assert.ok(text.includes(`| \`${name}\` | ${title} | ${meaning} |`), name);
  }
});

test('keeps every error code in the table of errors', () => {
  const text = SECTIONS.find(({ name }) => name === 'errors')?.render() ?? '';
  for (const [code, meaning] of Object.entries(ERROR_CODES)) assert.ok(text.includes(`| \`${code}\` | ${meaning} |`));
});

test('leaves a section alone that somebody else measured, as long as its markers are a pair', (t) => {
  const [name = ''] = MEASURED_SECTIONS;
  const { directory, read } = directoryWith(t, {
    ...STALE,
    'ARCHITECTURE.md': `<!-- begin:${name} -->1 ms<!-- end:${name} -->`,
  });
  assert.deepEqual(updateDocuments(directory, { check: true, sections: ONE }).problems, []);
  writeSection(join(directory, 'ARCHITECTURE.md'), name, '2 ms');
  updateDocuments(directory, { check: false, sections: ONE });
  assert.equal(read('ARCHITECTURE.md'), `<!-- begin:${name} -->\n2 ms\n<!-- end:${name} -->`);

  writeFileSync(join(directory, 'ARCHITECTURE.md'), `<!-- begin:${name} -->`);
  assert.match(updateDocuments(directory, { check: true, sections: ONE }).problems[0] ?? '', /^ARCHITECTURE\.md needs/);
  assert.throws(() => writeSection(join(directory, 'ARCHITECTURE.md'), name, '3 ms'), /ARCHITECTURE\.md needs/);
});

test('keeps the bars of a cell from splitting it', () => {
  assert.equal(markdownTable(['A', 'B'], [['x|y', 'z']]), '| A | B |\n| --- | --- |\n| x\\|y | z |');
});
