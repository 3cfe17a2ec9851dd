import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ProcmondError } from '../../src/base/errors.ts';
import { type ProcessSourceConfig, processSourceConfig } from '../../src/process/process-source-config.ts';

suite('the configuration of the process source', () => {
  test('has a default for everything', () => {
    assert.deepEqual(processSourceConfig({}), {
      collectionIntervalMillis: 30_000,
      collectEnhancedMetadata: true,
      maxProcessesPerCycle: 0,
      computeExecutableHashes: false,
      hashBudgetMillis: 1_000,
      emit: 'all',
      inventoryIntervalMillis: 3_600_000,
      kernelThreads: 'include',
      refreshCycles: 10,
      countFileDescriptors: false,
    });
  });

  for (const given of [
    { collectionIntervalMillis: 5_000 },
    { collectionIntervalMillis: 3_600_000 },
    { maxProcessesPerCycle: 0 },
    { inventoryIntervalMillis: 60_000 },
    { inventoryIntervalMillis: 604_800_000 },
    { emit: 'changes' },
    { kernelThreads: 'exclude' },
    { refreshCycles: 0 },
    { hashBudgetMillis: 0 },
    { hashBudgetMillis: 300_000 },
    { refreshCycles: 1_000 },
  ] satisfies readonly Partial<ProcessSourceConfig>[]) {
    test(`takes ${JSON.stringify(given)}`, () => {
      assert.deepEqual({ ...processSourceConfig({}), ...given }, processSourceConfig(given));
    });
  }

  for (const [given, names] of [
    [{ collectionIntervalMillis: 4_999 }, /collectionIntervalMillis is 4999, .* from 5000 to 3600000/],
    [{ collectionIntervalMillis: 3_600_001 }, /collectionIntervalMillis/],
    [{ collectionIntervalMillis: Number.NaN }, /collectionIntervalMillis is NaN/],
    [{ maxProcessesPerCycle: -1 }, /maxProcessesPerCycle is -1/],
    [{ maxProcessesPerCycle: 1.5 }, /maxProcessesPerCycle is 1.5/],
    [{ inventoryIntervalMillis: 1 }, /inventoryIntervalMillis is 1/],
    [{ hashBudgetMillis: 300_001 }, /hashBudgetMillis is 300001/],
    [{ emit: 'everything' }, /emit is "everything", it must be all or changes/],
    [{ refreshCycles: 1_001 }, /refreshCycles is 1001, it must be a whole number from 0 to 1000/],
    [{ kernelThreads: '' }, /kernelThreads is "", it must be include or inventory or exclude/],
    [{ emit: 'x', maxProcessesPerCycle: -1 }, /maxProcessesPerCycle is -1.*; emit is "x"/],
  ] as const) {
    test(`refuses ${JSON.stringify(given)} and names what is wrong`, () => {
      assert.throws(
        () => processSourceConfig(given as Partial<ProcessSourceConfig>),
        (error) => error instanceof ProcmondError && error.code === 'CONFIG_INVALID' && names.test(error.message),
      );
    });
  }
});
