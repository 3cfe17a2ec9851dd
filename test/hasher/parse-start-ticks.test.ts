import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseStartTicks } from '../../src/hasher/parse-start-ticks.ts';
import { createStatFields, parseStat, STAT } from '../../src/process/enumerate/linux/parse-stat.ts';

const FIELDS = 'S 1 2 3 0 -1 4194560 5 6 7 8 9 10 11 12 20 0 1 0 123456 1000 50';

for (const [what, stat, ticks] of [
  ['an ordinary process', `42 (sleep) ${FIELDS} 0`, 123_456],
  ['a name with spaces, parentheses and numbers', `42 (a) 1 (b) 7) ${FIELDS} 0`, 123_456],
  ['a name with a newline', `42 (a\n)b) ${FIELDS} 0`, 123_456],
  ['a line that was cut off', '42 (sleep) S 1 2 3', undefined],
  ['a line with no number there', `42 (sleep) ${FIELDS.replace('123456', 'x')}`, undefined],
  ['nothing', '', undefined],
] as const) {
  test(`the start of a process is read from ${what}`, () => assert.equal(parseStartTicks(stat), ticks));
}

test('the start of this process is what the enumerator reads', () => {
  const line = readFileSync('/proc/self/stat');
  const stat = createStatFields();
  assert.equal(parseStat(line, line.length, stat), true);
  assert.equal(parseStartTicks(line.toString('latin1')), stat.values[STAT.START_TICKS]);
});
