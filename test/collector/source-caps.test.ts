import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SourceCaps, sourceCapsNames } from '../../src/collector/source-caps.ts';

const cases: readonly [SourceCaps, readonly string[]][] = [
  [0, []],
  [SourceCaps.PROCESS, ['process']],
  [SourceCaps.PROCESS | SourceCaps.SYSTEM_WIDE, ['process', 'system-wide']],
  [SourceCaps.SYSTEM_WIDE | SourceCaps.KERNEL_LEVEL | SourceCaps.REALTIME, ['realtime', 'kernel-level', 'system-wide']],
  [127, ['process', 'network', 'filesystem', 'performance', 'realtime', 'kernel-level', 'system-wide']],
  [128 | SourceCaps.NETWORK, ['network']],
];
for (const [capabilities, names] of cases) {
  test(`calls ${capabilities} ${names.join(', ') || 'nothing'}`, () =>
    assert.deepEqual(sourceCapsNames(capabilities), names));
}

test('keeps its bits: they are what others stored', () => {
  assert.deepEqual(SourceCaps, {
    PROCESS: 1,
    NETWORK: 2,
    FILESYSTEM: 4,
    PERFORMANCE: 8,
    REALTIME: 16,
    KERNEL_LEVEL: 32,
    SYSTEM_WIDE: 64,
  });
});
