import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { type Layout, openLayout } from '../../src/store/layout.ts';
import { type Migration, migrate, putSchema, schemaOf } from '../../src/store/schema.ts';
import { scratchDirectory } from '../fake/scratch-store.ts';

const DIRECTORY = '/data';

describe('a store of an older schema', () => {
  /** Schema 1 had names, 2 has lists of names, 3 counts them. */
  const migrations = new Map<number, Migration>([
    [1, ({ senders }) => rewrite(senders, (name) => [name])],
    [2, ({ senders }) => rewrite(senders, (names) => ({ names, count: (names as readonly unknown[]).length }))],
  ]);

  test('is migrated step by step, whatever it begins with', async (t) => {
    for (const [found, row] of [
      [1, 'a'],
      [2, ['a']],
    ] as const) {
      const layout = await layoutOf(t, found, row);
      assert.equal(migrate(DIRECTORY, layout, { version: 3, migrations }), found);
      assert.equal(schemaOf(layout), 3);
      assert.deepEqual(layout.senders.get('s'), { names: ['a'], count: 1 });
      assert.equal(migrate(DIRECTORY, layout, { version: 3, migrations }), undefined, 'and only once');
    }
  });

  test('is migrated all of the way or not at all', async (t) => {
    const layout = await layoutOf(t, 1, 'a');
    const reason = new Error('in the middle');
    const failing = new Map(migrations).set(2, () => {
      throw reason;
    });
    assert.throws(() => migrate(DIRECTORY, layout, { version: 3, migrations: failing }), reason);
    assert.deepEqual([schemaOf(layout), layout.senders.get('s')], [1, 'a']);
    assert.equal(migrate(DIRECTORY, layout, { version: 3, migrations }), 1);
  });

  test('is refused, and left as it is, where there is no way from it', async (t) => {
    for (const found of [0, 4, 1.5, -1, '1', null, { schema: 1 }]) {
      const layout = await layoutOf(t, found, 'a');
      assert.throws(() => migrate(DIRECTORY, layout, { version: 3, migrations }), {
        code: 'STORE_SCHEMA',
        message: `the store in /data has schema ${JSON.stringify(found)}, this procmond writes 3; use the version that wrote it, or another --data-dir`,
      });
      assert.deepEqual([schemaOf(layout), layout.senders.get('s')], [found, 'a']);
    }
  });
});

async function layoutOf(t: TestContext, schema: unknown, row: unknown): Promise<Layout> {
  const layout = openLayout(scratchDirectory(t), { readOnly: false });
  t.after(() => layout.root.close());
  layout.root.transactionSync(() => {
    putSchema(layout, schema as number);
    layout.senders.putSync('s', row);
  });
  return layout;
}

function rewrite(table: Layout['senders'], toNext: (row: unknown) => unknown): void {
  for (const { key, value } of Array.from(table.getRange())) table.putSync(key, toNext(value));
}
