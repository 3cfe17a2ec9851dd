import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type SortKey, sortProcesses } from '../../src/listing/sort-processes.ts';
import { processOf } from './process-of.ts';

const MIB = 1024 ** 2;
const LIST = [
  processOf({ pid: 30, ppid: 1, name: 'b', cpuUsage: 5, memoryUsage: 3 * MIB, metadata: { threads: 2 } }),
  processOf({ pid: 4, ppid: 2, name: 'a', memoryUsage: 20 * MIB, metadata: { userName: 'alice', threads: 10 } }),
  processOf({ pid: 100, ppid: 30, name: 'c', cpuUsage: 110.5, memoryUsage: 3 * MIB, metadata: { threads: 2 } }),
  processOf({ pid: 7, ppid: 2, name: 'B', cpuUsage: 0, startTime: undefined }),
];

const ORDERS: readonly (readonly [story: string, keys: readonly SortKey[], reverse: boolean, pids: number[]])[] = [
  ['pids as numbers', ['pid'], false, [4, 7, 30, 100]],
  ['pids reversed', ['pid'], true, [100, 30, 7, 4]],
  ['no key at all', [], false, [4, 7, 30, 100]],
  ['CPU, the busiest first, the unknown last', ['cpu'], false, [100, 30, 7, 4]],
  ['CPU reversed, the unknown still last', ['cpu'], true, [7, 30, 100, 4]],
  ['CPU with a plus: the idlest first', ['+cpu'], false, [7, 30, 100, 4]],
  ['CPU with a dash, as it is', ['-cpu'], false, [100, 30, 7, 4]],
  ['memory by bytes, not by text; ties by pid', ['rss'], false, [4, 30, 100, 7]],
  ['memory reversed; ties by pid all the same', ['rss'], true, [30, 100, 4, 7]],
  ['names by code, capitals first', ['name'], false, [7, 4, 30, 100]],
  ['names with a dash: from the end', ['-name'], false, [100, 30, 4, 7]],
  ['the oldest first', ['age'], false, [100, 30, 4, 7]],
  ['the latest start first', ['start'], false, [4, 30, 100, 7]],
  ['a second key where the first is equal', ['user', 'cpu'], false, [4, 100, 30, 7]],
  ['a second key of the other direction', ['rss', '-pid'], false, [4, 100, 30, 7]],
  ['parents', ['ppid'], false, [30, 4, 7, 100]],
];
for (const [story, keys, reverse, pids] of ORDERS) {
  test(`keeps the order that was asked for: ${story}`, () => {
    const orders = [LIST, LIST.toReversed()].map((list) =>
      sortProcesses(list, keys, { reverse }).map(({ pid }) => pid),
    );
    assert.deepEqual(orders, [pids, pids]);
  });
}

test('keeps the list it was given as it is', () => {
  const before = [...LIST];
  sortProcesses(LIST, ['cpu'], { reverse: false });
  assert.deepEqual(LIST, before);
});
