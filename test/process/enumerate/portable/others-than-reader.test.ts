import assert from 'node:assert/strict';
import { test } from 'node:test';
import { othersThanReader } from '../../../../src/process/enumerate/portable/others-than-reader.ts';

const AT = { wallMillis: 0, uptimeSeconds: 0 };
const READER = 50;

/** Pids of what is left of processes given as [pid, ppid, start in seconds]. */
function left(...given: readonly (readonly [number, number, number | undefined])[]): readonly number[] {
  const processes = given.map(([pid, ppid, seconds]) => ({
    pid,
    ppid,
    startedMillis: seconds === undefined ? undefined : seconds * 1000,
    name: 'x',
    commandLineCut: false,
  }));
  const reading = { readerPid: READER, cpuCount: 1, startedAt: AT, endedAt: AT, processes };
  return othersThanReader(reading).map(({ pid }) => pid);
}

test('leaves out the reader, what it has started, and what that has started', () => {
  assert.deepEqual(left([61, 60, 200], [1, 0, 0], [60, READER, 200], [49, 1, 90], [READER, 49, 100]), [1, 49]);
});

test('keeps the siblings of the reader', () => {
  assert.deepEqual(left([49, 1, 90], [READER, 49, 100], [51, 49, 101]), [49, 51]);
});

test('takes a start that is off by seconds for what it is', () => {
  assert.deepEqual(left([READER, 1, 100], [60, READER, 98]), []);
});

test('keeps one whose parent had the pid before the reader', () => {
  assert.deepEqual(left([READER, 1, 100], [60, READER, 20], [61, READER, undefined]), [60, 61]);
});
