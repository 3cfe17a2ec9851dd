import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BoundedQueue } from '../../src/topics/bounded-queue.ts';
import { seededRandom } from '../fake/seeded-random.ts';

for (const limit of [1, 2, 15, 16, 17, 100]) {
  test(`is a list of at most ${limit} that loses its oldest item (random, seeded)`, () => {
    const random = seededRandom(limit);
    const queue = new BoundedQueue<number>(limit);
    const list: number[] = [];
    for (let item = 0; item < 5_000; item++) {
      // Now rather full, now rather empty.
      if (random() < (Math.floor(item / (3 * limit)) % 2 === 0 ? 0.7 : 0.3)) {
        list.push(item);
        assert.equal(queue.push(item), list.length > limit);
        if (list.length > limit) list.shift();
      } else {
        assert.equal(queue.shift(), list.shift());
      }
      if (random() < 0.002) {
        queue.clear();
        list.length = 0;
      }
      assert.equal(queue.length, list.length);
    }
  });
}
