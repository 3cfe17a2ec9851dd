import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openStore, scratchDirectory } from '../../fake/scratch-store.ts';
import { seededRandom } from '../../fake/seeded-random.ts';
import { commitRows, LIFECYCLE, OBSERVED } from '../../store/commit-rows.ts';
import { DAMAGE_COUNT } from './damage.ts';

const OPEN_DAMAGED = fileURLToPath(import.meta.resolve('./open-damaged.ts'));
const FILES = 240;

test('opens hundreds of damaged store files, reads and writes what is whole, and never dies of one', async (t) => {
  const original = await storeFile(t);
  const scratch = scratchDirectory(t);
  const args = [OPEN_DAMAGED, original, scratch, '0', String(FILES)];
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  assert.deepEqual([status, signal], [0, null], `it ended with: ${stdout.split('\n').at(-1)}\n${stderr}`);
  assert.equal(stderr, '', 'LMDB itself complains of nothing');
  const outcomes = stdout
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
  assert.equal(outcomes.length, FILES);
  const counts = new Map<string, number>();
  for (const [, , outcome = ''] of outcomes) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  t.diagnostic(JSON.stringify(Object.fromEntries(counts)));
  // Were the damage too small, or found where there is none, nothing would be shown.
  for (const outcome of ['set_aside', 'records_given_up', 'whole']) {
    assert.ok((counts.get(outcome) ?? 0) >= 1, `${counts.get(outcome) ?? 0} were ${outcome}`);
  }
  assert.equal(new Set(outcomes.map(([, way]) => way)).size, DAMAGE_COUNT);
});

/** With trees of more than one level, values of their own pages, free pages and a position inside a chunk. */
async function storeFile(t: TestContext): Promise<string> {
  const directory = join(scratchDirectory(t), 'data');
  mkdirSync(directory, { mode: 0o700 });
  const store = await openStore(t, { directory });
  const random = seededRandom(1);
  for (let commit = 0; commit < 12; commit++) {
    store.transact(() => {
      for (let pid = 1 + commit; pid <= 1_200; pid += 3) {
        store.snapshot.putRow({ pid, startTicks: commit, comm: 'x'.repeat((pid * 37) % 700) } as never);
      }
      store.snapshot.putState({ cycleId: String(commit) } as never);
      store.snapshot.putFigures([]);
      for (let pid = commit * 50; pid < commit * 50 + 20; pid++) store.snapshot.removeRow(pid);
      for (let file = 0; file < 30; file++) {
        store.hashCache.put(`${commit} ${file}`, { sha256: 'ab'.repeat(32), hashedAtMillis: file });
      }
    });
    const text = () => Array.from({ length: 8 }, () => random().toString(36)).join();
    commitRows(store, { topic: OBSERVED, count: 100, text }, { topic: LIFECYCLE, count: 7 });
    if (commit % 3 === 0) store.transact(() => store.outbox.settle(commit * 40));
  }
  store.instanceId('host');
  await store.close();
  return join(directory, 'data.mdb');
}
