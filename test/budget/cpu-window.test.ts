import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CpuWindow } from '../../src/budget/cpu-window.ts';

test('keeps the average to the last minute', () => {
  const window = new CpuWindow();
  window.percent({ atMillis: 0, cpuSeconds: 10 });
  let cpuSeconds = 10;
  for (let seconds = 5; seconds <= 60; seconds += 5) {
    cpuSeconds += 0.5;
    window.percent({ atMillis: seconds * 1000, cpuSeconds });
  }
  assert.equal(window.percent({ atMillis: 60_000, cpuSeconds }), 10);
  for (let seconds = 65; seconds <= 120; seconds += 5) window.percent({ atMillis: seconds * 1000, cpuSeconds });
  assert.equal(window.percent({ atMillis: 120_000, cpuSeconds }), 0);
});

test('sets what was used before there is a minute against a whole one', () => {
  const window = new CpuWindow();
  assert.equal(window.percent({ atMillis: 500, cpuSeconds: 3 }), 0);
  assert.equal(window.percent({ atMillis: 5_500, cpuSeconds: 6 }), 5);
});

test('keeps to what was used where looks are further apart than a minute', () => {
  const window = new CpuWindow();
  window.percent({ atMillis: 0, cpuSeconds: 0 });
  assert.equal(window.percent({ atMillis: 600_000, cpuSeconds: 60 }), 10);
  assert.equal(window.percent({ atMillis: 1_200_000, cpuSeconds: 60 }), 0);
});
