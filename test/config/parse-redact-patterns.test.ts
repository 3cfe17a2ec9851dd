import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfigFile } from '../../src/config/parse-config-file.ts';
import { describeProblem } from '../../src/config/problem.ts';

const AT = 'file /etc/p.yaml line';

const MISTAKES: readonly (readonly [story: string, lines: readonly string[], problems: readonly string[]])[] = [
  [
    'a pattern that is none, and another one',
    ['interval: 10', 'redact-patterns:', '  - ACME-[0-9]+', '  - "ab(c"', "  - 'x(?=y)'"],
    [
      `${AT} 4, redact-patterns[2] is no regular expression: missing closing ) at character 3`,
      `${AT} 5, redact-patterns[3] is no regular expression: invalid or unsupported Perl syntax in "(?=" at character 2`,
    ],
  ],
  [
    'a pattern that matches nothing at all everywhere',
    ['redact-patterns: [a*]'],
    [`${AT} 1, redact-patterns[1] matches an empty text, so it would match everywhere`],
  ],
  ['one pattern without a list', ['redact-patterns: a'], [`${AT} 1, redact-patterns is a plain value, not a list`]],
  ['a mapping', ['redact-patterns: { a: b }'], [`${AT} 1, redact-patterns is a mapping, not a list`]],
  ['a list in it', ['redact-patterns: [[a]]'], [`${AT} 1, redact-patterns[1] is a list, not text`]],
  [
    'too many',
    [`redact-patterns: [${'a, '.repeat(101)}]`],
    [`${AT} 1, redact-patterns has 101 entries, at most 100 are allowed`],
  ],
];
for (const [story, lines, expected] of MISTAKES) {
  test(`a mistake in the patterns is told with its place, and quotes nothing that may be a secret: ${story}`, () => {
    const { problems } = parseConfigFile(lines.join('\n'), '/etc/p.yaml');
    assert.deepEqual(problems.map(describeProblem), expected);
  });
}

test('patterns are taken as they are written', () => {
  const text = ['redact_patterns:', '  - "a\\\\d"', "  - 'c d'"].join('\n');
  assert.deepEqual(parseConfigFile(text, '/etc/p.yaml').redactPatterns, ['a\\d', 'c d']);
  assert.deepEqual(parseConfigFile('redact-patterns: []', '/etc/p.yaml').redactPatterns, []);
});
