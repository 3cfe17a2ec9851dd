import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RunningFacts } from '../../src/control/running-facts.ts';
import { CYCLE } from '../fake/committed-cycle.ts';
import { ManualClock } from '../fake/manual-clock.ts';

function begin() {
  const clock = new ManualClock();
  const used = { cpuSeconds: 1, residentBytes: 50, activeResources: 7 };
  return { clock, used, facts: new RunningFacts({ clock, ownUsage: () => ({ ...used }) }) };
}

test('tells CPU use since the start at first, then between the last two cycles', () => {
  const { clock, used, facts } = begin();
  assert.deepEqual(facts.cost, { cpuSeconds: 1, cpuPercent: 0, residentBytes: 50, activeResources: 7 });
  clock.advance(10_000);
  used.cpuSeconds = 2;
  facts.cycleEnded(CYCLE);
  clock.advance(10_000);
  assert.equal(facts.cost.cpuPercent, 5);
  used.cpuSeconds = 2.3;
  facts.cycleEnded(CYCLE);
  assert.equal(facts.cost.cpuPercent, 3);
  clock.advance(5_000);
  used.cpuSeconds = 99;
  assert.deepEqual(facts.cost, { cpuSeconds: 99, cpuPercent: 3, residentBytes: 50, activeResources: 7 });
});

test('tells the last cycle, and the last committed one where that failed', () => {
  const { clock, facts } = begin();
  assert.equal(facts.lastCycle, undefined);
  facts.cycleEnded(CYCLE);
  clock.advance(4_000);
  assert.partialDeepStrictEqual(facts.lastCycle, { endedSecondsAgo: 4, committed: { processes: 77 } });
  facts.cycleEnded({ outcome: 'failed', durationMillis: 1, message: 'the disk is full' });
  assert.partialDeepStrictEqual(facts.lastCycle, {
    endedSecondsAgo: 0,
    failure: 'the disk is full',
    committed: { processes: 77 },
  });
  facts.cycleEnded(CYCLE);
  assert.equal('failure' in (facts.lastCycle ?? {}), false);
});

test('counts what became of the events of each topic', () => {
  const { facts } = begin();
  facts.committed({ emitted: new Map([['a', 3]]), discarded: new Map([['b', 1]]), expired: new Map() });
  facts.exported({ durationMillis: 1, acknowledged: new Map([['a', 2]]), rejected: new Map([['a', 1]]) });
  facts.committed({ emitted: new Map([['a', 1]]), discarded: new Map(), expired: new Map([['b', 4]]) });
  assert.deepEqual(facts.events, {
    a: { emitted: 4, acknowledged: 2, rejected: 1, discarded: 0, expired: 0 },
    b: { emitted: 0, acknowledged: 0, rejected: 0, discarded: 1, expired: 4 },
  });
});

test('tells how long it has been up, whatever the wall clock does', () => {
  const { clock, facts } = begin();
  const startedAt = clock.wallMillis();
  clock.advance(5_000);
  clock.stepWall(-1e9);
  assert.deepEqual([facts.upMillis, facts.startedAtMillis], [5_000, startedAt]);
});
