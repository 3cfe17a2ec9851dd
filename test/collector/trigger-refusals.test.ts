import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { TriggerRefusals } from '../../src/collector/trigger-refusals.ts';

const MINUTE = 60_000;
const at = (nowMillis: number) => ({ nowMillis, timestampMillis: 7 });

suite('refused requests', () => {
  test('are told at once, then summed up for a minute', () => {
    const refusals = new TriggerRefusals();
    assert.deepEqual(told(refusals, ['a', 'a'], 0), { a: 2 });
    refusals.adopt(['a', 'a'], { atMillis: 0 });
    assert.equal(refusals.event(['a'], at(MINUTE - 1)), undefined);
    refusals.adopt(['a'], undefined);
    assert.deepEqual(told(refusals, ['a', 'b'], MINUTE), { a: 2, b: 1 });
    refusals.adopt(['a', 'b'], { atMillis: MINUTE });
    assert.equal(refusals.event([], at(9 * MINUTE)), undefined);
  });

  test('are told again when the commit that told them failed', () => {
    const refusals = new TriggerRefusals();
    assert.deepEqual(told(refusals, ['a'], 0), { a: 1 });
    assert.deepEqual(told(refusals, ['a'], 1), { a: 1 });
  });

  test('of ever more targets are told together from the thirty-third on', () => {
    const targets = Array.from({ length: 40 }, (_, index) => `target-${index}`);
    const counts = told(new TriggerRefusals(), [...targets, 'target-0'], 0);
    assert.deepEqual([Object.keys(counts).length, counts['target-0'], counts['(other)']], [33, 2, 8]);
  });
});

function told(refusals: TriggerRefusals, targets: readonly string[], nowMillis: number): Record<string, number> {
  return refusals.event(targets, at(nowMillis))?.attributes['procmond.trigger.refused'] as Record<string, number>;
}
