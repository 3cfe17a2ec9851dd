import assert from 'node:assert/strict';
import { beforeEach, suite, test } from 'node:test';
import type { Clock } from '../../src/base/clock.ts';
import { Health } from '../../src/metrics/health.ts';
import { CYCLE } from '../fake/committed-cycle.ts';

const FAILED = { outcome: 'failed', durationMillis: 1, message: 'the disk is full: free some space' } as const;

suite('health', () => {
  let seconds: number;
  let intervalSeconds: number;
  let health: Health;

  const clock: Clock = {
    wallMillis: () => assert.fail('health must not depend on the wall clock'),
    monotonicMillis: () => seconds * 1000,
    delay: () => assert.fail('health must not wait'),
  };

  beforeEach(() => {
    seconds = 1_000_000;
    intervalSeconds = 30;
    health = new Health({ clock, intervalMillis: () => intervalSeconds * 1000 });
  });

  const statuses = () => [health.liveness().status, health.readiness().status];

  test('lives but is not ready before the first cycle has ended', () => {
    assert.deepEqual(statuses(), ['ok', 'failing']);
    assert.equal(health.liveness().message, 'started 0 s ago, the first cycle has not ended yet');
    assert.equal(health.readiness().message, 'no cycle was committed since the start 0 s ago');
  });

  test('counts the limit of the first cycle from the start', () => {
    seconds += 90;
    assert.equal(health.liveness().status, 'ok');
    seconds += 1;
    assert.equal(health.liveness().status, 'failing');
    assert.equal(
      health.liveness().message,
      'no cycle has ended since the start 91 s ago, the limit is 90 s: the loop hangs',
    );
  });

  test('is ready from the first commit until it is three intervals old', () => {
    seconds += 2;
    health.cycleEnded(CYCLE);
    assert.deepEqual(statuses(), ['ok', 'ok']);
    seconds += 90;
    assert.deepEqual(statuses(), ['ok', 'ok']);
    seconds += 0.001;
    assert.deepEqual(statuses(), ['failing', 'failing']);
    assert.equal(health.readiness().message, 'the last commit is 90.001 s old, the limit is 90 s');
    health.cycleEnded(CYCLE);
    assert.deepEqual(statuses(), ['ok', 'ok']);
  });

  test('lives on cycles that fail and say why, as on a full disk, but is not ready', () => {
    health.cycleEnded(CYCLE);
    for (let cycle = 0; cycle < 4; cycle++) {
      seconds += 30;
      health.cycleEnded(FAILED);
    }
    assert.deepEqual(statuses(), ['ok', 'failing']);
    assert.equal(
      health.readiness().message,
      'the last commit is 120 s old, the limit is 90 s; the last cycle failed: the disk is full: free some space',
    );
    assert.equal(health.liveness().lastFailure, FAILED.message);
  });

  test('forgets a failure with the next commit', () => {
    health.cycleEnded(FAILED);
    health.cycleEnded(CYCLE);
    assert.equal('lastFailure' in health.liveness(), false);
    assert.deepEqual(statuses(), ['ok', 'ok']);
  });

  test('never fails within a minute, however short the interval', () => {
    intervalSeconds = 5;
    health.cycleEnded(CYCLE);
    seconds += 60;
    assert.deepEqual(statuses(), ['ok', 'ok']);
    seconds += 1;
    assert.deepEqual(statuses(), ['failing', 'failing']);
  });

  test('gives a cycle the time besides that it may wait for hashes', () => {
    intervalSeconds = 5;
    health = new Health({ clock, intervalMillis: () => intervalSeconds * 1000, hashBudgetMillis: 300_000 });
    seconds += 360;
    assert.equal(health.liveness().status, 'ok');
    health.cycleEnded(CYCLE);
    seconds += 360;
    assert.deepEqual(statuses(), ['ok', 'ok']);
    seconds += 1;
    assert.deepEqual(statuses(), ['failing', 'failing']);
  });

  test('keeps a cycle that was scheduled under a long interval its time when the interval gets short', () => {
    intervalSeconds = 3_600;
    health.cycleEnded(CYCLE);
    intervalSeconds = 5;
    seconds += 3_000;
    assert.deepEqual(statuses(), ['ok', 'ok']);
    health.cycleEnded(CYCLE);
    seconds += 61;
    assert.deepEqual(statuses(), ['failing', 'failing']);
  });

  test('gives the next cycle its time at once when the interval gets long', () => {
    health.cycleEnded(CYCLE);
    intervalSeconds = 3_600;
    seconds += 3_600;
    assert.deepEqual(statuses(), ['ok', 'ok']);
  });

  test('says in numbers what it judged by', () => {
    health.cycleEnded(CYCLE);
    seconds += 30;
    health.cycleEnded(FAILED);
    seconds += 1.5;
    assert.deepEqual(health.liveness(), {
      status: 'ok',
      message: 'the last cycle ended 1.5 s ago; the last cycle failed: the disk is full: free some space',
      limitSeconds: 90,
      lastCycleEndedSecondsAgo: 1.5,
      lastCommitSecondsAgo: 31.5,
      lastFailure: 'the disk is full: free some space',
    });
  });

  test('tells a failure that holds control characters without them', () => {
    health.cycleEnded({ ...FAILED, message: 'cannot read /tmp/\u001b[2J\u202e' });
    assert.equal(health.liveness().lastFailure, 'cannot read /tmp/\\x1b[2J\\u{202e}');
  });
});
