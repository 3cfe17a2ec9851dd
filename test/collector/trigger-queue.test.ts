import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { TriggerQueue } from '../../src/collector/trigger-queue.ts';
import type { TriggerPriority } from '../../src/event/trigger-request.ts';

const item = (name: string, priority: TriggerPriority = 'normal', target = 'hasher') => ({
  name,
  request: { target, priority },
});

function filled(count: number, priority: TriggerPriority = 'normal') {
  const queue = new TriggerQueue<ReturnType<typeof item>>();
  for (let index = 0; index < count; index++) queue.push(item(String(index), priority));
  return queue;
}

suite('the queue of requests', () => {
  test('gives the highest priority first, and what came first within one', () => {
    const queue = filled(0);
    for (const [name, priority] of [
      ['a', 'low'],
      ['b', 'normal'],
      ['c', 'critical'],
      ['d', 'high'],
      ['e', 'normal'],
      ['f', 'critical'],
    ] as const) {
      queue.push(item(name, priority));
    }
    assert.deepEqual(
      Array.from({ length: 7 }, () => queue.take('hasher')?.name),
      ['c', 'f', 'd', 'b', 'e', 'a', undefined],
    );
    assert.equal(queue.length, 0);
  });

  test('gives each target its own', () => {
    const queue = filled(0);
    queue.push(item('other', 'critical', 'other'));
    queue.push(item('own'));
    assert.deepEqual([queue.take('hasher')?.name, queue.take('hasher')?.name, queue.length], ['own', undefined, 1]);
  });

  for (const [waiting, more, low, others] of [
    [0, 0, true, true],
    [799, 0, true, true],
    [799, 1, false, true],
    [800, 0, false, true],
    [999, 0, false, true],
    [999, 1, false, false],
    [1_000, 0, false, false],
  ] as const) {
    test(`has ${low ? 'room' : 'no room'} for low priority and ${others ? 'room' : 'none'} for others beside ${waiting} and ${more} on their way`, () => {
      const queue = filled(waiting);
      assert.equal(queue.hasRoom('low', more), low);
      for (const priority of ['normal', 'high', 'critical'] as const) {
        assert.equal(queue.hasRoom(priority, more), others, priority);
      }
    });
  }

  test('gives back what is taken out of turn, once', () => {
    const queue = filled(0);
    const [first, second] = [item('first'), item('second', 'low')];
    queue.push(first);
    queue.push(second);
    assert.deepEqual([queue.remove(first), queue.remove(first), queue.length], [true, false, 1]);
    assert.deepEqual(queue.all(), [second]);
    assert.deepEqual([queue.take('hasher'), queue.remove(second)], [second, false]);
  });
});
