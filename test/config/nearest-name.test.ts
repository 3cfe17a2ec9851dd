import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearestName } from '../../src/config/nearest-name.ts';

const KNOWN = ['ps', 'run', 'interval', 'inventory-interval', 'max-processes'];
const CASES: readonly (readonly [name: string, nearest: string | undefined])[] = [
  ['intervl', 'interval'],
  ['max-process', 'max-processes'],
  ['maxProcesses', 'max-processes'],
  ['pss', 'ps'],
  ['rnu', undefined],
  ['rum', 'run'],
  ['frobnicate', undefined],
  ['', undefined],
  ['interval'.repeat(1000), undefined],
];
for (const [name, nearest] of CASES) {
  test(`keeps ${nearest ?? 'no suggestion'} for "${name.slice(0, 20)}"`, () => {
    assert.equal(nearestName(name, KNOWN), nearest);
  });
}

test('keeps quiet where nothing is known', () => assert.equal(nearestName('x', []), undefined));
