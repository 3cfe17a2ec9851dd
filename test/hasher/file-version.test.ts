import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { fileVersion, unsettledMillis } from '../../src/hasher/file-version.ts';

const STATS = { dev: 1n, ino: 2n, size: 3n, mtimeNs: 4n, ctimeNs: 5n };

test('the version of a file is another one when any part of it is', () => {
  const versions = [STATS, ...Object.keys(STATS).map((key) => ({ ...STATS, [key]: 9n }))].map(fileVersion);
  assert.equal(new Set(versions).size, 6);
  assert.equal(fileVersion({ ...STATS }), versions[0]);
});

suite('a file is settled', () => {
  const NOW_MILLIS = 1_800_000_000_500;
  for (const [story, changedMillisAgo, waitMillis] of [
    ['at once when it changed long ago', 3_600_000, 0],
    ['a tick of the clock after its last change', 20, 0],
    ['not before that', 5, 15],
    ['nor at the moment of the change', 0, 20],
    ['nor a moment before it, as a clock that counts whole milliseconds has it', -1, 21],
    ['at once when its time lies in the future, which no further change will have', -50, 0],
    ['two seconds after a change that is stamped with a whole second', 500, 1_500],
    ['and not later', 2_500, 0],
  ] as const) {
    test(story, () => {
      const ctimeNs = BigInt(NOW_MILLIS - changedMillisAgo) * 1_000_000n;
      assert.equal(unsettledMillis({ ctimeNs }, NOW_MILLIS), waitMillis);
    });
  }
});
