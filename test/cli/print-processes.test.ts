import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cellsOf } from '../../src/cli/cut-to-width.ts';
import { displayOf } from '../../src/cli/display.ts';
import { type ProcessQuestion, printProcesses } from '../../src/cli/print-processes.ts';
import { assertGolden } from './golden.ts';
import { HOST } from './host.ts';

interface Asked extends Partial<ProcessQuestion['config']> {
  readonly words?: readonly string[];
  /** Of the terminal; a pipe without. */
  readonly width?: number;
  readonly env?: Record<string, string>;
}

function print({ words = [], width, env = {}, ...given }: Asked, processes = HOST) {
  const written = { stdout: '', stderr: '' };
  const config: ProcessQuestion['config'] = {
    format: 'table',
    sort: ['pid'],
    reverse: false,
    columns: [],
    tree: false,
    users: [],
    pids: [],
    states: [],
    kernelThreads: 'include',
    ...given,
  };
  const exitCode = printProcesses(
    processes,
    { config, words },
    {
      stdout: { write: (text) => (written.stdout += text) },
      stderr: { write: (text) => (written.stderr += text) },
      display: displayOf(width === undefined ? {} : { isTTY: true, columns: width }, env),
    },
  );
  return { exitCode, ...written, lines: written.stdout.split('\n').slice(0, -1) };
}

const GOLDEN: readonly (readonly [file: string, asked: Asked])[] = [
  ['ps-table.txt', {}],
  ['ps-table-80.txt', { width: 80, sort: ['cpu'], env: { NO_COLOR: '1' } }],
  ['ps-table-40.txt', { width: 40, sort: ['rss'], env: { NO_COLOR: '1' } }],
  ['ps-columns.txt', { columns: ['name', 'start', 'time', 'pid'], sort: ['name'], kernelThreads: 'exclude' }],
  ['ps-tree.txt', { tree: true }],
  ['ps-tree-color.txt', { tree: true, width: 100, words: ['worker'], sort: ['start'], env: { TERM: 'xterm' } }],
  ['ps-tree-ascii.txt', { tree: true, width: 60, env: { LANG: 'C', NO_COLOR: '1' }, kernelThreads: 'exclude' }],
];
for (const [file, asked] of GOLDEN) {
  test(`keeps ${file} as it was last looked at (UPDATE_GOLDEN=1 accepts the new text)`, () => {
    const { exitCode, stdout, stderr } = print(asked);
    assertGolden(file, stdout);
    assert.deepEqual([exitCode, stderr], [0, '']);
  });
}

for (const tree of [false, true]) {
  test(`keeps every line within any terminal${tree ? ', in a tree' : ''}`, () => {
    for (let width = 1; width <= 250; width += 1) {
      const { lines } = print({ width, tree, env: { NO_COLOR: '1' } });
      assert.equal(lines.length, HOST.length + 1);
      for (const line of lines) assert.ok(cellsOf(line) <= width, `${width}: ${line}`);
    }
  });
}

test('keeps every column that was chosen, on the narrowest terminal', () => {
  const [head] = print({ columns: ['pid', 'state', 'threads', 'cpu'], width: 20, env: { NO_COLOR: '1' } }).lines;
  assert.equal(head, '    PID  S  THR   C…');
});

test('keeps the column that is sorted by in sight, whatever goes', () => {
  const [head] = print({ width: 50, sort: ['threads'], env: { NO_COLOR: '1' } }).lines;
  assert.match(head ?? '', /^ +PID +THR +COMMAND$/);
  assert.match(print({ sort: ['virtual', '-name'] }).lines[0] ?? '', /AGE +VIRT +NAME +COMMAND$/);
});

test('keeps columns that nobody has a value for out of sight, unless they were asked for', () => {
  const plain = HOST.map((process) => ({ ...process, cpuUsage: undefined, memoryUsage: undefined }));
  const head = (asked: Asked) => print(asked, plain).lines[0]?.trim().split(/ +/);
  assert.deepEqual(head({}), ['PID', 'PPID', 'USER', 'S', 'THR', 'AGE', 'COMMAND']);
  assert.deepEqual(head({ sort: ['cpu'] })?.slice(5, 6), ['CPU%']);
  assert.deepEqual(head({ columns: ['cpu', 'rss'] }), ['CPU%', 'RSS']);
  assert.deepEqual(
    print({ pids: [902] })
      .lines[0]?.trim()
      .split(/ +/).length,
    9,
  );
});

test('keeps a pipe free of colours, and everything in it whole', () => {
  const { stdout, lines } = print({ env: { TERM: 'xterm' } });
  assert.doesNotMatch(stdout, /…/);
  assert.ok(lines.some((line) => line.endsWith('--config=/etc/dienst/dienst.yaml')));
  assert.equal(stdout.includes('\u001b'), false);
});

test('keeps hostile names from a terminal, whatever is printed', () => {
  const formats = ['table', 'json', 'ndjson'] as const;
  const asked: Asked[] = [
    { tree: true },
    ...formats.map((format) => ({ format })),
    { columns: ['user', 'name', 'executable'] },
  ];
  for (const question of asked) {
    const { stdout } = print(question);
    assert.doesNotMatch(stdout, /[^\P{Cc}\n]|[\u202a-\u202e\u2066-\u2069]/u);
  }
});

test('keeps JSON exact: the processes that were asked for, in the order that was asked for', () => {
  const { stdout, exitCode } = print({ format: 'json', sort: ['-pid'], words: ['evil'], tree: true, columns: ['pid'] });
  assert.equal(exitCode, 0);
  assert.deepEqual(JSON.parse(stdout), JSON.parse(JSON.stringify([HOST.find(({ pid }) => pid === 901)])));
  const { lines } = print({ format: 'ndjson', sort: ['-pid'], users: ['root'] });
  assert.deepEqual(
    lines.map((line) => (JSON.parse(line) as { pid: number }).pid),
    [811, 17, 2, 1],
  );
});

const NOTHING: readonly (readonly [asked: Asked, stdout: string, stderr: string])[] = [
  [{ words: ['a"\u001b[2J', 'b'] }, '', 'procmond: none of 8 processes is found by "a"\\x1b[2J" and "b"\n'],
  [
    { format: 'json', users: ['eve', '7'], states: ['defunct'], kernelThreads: 'exclude' },
    '[]\n',
    'procmond: none of 8 processes is of user eve or 7, in state defunct, no kernel thread\n',
  ],
  [{ format: 'ndjson', pids: [3, 4] }, '', 'procmond: none of 8 processes is pid 3 or 4\n'],
  [{ tree: true, pids: [3] }, '', 'procmond: none of 8 processes is pid 3\n'],
];
for (const [asked, stdout, stderr] of NOTHING) {
  test(`keeps it a failure that says so when nothing is found: ${stderr.trim()}`, () => {
    assert.partialDeepStrictEqual(print(asked), { exitCode: 1, stdout, stderr });
  });
}

test('keeps an empty table from being taken for a wrong question', () => {
  assert.equal(print({}, []).stderr, 'procmond: none of 0 processes is there\n');
});
