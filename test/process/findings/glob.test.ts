import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchesGlob } from '../../../src/process/findings/glob.ts';

for (const [pattern, text, expected] of [
  ['nginx', 'nginx', true],
  ['nginx', 'nginx2', false],
  ['', '', true],
  ['*', '', true],
  ['*', 'anything', true],
  ['php-fpm*', 'php-fpm8.2', true],
  ['php-fpm*', 'php-fp', false],
  ['*.service', 'a.service', true],
  ['*.service', 'a.service.d', false],
  ['a*b*c', 'a1b2c', true],
  ['a*b*c', 'a1c2b', false],
  ['ab*ba', 'aba', false],
  ['a*a', 'a', false],
  ['*x*', 'aXb', false],
  ['[a]?', '[a]?', true],
] as const) {
  test(`takes "${text}" ${expected ? 'for' : 'not for'} "${pattern}"`, () => {
    assert.equal(matchesGlob(pattern, text), expected);
  });
}

test('takes linear time, whatever is matched with whatever', () => {
  const begun = performance.now();
  assert.equal(matchesGlob('*a'.repeat(2_000), `${'a'.repeat(100_000)}b`), false);
  assert.ok(performance.now() - begun < 1_000);
});
