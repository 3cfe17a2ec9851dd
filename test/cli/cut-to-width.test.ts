import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cellsOf, cutToWidth } from '../../src/cli/cut-to-width.ts';

const WIDTHS: readonly (readonly [story: string, text: string, cells: number])[] = [
  ['nothing', '', 0],
  ['ASCII', 'nginx: master', 13],
  ['wide characters', '東京', 4],
  ['Hangul, composed and not', '\ud55c\u1112\u1161\u11ab', 4],
  ['full-width forms', 'ＡＢ', 4],
  ['combining marks', 'e\u0301a\u0308\u0323', 2],
  ['an emoji', '🔥', 2],
  ['a family of emoji joined to one', '👩‍👩‍👧', 2],
  ['a flag', '🇨🇭', 2],
  ['lines of a tree', '│  └─ ', 6],
  ['an ellipsis', '…', 1],
];
for (const [story, text, cells] of WIDTHS) {
  test(`keeps count of the cells that a terminal gives to ${story}`, () => assert.equal(cellsOf(text), cells));
}

const CUTS: readonly (readonly [story: string, text: string, cells: number, cut: string])[] = [
  ['what fits', 'sleep', 5, 'sleep'],
  ['what does not', 'sleep 600', 6, 'sleep…'],
  ['one cell', 'sleep', 1, '…'],
  ['no cell', 'sleep', 0, ''],
  ['wide characters that fit', '東京', 4, '東京'],
  ['wide characters, never half of one', '東京都', 4, '東…'],
  ['wide characters, to the last cell', '東京都', 5, '東京…'],
  ['one wide character in one cell', '東', 1, '…'],
  ['marks that stay with their letter', 'e\u0301e\u0301e\u0301', 2, 'e\u0301…'],
  ['more letters than cells, all fitting', 'e\u0301e\u0301', 2, 'e\u0301e\u0301'],
  ['emoji in one piece', '👩‍👩‍👧👩‍👩‍👧', 3, '👩‍👩‍👧…'],
  ['a mark on the first character that goes', 'abc\u0301', 2, 'a…'],
  ['ASCII before wide characters', 'ab東京', 4, 'ab…'],
];
for (const [story, text, cells, expected] of CUTS) {
  test(`keeps a text within its cells: ${story}`, () => {
    const cut = cutToWidth(text, cells, '…');
    assert.equal(cut, expected);
    assert.ok(cellsOf(cut) <= cells);
  });
}

test('keeps the ellipsis of a terminal without Unicode within the cells, and what fits as it is', () => {
  assert.equal(cutToWidth('S', 1, '...'), 'S');
  assert.equal(cutToWidth('東', 2, '...'), '東');
  assert.deepEqual(
    [2, 3, 4, 5].map((cells) => cutToWidth('sleep 600', cells, '...')),
    ['', '...', 's...', 'sl...'],
  );
});
