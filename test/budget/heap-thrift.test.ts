import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { HeapThrift } from '../../src/budget/heap-thrift.ts';

const MIB = 1024 * 1024;

test('is thrifty at the start, then only while the heap is large', () => {
  const heap = new HeapThrift();
  assert.ok(heap.thrifty, 'nobody knows yet how much there will be');
  heap.follow(30 * MIB);
  assert.ok(!heap.thrifty);
  heap.follow(80 * MIB);
  assert.ok(heap.thrifty);
  heap.follow();
  assert.equal(heap.thrifty, process.memoryUsage().heapTotal > 56 * MIB, 'it looks at the heap itself');
});

/** Leaves a heap whose pages are empty but for a few, as an inventory does, and prints RssAnon in bytes. */
const WASTE = `
  import { readFileSync } from 'node:fs';
  import { setImmediate as nextTurn } from 'node:timers/promises';
  import { HeapThrift } from '${fileURLToPath(import.meta.resolve('../../src/budget/heap-thrift.ts'))}';
  if (process.argv[1] === 'thrifty') new HeapThrift();
  for (let round = 0; round < 20; round++) {
    const kept = [];
    for (let index = 0; index < 40_000; index++) kept.push({ text: String(index).repeat(20), round });
    await nextTurn();
  }
  for (let round = 0; round < 4; round++) globalThis.gc();
  console.log(Number(/RssAnon:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'latin1'))[1]) * 1024);
`;

test('gives back to the system what V8 would keep of a heap that was larger', {
  skip: process.platform !== 'linux',
}, () => {
  const after = (how: string) => {
    const node = ['--expose-gc', '--max-semi-space-size=2', '--input-type=module', '--eval', WASTE, how];
    const { stdout, stderr } = spawnSync(process.execPath, node, { encoding: 'utf8' });
    assert.equal(stderr, '', 'V8 knows the flag');
    return Number(stdout);
  };
  const [usual, thrifty] = [after('usual'), after('thrifty')];
  assert.ok(thrifty < usual - 2 * MIB, `${thrifty} bytes instead of ${usual}`);
});
