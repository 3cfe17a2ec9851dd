import assert from 'node:assert/strict';
import { test } from 'node:test';
import { displayOf } from '../../src/cli/display.ts';
import type { Environment } from '../../src/config/read-environment.ts';

const TERMINAL = { isTTY: true, columns: 80 };
const PIPE = {};

const DISPLAYS: readonly (readonly [
  story: string,
  stream: Parameters<typeof displayOf>[0],
  env: Environment,
  width: number | undefined,
  color: boolean,
])[] = [
  ['a terminal', TERMINAL, { TERM: 'xterm' }, 80, true],
  ['a terminal without colours', TERMINAL, { TERM: 'dumb' }, 80, false],
  ['a person without colours', TERMINAL, { NO_COLOR: '1' }, 80, false],
  ['an empty NO_COLOR, which is none', TERMINAL, { NO_COLOR: '' }, 80, true],
  ['a terminal that does not know its width', { isTTY: true, columns: 0 }, {}, undefined, true],
  ['a pipe', PIPE, { TERM: 'xterm' }, undefined, false],
];
for (const [story, stream, env, width, color] of DISPLAYS) {
  test(`keeps to what can be shown: ${story}`, () => {
    const display = displayOf(stream, env);
    assert.deepEqual([display.width, display.color], [width, color]);
  });
}

const LOCALES: readonly (readonly [env: Environment, ellipsis: string])[] = [
  [{}, '…'],
  [{ LANG: 'en_GB.UTF-8' }, '…'],
  [{ LANG: 'C.utf8' }, '…'],
  [{ LANG: 'C' }, '...'],
  [{ LANG: 'de_DE.ISO-8859-1' }, '...'],
  [{ LANG: 'en_GB.UTF-8', LC_CTYPE: 'POSIX' }, '...'],
  [{ LANG: 'C', LC_ALL: 'C.UTF-8' }, '…'],
  [{ LANG: 'C.UTF-8', LC_ALL: '' }, '…'],
];
for (const [env, ellipsis] of LOCALES) {
  test(`keeps the lines of a tree to what a locale has: ${JSON.stringify(env)}`, () => {
    const { glyphs } = displayOf(PIPE, env);
    assert.equal(glyphs.ellipsis, ellipsis);
    const text = Object.values(glyphs).join('');
    assert.equal(/^[ -~]*$/.test(text), ellipsis === '...');
  });
}
