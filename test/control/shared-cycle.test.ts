import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { SharedCycle } from '../../src/control/shared-cycle.ts';

test('runs one more cycle for all who ask while one runs, and none of them gets the one that ran', async () => {
  const begun: PromiseWithResolvers<number>[] = [];
  const cycles = new SharedCycle(() => {
    const cycle = Promise.withResolvers<number>();
    begun.push(cycle);
    return cycle.promise;
  });
  const first = cycles.request();
  await nextTurn();
  const others = [cycles.request(), cycles.request(), cycles.request()];
  await nextTurn();
  assert.equal(begun.length, 1);
  begun[0]?.resolve(1);
  assert.equal(await first, 1);
  await nextTurn();
  assert.equal(begun.length, 2);
  const late = cycles.request();
  begun[1]?.resolve(2);
  assert.deepEqual(await Promise.all(others), [2, 2, 2]);
  await nextTurn();
  begun[2]?.resolve(3);
  assert.equal(await late, 3);
});

test('goes on after a cycle that failed', async () => {
  let runs = 0;
  const cycles = new SharedCycle(async () => {
    runs += 1;
    if (runs === 1) throw new Error('no');
    return runs;
  });
  await assert.rejects(cycles.request(), /no/);
  assert.equal(await cycles.request(), 2);
});
