import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ColumnNeed, fitColumns } from '../../src/cli/fit-columns.ts';

const ID: ColumnNeed = { natural: 5, least: 5 };
const USER: ColumnNeed = { natural: 14, least: 8, dropRank: 1 };
const THREADS: ColumnNeed = { natural: 3, least: 3, dropRank: 0 };
const COMMAND: ColumnNeed = { natural: 200, least: 20 };

const LAYOUTS: readonly (readonly [
  story: string,
  width: number,
  needs: readonly ColumnNeed[],
  cells: readonly (number | undefined)[],
])[] = [
  ['room for all', 300, [ID, USER, COMMAND], [5, 14, 200]],
  ['the long one takes what is left', 80, [ID, USER, THREADS, COMMAND], [5, 14, 3, 52]],
  ['what needs little gets it first', 45, [ID, USER, COMMAND], [5, 12, 24]],
  ['two long ones share', 100, [ID, COMMAND, { natural: 150, least: 10 }], [5, 51, 40]],
  ['just the least', 42, [ID, USER, THREADS, COMMAND], [5, 8, 3, 20]],
  ['the first to go goes', 41, [ID, USER, THREADS, COMMAND], [5, 10, undefined, 22]],
  ['the next one too, and its room is shared', 36, [ID, USER, THREADS, COMMAND], [5, undefined, undefined, 29]],
  ['less than the least of what stays', 10, [ID, USER, COMMAND], [5, undefined, 20]],
  ['one column', 12, [COMMAND], [20]],
  ['none', 12, [], []],
];
for (const [story, width, needs, cells] of LAYOUTS) {
  test(`keeps columns within the terminal: ${story}`, () => {
    assert.deepEqual(
      fitColumns(
        needs.map((need) => ({ ...need })),
        { width, gap: 2 },
      ),
      cells,
    );
  });
}
