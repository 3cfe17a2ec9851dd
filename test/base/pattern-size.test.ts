import assert from 'node:assert/strict';
import { test } from 'node:test';
import { patternSize } from '../../src/base/pattern-size.ts';

const SIZES: readonly (readonly [source: string, size: number])[] = [
  ['', 0],
  ['abc', 3],
  ['ab{3}', 4],
  ['(ab){3}', 6],
  ['(a(bc){10}){10}', 210],
  ['a{2,}', 3],
  ['a{2,5}', 5],
  ['a{0}', 1],
  ['[a-z0-9]{40}', 40],
  ['[]{9}]{3}', 3],
  ['[^][:alpha:]{9}]{3}', 3],
  ['[\\]{9}]{3}', 3],
  ['\\d{3}', 3],
  ['\\pL{4}', 5],
  ['\\p{Greek}{4}', 4],
  ['\\({3}', 3],
  ['a{,3}', 5],
  ['a{x}', 4],
  ['\\Q[\\Ea{30}]', 36],
  ['((((((a{10}){10}){10}){10}){10}){10}){10}', 1e7],
];
for (const [source, size] of SIZES) {
  test(`counts the parts of "${source}" with its repetitions written out`, () => {
    assert.equal(patternSize(source), size);
  });
}

test('counts what is no regular expression too', () => {
  for (const source of ['(', ')', '((a{3}', 'a)){3}', '[', '[a{3}', '{3}', '\\', '\\Q', '(?', '\ud800{3}']) {
    assert.ok(patternSize(source) <= 20, source);
  }
});
