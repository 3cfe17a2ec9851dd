import assert from 'node:assert/strict';
import { test } from 'node:test';
import { replaceSpans, type Span } from '../../../src/process/redact/span.ts';

const table: readonly (readonly [
  story: string,
  text: string,
  spans: readonly Span[],
  value: string,
  redactions: number,
])[] = [
  ['nothing', 'abc', [], 'abc', 0],
  ['an empty span', 'abc', [{ start: 1, end: 1 }], 'abc', 0],
  ['a span', 'abc', [{ start: 1, end: 2 }], 'a[redacted]c', 1],
  [
    'spans in any order',
    'abcde',
    [
      { start: 3, end: 4 },
      { start: 1, end: 2 },
    ],
    'a[redacted]c[redacted]e',
    2,
  ],
  [
    'spans that overlap',
    'abcde',
    [
      { start: 1, end: 3 },
      { start: 2, end: 4 },
    ],
    'a[redacted]e',
    1,
  ],
  [
    'spans that touch',
    'abcde',
    [
      { start: 1, end: 2 },
      { start: 2, end: 4 },
    ],
    'a[redacted]e',
    1,
  ],
  [
    'a span within another',
    'abcde',
    [
      { start: 1, end: 4 },
      { start: 2, end: 3 },
    ],
    'a[redacted]e',
    1,
  ],
  ['an older mark', 'a[redacted]e', [{ start: 1, end: 11 }], 'a[redacted]e', 0],
  ['a part of an older mark', 'a[redacted]e', [{ start: 2, end: 6 }], 'a[redacted]e', 0],
  ['an older mark and more', 'a[redacted]ef', [{ start: 5, end: 12 }], 'a[redacted]f', 1],
];

for (const [story, text, spans, value, redactions] of table) {
  test(`replaces ${story}`, () =>
    assert.deepEqual(
      replaceSpans(text, spans, () => '[redacted]'),
      { value, redactions },
    ));
}
