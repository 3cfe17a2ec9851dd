import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogFields, LogLevel } from '../../src/base/logger.ts';
import { textLogger } from '../../src/base/text-logger.ts';
import { capturedStream, FIXED_CLOCK } from './captured-stream.ts';

const IN_A_PIPE = { level: 'debug', clock: FIXED_CLOCK, terminal: false, color: false } as const;

function linesOf(message: string, fields?: LogFields, options: Partial<Parameters<typeof textLogger>[0]> = {}) {
  const stream = capturedStream();
  textLogger({ ...IN_A_PIPE, ...options, stream }).info(message, fields);
  return stream.lines();
}

test('keeps one shape in a pipe: UTC timestamp, level, message, key=value', () => {
  assert.deepEqual(linesOf('cycle committed', { observed: 312, millis: 41.5, first: true }), [
    '2026-11-23T01:02:03.456Z INFO  cycle committed observed=312 millis=41.5 first=true',
  ]);
});

const VALUES: readonly (readonly [story: string, value: string | number | boolean | undefined, written: string])[] = [
  ['a plain value', 'abc', ' key=abc'],
  ['spaces are quoted', 'two words', ' key="two words"'],
  ['an empty value is quoted', '', ' key=""'],
  ['quotes are escaped', 'say "hi"', ' key="say \\"hi\\""'],
  ['an equals sign cannot begin another pair', 'a=b', ' key="a=b"'],
  ['backslashes stay apart from escapes', 'C:\\x1b', ' key="C:\\\\x1b"'],
  ['a line break cannot begin another line', 'a\n2026 ERROR fake', ' key="a\\n2026 ERROR fake"'],
  ['an ANSI sequence is shown', '\u001b[2J', ' key="\\x1b[2J"'],
  ['an undefined field is left out', undefined, ''],
];
for (const [story, value, written] of VALUES) {
  test(`keeps values readable: ${story}`, () => {
    assert.deepEqual(linesOf('m', { key: value }), [`2026-11-23T01:02:03.456Z INFO  m${written}`]);
  });
}

test('keeps hostile bytes in message and keys from breaking the line or the terminal', () => {
  assert.deepEqual(linesOf('a\r\nb\u009b', { 'k\n': 1 }), ['2026-11-23T01:02:03.456Z INFO  a\\r\\nb\\x9b k\\n=1']);
});

const WRITTEN: Record<LogLevel, string[]> = {
  error: ['ERROR'],
  warn: ['ERROR', 'WARN '],
  info: ['ERROR', 'WARN ', 'INFO '],
  debug: ['ERROR', 'WARN ', 'INFO ', 'DEBUG'],
};
for (const [level, expected] of Object.entries(WRITTEN)) {
  test(`keeps quiet about what is less important than ${level}`, () => {
    const stream = capturedStream();
    const logger = textLogger({ ...IN_A_PIPE, level: level as LogLevel, stream });
    for (const own of ['error', 'warn', 'info', 'debug'] as const) logger[own]('x');
    assert.deepEqual(
      stream.lines().map((line) => line.slice(25, 30)),
      expected,
    );
  });
}

test('keeps lines short on a terminal, with the time of day', () => {
  const [line] = linesOf('started', {}, { terminal: true });
  assert.match(line ?? '', /^\d\d:\d\d:03\.456 INFO {2}started$/);
});

test('keeps colour to the level, one for each, and none where the caller says so', () => {
  const stream = capturedStream();
  const logger = textLogger({ ...IN_A_PIPE, terminal: true, color: true, stream });
  for (const own of ['error', 'warn', 'info', 'debug'] as const) logger[own]('x\u001b[0m');
  const lines = stream.text().replaceAll('\u001b', 'ESC').split('\n').slice(0, -1);
  const colors = lines.map((line) => {
    const [beforeColor, color, level, afterColor] = line.split(/ESC\[([\d;]+)m([A-Z ]{5})/);
    assert.deepEqual([beforeColor?.length, level?.length, afterColor], [13, 5, 'ESC[0m x\\x1b[0m'], line);
    return color;
  });
  assert.equal(new Set(colors).size, 4);
  assert.equal(linesOf('x', {}, { terminal: true, color: false }).join().includes('\u001b'), false);
});
