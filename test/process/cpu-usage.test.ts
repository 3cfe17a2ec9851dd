import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CpuUsage } from '../../src/process/cpu-usage.ts';

test('finds each process by its pid, and no other', () => {
  const usage = CpuUsage.of([
    { pid: 1, cpuUtilization: 0 },
    { pid: 5, cpuUtilization: 0.3 },
    { pid: 9, cpuUtilization: undefined },
    { pid: 4_194_303, cpuUtilization: 12.34567 },
  ]);
  const pids = [0, 1, 2, 5, 9, 4_194_303, 4_194_304];
  assert.deepEqual(
    pids.map((pid) => usage.of(pid)),
    [undefined, 0, undefined, 0.3, undefined, 12.3457, undefined],
  );
  assert.equal(CpuUsage.NONE.of(1), undefined);
});
