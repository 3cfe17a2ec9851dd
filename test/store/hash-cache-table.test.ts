import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { openStore } from '../fake/scratch-store.ts';

suite('the cache of hashes', () => {
  test('gives what was put under a version of a file, and nothing for another one', async (t) => {
    const { hashCache, transact } = bound(await openStore(t));
    transact(() => hashCache.put('1:2:3:4:5', { sha256: 'ab', hashedAtMillis: 7 }));
    assert.deepEqual([hashCache.get('1:2:3:4:5'), hashCache.get('1:2:3:4:6')], ['ab', undefined]);
    transact(() => hashCache.put('1:2:3:4:5', { sha256: 'cd', hashedAtMillis: 8 }));
    assert.deepEqual([hashCache.get('1:2:3:4:5'), hashCache.count], ['cd', 1]);
  });

  test('is bounded: over ten thousand the thousand oldest go', async (t) => {
    const { hashCache, transact } = bound(await openStore(t));
    transact(() => {
      // The oldest last, so that the order of keys does not do.
      for (let index = 0; index < 10_000; index++) {
        hashCache.put(`v${index}`, { sha256: 'ab', hashedAtMillis: 10_000 - index });
      }
    });
    assert.equal(hashCache.count, 10_000);
    transact(() => hashCache.put('new', { sha256: 'cd', hashedAtMillis: 20_000 }));
    assert.equal(hashCache.count, 9_001);
    assert.deepEqual(
      ['new', 'v0', 'v8999', 'v9000', 'v9999'].map((version) => hashCache.get(version)),
      ['cd', 'ab', 'ab', undefined, undefined],
    );
  });
});

function bound(store: Awaited<ReturnType<typeof openStore>>) {
  return { hashCache: store.hashCache, transact: (work: () => void) => store.transact(work) };
}
