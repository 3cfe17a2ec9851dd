import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { collectGarbage } from '../../src/budget/collect-garbage.ts';

test('memory that nobody needs is given back', async () => {
  const large = new WeakRef(Array.from({ length: 4_000_000 }, () => 0.5));
  const full = process.memoryUsage().heapUsed;
  // A WeakRef holds what it is of until the turn of the event loop ends.
  await nextTurn();
  collectGarbage();
  assert.equal(large.deref(), undefined);
  assert.ok(process.memoryUsage().heapUsed < full - 20e6);
});
