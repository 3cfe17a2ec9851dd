import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cycleSummary } from '../../src/control/cycle-summary.ts';
import { HostHistory } from './host-history.ts';
import { BOOT } from './process-table.ts';

const PROCESSES = [{ pid: 1 }];

/** A host with a clock that is so many seconds from where it was at first. */
function at(seconds: number, afterMillis = 30_000) {
  return { processes: PROCESSES, afterMillis, boot: { ...BOOT, timeMillis: BOOT.timeMillis + seconds * 1_000 } };
}

test('a clock that is set is one warning, its end one line more, and in the summary of the cycle while it lasts', async (t) => {
  const history = await HostHistory.begin(t);
  const offsets: (number | undefined)[] = [];
  for (const seconds of [0, 90, 90, 91, 0, 0]) {
    const { report } = await history.cycle(at(seconds));
    offsets.push(report && cycleSummary(report).clockOffsetSeconds);
  }
  assert.deepEqual(offsets, [undefined, 90, 90, 91, undefined, undefined]);
  assert.deepEqual(linesOf(history), [
    'warn the wall clock is 90 s away from where it was when this boot was first seen: creation times stay on the old clock',
    'info the wall clock is back where it was when this boot was first seen',
  ]);
});

test('a clock that is set back and forth is one line a minute at most, and the last one is true', async (t) => {
  const history = await HostHistory.begin(t);
  await history.cycle(at(0));
  for (let minute = 0; minute < 3; minute++) {
    for (const seconds of [-5, 0, -5, 0, -5, 0, -5, 0, -5, 0, -5, 0]) await history.cycle(at(seconds, 5_000));
  }
  const levels = linesOf(history).map((line) => line.split(' ')[0]);
  assert.deepEqual(levels, ['warn', 'info', 'warn']);
  await history.cycle(at(0, 60_000));
  assert.match(linesOf(history).at(-1) ?? '', /^info .* is back where it was/);
});

test('a clock that was set before a cycle that could not be committed is told by the next one', async (t) => {
  const history = await HostHistory.begin(t);
  await history.cycle(at(0));
  await history.cycle({ ...at(90), diskFull: true });
  assert.deepEqual(linesOf(history), []);
  await history.cycle(at(90));
  assert.equal(linesOf(history).length, 1);
});

function linesOf({ logger }: HostHistory): readonly string[] {
  return logger.lines
    .filter(({ message }) => message.startsWith('the wall clock'))
    .map((line) => `${line.level} ${line.message}`);
}
