import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { SnapshotState } from '../../src/event/snapshot-state.ts';
import { comparability } from '../../src/process/baseline.ts';
import { BOOT, OTHER_BOOT, SCOPE } from './process-table.ts';

const BEFORE: SnapshotState = {
  cycleId: 'c',
  bootId: BOOT.id,
  bootKnown: true,
  bootAnchorMillis: 0,
  ticksPerSecond: 100,
  scope: SCOPE,
  sampleStartedAtMillis: 0,
  sampledAtMillis: 0,
  inventoryAtMillis: 0,
};

suite('what the last snapshot is good for', () => {
  for (const [story, before, boot, scope, expected] of [
    ['no snapshot', undefined, BOOT, SCOPE, 'baseline first_run'],
    ['the same boot and scope', BEFORE, BOOT, SCOPE, 'same_boot'],
    ['another boot', BEFORE, OTHER_BOOT, SCOPE, 'reboot'],
    [
      'another scope in the same boot',
      BEFORE,
      BOOT,
      { ...SCOPE, pidNamespace: 1 },
      'baseline scope_changed pidNamespace',
    ],
    ['another host and boot', BEFORE, OTHER_BOOT, { ...SCOPE, hostId: 'b' }, 'baseline scope_changed hostId'],
    [
      'several parts of the scope',
      BEFORE,
      BOOT,
      { ...SCOPE, hostId: 'b', sight: 'x' },
      'baseline scope_changed hostId,sight',
    ],
    ['a boot unknown now', BEFORE, { ...OTHER_BOOT, known: false }, SCOPE, 'baseline boot_unknown'],
    ['a boot unknown then', { ...BEFORE, bootKnown: false }, OTHER_BOOT, SCOPE, 'baseline boot_unknown'],
    ['the same substitute for a boot', { ...BEFORE, bootKnown: false }, { ...BOOT, known: false }, SCOPE, 'same_boot'],
  ] as const) {
    test(`is ${expected.split(' ')[0]} with ${story}`, () => {
      const result = comparability(before, boot, scope);
      const words =
        result.kind === 'baseline' ? [result.kind, result.reason, result.differences.join()] : [result.kind];
      assert.equal(words.filter(Boolean).join(' '), expected);
    });
  }
});
