import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { commandLine, runProgram } from '../../fake/run-procmond.ts';
import { scratchDirectory } from '../../fake/scratch-store.ts';

const MEBIBYTE = 1024 ** 2;

/** Files of the largest size there may be, each of one kind of line, and what the program says of it. */
const HUGE: readonly (readonly [story: string, text: string, said: RegExp])[] = [
  ['short keys', filled('a:\n'), /more than 50000 parts/],
  ['rules that are switched off', `rules:\n  disable: [${filled('a,', 100)}]`, /more than 50000 parts/],
  ['nothing but ends of lines', filled('\n'), /more than 50000 parts/],
  ['nothing but openers', filled('['), /more than 50000 parts/],
  ['nested lists', '['.repeat(20_000), /is not YAML/],
  ['nested mappings', Array.from({ length: 1_400 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'), /is not YAML/],
  ['a bomb of aliases', aliasBomb(), /a9 is no key/],
  ['a key without end', `${filled('a', 10)}: 1`, /is not YAML/],
  ['a tag without end', `interval: !${filled('x', 20)} 1`, /Unresolved tag: !x+…/],
  ['a text without end', `interval: "${filled('x', 20)}`, /is not YAML/],
  ['an endpoint of slashes', `endpoint: "http://h/${filled('/', 40)}x"`, /endpoint: .* characters, at most 8192/],
  ['a list without end', `hash-roots: "${filled('/a,', 40)}/a"`, /hash-roots: .* characters, at most 8192/],
  ['digits without end', `interval: ${filled('9', 20)}`, /is not a whole number/],
  ['patterns that repeat', patterns('(a{1000})'.repeat(111)), /repeats too much/],
  ['patterns that are wrong at their end', patterns('('.repeat(999)), /missing closing \)/],
  ['conditions that are deep', conditions('('.repeat(1_000)), /Exceeded maxDepth/],
  [
    'conditions whose patterns repeat',
    conditions(`process.name.matches("${'a{1000}'.repeat(30)}")`),
    /repeats too much/,
  ],
];
for (const [story, text, said] of HUGE) {
  test(`keeps to a small heap and says what is wrong with a file of ${story}`, { timeout: 120_000 }, async (t) => {
    const file = join(scratchDirectory(t), 'procmond.yaml');
    writeFileSync(file, text.slice(0, MEBIBYTE), { mode: 0o600 });
    const { exitCode, stderr } = await configOf(file);
    assert.equal(exitCode, 2, stderr.slice(0, 2_000));
    assert.match(stderr, said);
    assertToldBriefly(stderr);
  });
}

test('keeps what is no file, or no text, a mistake that is told at once', { timeout: 120_000 }, async (t) => {
  const directory = scratchDirectory(t);
  const pipe = join(directory, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const write = (name: string, content: string | Uint8Array) => {
    writeFileSync(join(directory, name), content, { mode: 0o600 });
    return join(directory, name);
  };
  const files: readonly (readonly [path: string, said: RegExp])[] = [
    [pipe, /is not a regular file/],
    [directory, /is not a regular file/],
    ['/dev/zero', /is not a regular file/],
    [join(directory, 'missing'), /ENOENT/],
    [join(pipe, 'below'), /ENOTDIR/],
    [write('large', 'x'.repeat(MEBIBYTE + 1)), /is larger than 1MiB/],
    [write('latin1', Uint8Array.of(0x69, 0xfc)), /utf-8/i],
    [write('utf16', Buffer.from('\ufeffinterval: 10', 'utf16le')), /utf-8/i],
    [write('nul', 'interval: 10\u0000'), /interval: .*is text/],
    [write('two', 'interval: 10\n---\ninterval: 20\n'), /multiple documents/],
    [write('tabs', 'rules:\n\town: []\n'), /is not YAML/],
    [write('merge', 'x: &x { interval: 10 }\n<<: *x\n'), /<< is no key/],
    [write('escapes', 'interval: "\\e[2J\\u202e\\n"\n'), /\\x1b\[2J\\u\{202e\}\\n/],
  ];
  for (const [path, said] of files) {
    const { exitCode, stderr } = await configOf(path);
    assert.equal(exitCode, 2, path);
    assert.match(stderr, said);
    assertToldBriefly(stderr);
  }
});

test('keeps a file of Windows, with its mark and its ends of lines, as good as any', async (t) => {
  const file = join(scratchDirectory(t), 'procmond.yaml');
  writeFileSync(file, '\ufeffinterval: 17\r\nemit: changes\r\n', { mode: 0o600 });
  const { exitCode, stdout } = await configOf(file);
  assert.equal(exitCode, 0);
  assert.match(stdout, /^interval +17 .*\n(?:.*\n)*emit +changes /m);
});

/** With a heap that the objects of a whole megabyte of YAML would not fit in. */
function configOf(file: string) {
  const [node, ...program] = commandLine(['config', '--config', file]);
  return runProgram([node, '--max-old-space-size=96', ...program], { HOME: '/home/u' });
}

/** One line for each mistake, the first hundred, none of them long; no trace of calls. */
function assertToldBriefly(stderr: string): void {
  const lines = stderr.trimEnd().split('\n');
  assert.ok(lines.length <= 102, `${lines.length} lines`);
  for (const line of lines) {
    assert.match(line, /^procmond(?:: | --help)/);
    assert.ok(line.length < 3_000, `${line.length} characters`);
  }
}

function filled(piece: string, room = 0): string {
  return piece.repeat(Math.floor((MEBIBYTE - room) / piece.length));
}

function aliasBomb(): string {
  const levels = Array.from({ length: 10 }, (_, level) => {
    const items = Array(9).fill(level === 0 ? 'x' : `*a${level - 1}`);
    return `a${level}: &a${level} [${items.join(', ')}]`;
  });
  return levels.join('\n');
}

function patterns(pattern: string): string {
  return `redact-patterns:\n${`  - '${pattern}'\n`.repeat(100)}`;
}

function conditions(when: string): string {
  const rules = Array.from({ length: 100 }, (_, index) => `    - { id: r-${index}, title: T, when: '${when}' }\n`);
  return `rules:\n  own:\n${rules.join('')}`;
}
