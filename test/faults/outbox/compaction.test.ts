import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cpSync, existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { compactWhenLarge } from '../../../src/store/file/compaction.ts';
import { openLayout } from '../../../src/store/layout.ts';
import { openStore, scratchDirectory } from '../../fake/scratch-store.ts';
import { seededRandom } from '../../fake/seeded-random.ts';
import { CANNOT_MOUNT, smallFileSystem } from '../../fake/small-file-system.ts';
import { dataFileBytes, makeBloatedStore, thingsOf } from '../../store/bloated-store.ts';
import { commitRows, HEALTH } from '../../store/commit-rows.ts';
import { startNode } from '../../store/start-node.ts';

const MiB = 1024 ** 2;
const FILE_BYTES = 66 * MiB;
const FILES = ['data.mdb', 'lock.mdb', 'writer.lock', 'writer.pid'];
const KILLS = 8;

test('leaves one good store whenever a compaction is killed, and finishes it later', async (t) => {
  const template = scratchDirectory(t);
  const before = await makeBloatedStore(template, FILE_BYTES, { keptRecords: 40 });
  const whole = await compactInAnotherProcess(t, copyOf(t, template), undefined);
  assert.equal(whole.cutShort, false);
  const random = seededRandom(7);
  let cutShort = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const directory = copyOf(t, template);
    // From the moment the copy is begun to a little after its end.
    const afterMillis = kill === 0 ? 0 : random() * whole.millis * 1.2;
    const attempt = await compactInAnotherProcess(t, directory, afterMillis);
    if (attempt.cutShort) cutShort += 1;
    const store = await openStore(t, { directory });
    assert.deepEqual(thingsOf(store), before, `killed after ${afterMillis} ms`);
    assert.deepEqual(readdirSync(directory).sort(), FILES);
    commitRows(store, { topic: HEALTH, count: 1 });
    await store.close();
    const later = await openStore(t, { directory });
    assert.ok(dataFileBytes(directory) < FILE_BYTES / 4, `${later.compaction?.kind} after ${afterMillis} ms`);
    assert.equal(thingsOf(later).nextSeq, before.nextSeq + 1);
    await later.close();
  }
  assert.ok(cutShort > 0, 'no compaction was under way when it was killed');
});

test('skips a compaction that there is no room for, says how much is missing, and goes on', {
  skip: CANNOT_MOUNT,
}, async (t) => {
  const directory = smallFileSystem(t, 80 * MiB);
  const before = await makeBloatedStore(directory, FILE_BYTES);
  const store = await openStore(t, { directory });
  assert.equal(store.compaction?.kind, 'skipped');
  assert.match(store.compaction.why, /^the copy needs \d+ bytes more than are free$/);
  assert.deepEqual(thingsOf(store), before);
  commitRows(store, { topic: HEALTH, count: 1 });
  await store.close();
});

test('leaves the store as it is when the disk is full before the copy is whole', { skip: CANNOT_MOUNT }, async (t) => {
  const directory = smallFileSystem(t, 80 * MiB);
  const before = await makeBloatedStore(directory, FILE_BYTES, { keptRecords: 45 });
  const layout = openLayout(directory, { readOnly: false });
  // Somebody else takes the room meanwhile.
  const promised = { freeBytesOf: () => Number.MAX_SAFE_INTEGER };
  const compaction = await compactWhenLarge(join(directory, 'data.mdb'), layout, promised);
  await layout.root.close();
  assert.equal(compaction?.kind, 'skipped');
  assert.match(compaction.why, /No space left on device|Input\/output error/);
  assert.deepEqual(readdirSync(directory).sort(), FILES);
  const store = await openStore(t, { directory });
  assert.deepEqual(thingsOf(store), before);
  commitRows(store, { topic: HEALTH, count: 1 });
  await store.close();
});

interface Attempt {
  /** From when the copy was begun to the end. */
  readonly millis: number;
  readonly cutShort: boolean;
}

/** Opens the store in a process that is killed so long after the copy was begun, or when it has opened the store. */
async function compactInAnotherProcess(
  t: TestContext,
  directory: string,
  killedAfterMillis: number | undefined,
): Promise<Attempt> {
  const copyDirectory = join(directory, 'compacting');
  const child = startNode(
    t,
    `
    process.on('message', async () => {
      const store = await SnapshotStore.open({ directory: ${JSON.stringify(directory)} });
      process.send(store.compaction.kind);
    });
    process.send('ready');`,
  );
  await once(child, 'message');
  const ended = once(child, 'exit');
  const opened = new AbortController();
  const opening = once(child, 'message').then(() => opened.abort());
  child.send('open');
  while (!opened.signal.aborted && !existsSync(copyDirectory)) await delay(1);
  const startedAt = performance.now();
  await (killedAfterMillis === undefined ? opening : Promise.race([opening, delay(killedAfterMillis)]));
  child.kill('SIGKILL');
  const millis = performance.now() - startedAt;
  await ended;
  return { millis, cutShort: existsSync(copyDirectory) };
}

function copyOf(t: TestContext, template: string): string {
  const directory = scratchDirectory(t);
  cpSync(template, directory, { recursive: true, mode: 0 });
  assert.ok(statSync(join(directory, 'data.mdb')).size > FILE_BYTES);
  return directory;
}
