import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MAX_PATTERN_CHARACTERS, parseLinearPattern } from '../../src/base/linear-pattern.ts';

const FINDS: readonly (readonly [pattern: string, text: string, found: readonly string[]])[] = [
  ['ACME-[0-9]+', 'a ACME-1 ACME-22 b', ['ACME-1', 'ACME-22']],
  ['id=(\\d+)', 'id=12 id=x id=345', ['12', '345']],
  ['(a)|b', 'ab', ['a', 'b']],
  ['x(y*)z', 'xz xyz', ['y']],
  ['(?i)acme', 'ACME', ['ACME']],
  ['é🔑', 'aé🔑é🔑', ['é🔑', 'é🔑']],
  ['a', 'b', []],
];
describe('finds, in order', () => {
  for (const [source, text, found] of FINDS) {
    test(`what ${source} matches in ${JSON.stringify(text)}`, () => {
      const parsed = parseLinearPattern(source);
      assert.ok(parsed.ok);
      assert.equal(parsed.pattern.source, source);
      assert.deepEqual(
        [...parsed.pattern.matches(text)].map(({ start, end }) => text.slice(start, end)),
        found,
      );
    });
  }
});

const REFUSES: readonly (readonly [pattern: string, reason: string])[] = [
  ['ab(c', 'is no regular expression: missing closing ) at character 3'],
  ['(a)(b', 'is no regular expression: missing closing ) at character 4'],
  ['ab)c', 'is no regular expression: unexpected ) at character 3'],
  ['a[[:word:', 'is no regular expression: missing closing ] in "[[:word:" at character 2'],
  ['x{2000}', 'is no regular expression: invalid repeat count in "{2000}" at character 2'],
  ['a{100}b(c{40}){40}', 'is no regular expression: invalid repeat count in "{40}" at character 15'],
  ['(a{1000})'.repeat(111), 'repeats too much: written out it has more than 2000 parts'],
  ['('.repeat(999), 'is no regular expression: missing closing ) before character 970'],
  ['abc(?=a)', 'is no regular expression: invalid or unsupported Perl syntax in "(?=" at character 4'],
  ['(a)\\1', 'is no regular expression: invalid escape sequence in "\\\\1" at character 4'],
  ['a\\', 'is no regular expression: trailing backslash at end of expression at character 2'],
  ['a*', 'matches an empty text, so it would match everywhere'],
  ['', 'matches an empty text, so it would match everywhere'],
  ['a'.repeat(MAX_PATTERN_CHARACTERS + 1), `is longer than ${MAX_PATTERN_CHARACTERS} characters`],
];
describe('says what is wrong with', () => {
  for (const [source, reason] of REFUSES) {
    test(JSON.stringify(source.slice(0, 40)), () => {
      assert.deepEqual(parseLinearPattern(source), { ok: false, reason });
    });
  }
});

/** Each of these takes an engine that goes back over the text hours, and this one less than the limit. */
describe('reads a long text once', { timeout: 60_000 }, () => {
  const hostile = ['(x+x+)+y', '(a|aa)+$b', '(.*)(.*)(.*)(.*)z', '(?:a?){30}a{30}b', '(x*)*y|z'];
  for (const source of hostile) {
    test(source, () => {
      const parsed = parseLinearPattern(source);
      assert.ok(parsed.ok);
      for (const letter of ['a', 'x']) assert.deepEqual([...parsed.pattern.matches(letter.repeat(8192))], []);
    });
  }
});
