import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeadLetter } from '../../../src/store/outbox/dead-letters.ts';
import { openStore, scratchDirectory } from '../../fake/scratch-store.ts';

test('keeps a refused record with what the endpoint said, over a reopening', async (t) => {
  const directory = scratchDirectory(t);
  const store = await openStore(t, { directory });
  store.transact(() => {
    for (const seq of [9, 4]) store.outbox.deadLetters.put(letter(seq));
  });
  await store.close();
  const { deadLetters } = (await openStore(t, { directory })).outbox;
  assert.equal(deadLetters.count, 2);
  assert.deepEqual(deadLetters.all(), [letter(4), letter(9)]);
  assert.deepEqual(deadLetters.last(), letter(9));
});

test('keeps the newest ten thousand', async (t) => {
  const store = await openStore(t);
  const { deadLetters } = store.outbox;
  store.transact(() => {
    for (let seq = 1; seq <= 10_020; seq++) deadLetters.put(letter(seq));
  });
  assert.equal(deadLetters.count, 10_000);
  assert.deepEqual([deadLetters.all()[0]?.seq, deadLetters.all().at(-1)?.seq], [21, 10_020]);
});

test('does not count a record twice that comes again', async (t) => {
  const store = await openStore(t);
  store.transact(() => store.outbox.deadLetters.put(letter(1)));
  store.transact(() => store.outbox.deadLetters.put({ ...letter(1), reason: 'again' }));
  assert.deepEqual(store.outbox.deadLetters.all(), [{ ...letter(1), reason: 'again' }]);
});

function letter(seq: number): DeadLetter {
  return {
    seq,
    topic: 'collector/process/events',
    senderId: 's',
    row: `{"n":${seq}}`,
    reason: 'answered 400',
    refusedAtMillis: 5,
  };
}
