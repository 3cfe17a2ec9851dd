import assert from 'node:assert/strict';
import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import {
  MAX_FILE_BYTES,
  ProcReader,
  readLink,
  statThrough,
} from '../../../../src/process/enumerate/linux/proc-reader.ts';
import { ProcTree } from './proc-tree.ts';

suite('reading files of a process', () => {
  test('gives a file of any size: 64 KiB in the buffer, the rest in pieces', (t) => {
    const tree = new ProcTree(t);
    const reader = new ProcReader();
    for (const size of [0, 1, 65_535, 65_536, 65_537, 200_000]) {
      const content = Buffer.alloc(size, 'abcdefg');
      tree.write('file', content);
      const rest: Buffer[] = [];
      const length = reader.read(join(tree.root, 'file'), (piece) => rest.push(Buffer.from(piece)));
      assert.equal(length, Math.min(size, 65_536));
      assert.ok(Buffer.concat([reader.buffer.subarray(0, length), ...rest]).equals(content));
    }
  });

  test('stops in a file without end, such as arguments that are declared to be terabytes', (t) => {
    const tree = new ProcTree(t);
    tree.write('cmdline', '');
    truncateSync(join(tree.root, 'cmdline'), 64 * MAX_FILE_BYTES);
    let bytes = 0;
    const length = new ProcReader().read(join(tree.root, 'cmdline'), (piece) => {
      bytes += piece.length;
    });
    assert.equal((length as number) + bytes, MAX_FILE_BYTES);
  });

  test('takes what is not there for gone', (t) => {
    const tree = new ProcTree(t);
    tree.write('file', 'x');
    const reader = new ProcReader();
    for (const path of ['none', 'none/stat', 'file/below']) {
      assert.equal(reader.read(join(tree.root, path)), 'gone');
      assert.equal(readLink(join(tree.root, path)), 'gone');
      assert.equal(statThrough(join(tree.root, path)), 'gone');
    }
  });

  test('takes everything else that a process can bring about for unreadable, never for an error', (t) => {
    const tree = new ProcTree(t);
    tree.refuse('folder');
    tree.link('loop', 'loop');
    const reader = new ProcReader();
    assert.equal(reader.read(join(tree.root, 'folder')), 'unreadable');
    assert.equal(readLink(join(tree.root, 'folder')), 'unreadable');
    assert.equal(statThrough(join(tree.root, 'loop')), 'unreadable');
    assert.equal(readLink(join(tree.root, 'x'.repeat(300))), 'unreadable');
  });

  test('gives the target of a link byte by byte', (t) => {
    const tree = new ProcTree(t);
    tree.link('exe', Buffer.from('/opt/caf\xe9', 'latin1'));
    assert.deepEqual(readLink(join(tree.root, 'exe')), { target: '/opt/caf\xe9' });
  });
});
