import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { type ErrorCode, ProcmondError } from '../../src/base/errors.ts';
import type { CommitStore } from '../../src/collector/event-committer.ts';
import { filesSetAside } from '../../src/store/file/set-aside.ts';
import type { SnapshotStore } from '../../src/store/snapshot-store.ts';
import { makeCommitter, thing } from '../fake/committed-events.ts';
import { ManualClock } from '../fake/manual-clock.ts';
import { openStore, scratchDirectory } from '../fake/scratch-store.ts';

interface Stored {
  readonly n: string;
  readonly b: string;
  readonly s: number;
  readonly a: Readonly<Record<string, unknown>>;
}

describe('a store that cannot be written to', () => {
  test('is told by the first commit that succeeds again, once, before what that commits', async (t) => {
    const { store, clock, commit, breakWith } = await breakable(t);
    commit();
    const since = new Date(clock.wallMillis()).toISOString();
    breakWith('STORE_UNUSABLE');
    for (let count = 0; count < 3; count++) {
      assert.throws(commit, { code: 'STORE_UNUSABLE' });
      clock.advance(5_000);
    }
    breakWith(undefined);
    commit();
    commit();
    const records = stored(store);
    assert.deepEqual(
      records.map(({ n }) => n),
      ['test.thing.seen', 'procmond.agent.degraded', 'procmond.agent.recovered', 'test.thing.seen', 'test.thing.seen'],
    );
    assert.deepEqual(
      records.map(({ a }) => a['procmond.seq']),
      [1, 2, 3, 4, 5],
      'what failed used no number',
    );
    const [, degraded, recovered] = records;
    assert.partialDeepStrictEqual(degraded, {
      s: 13,
      b: `since ${since} nothing could be committed: the disk is full`,
      a: { 'procmond.degraded.reason': 'store_unusable', 'procmond.degraded.since': since },
    });
    assert.partialDeepStrictEqual(recovered, {
      s: 9,
      a: { 'procmond.degraded.reason': 'store_unusable', 'procmond.degraded.failed_commits': 3 },
    });
  });

  test('is not what a source is told whose event is wrong', async (t) => {
    const { store, commit, breakWith } = await breakable(t);
    breakWith('EVENT_INVALID');
    assert.throws(commit, { code: 'EVENT_INVALID' });
    breakWith(undefined);
    commit();
    assert.deepEqual(
      stored(store).map(({ n }) => n),
      ['test.thing.seen'],
    );
  });
});

test('a store that was begun anew is told by its first commit, before all else, with the file that holds the old one', async (t) => {
  const directory = scratchDirectory(t);
  writeFileSync(join(directory, 'data.mdb'), 'not a store');
  const store = await openStore(t, { directory });
  const committer = makeCommitter(store, { clock: new ManualClock() });
  const commit = () => committer.commit({ events: [thing()], observedAtMillis: 1 });
  commit();
  commit();
  const [lost, ...others] = stored(store);
  const [file] = filesSetAside(directory);
  assert.partialDeepStrictEqual(lost, {
    n: 'procmond.agent.state_lost',
    s: 13,
    a: { 'procmond.seq': 1, 'procmond.state_lost.file': file, 'procmond.state_lost.reason': 'foreign' },
  });
  assert.match(lost?.b ?? '', /sequence numbers begin at 1 again, under a new service\.instance\.id$/);
  assert.deepEqual(
    others.map(({ n }) => n),
    ['test.thing.seen', 'test.thing.seen'],
  );
});

test('a store that was removed is told as degraded and recovered by the commit that wrote it anew', async (t) => {
  const store = await openStore(t);
  const committer = makeCommitter(store, { clock: new ManualClock() });
  const commit = () => committer.commit({ events: [thing()], observedAtMillis: 1 });
  commit();
  rmSync(store.directory, { recursive: true });
  commit();
  commit();
  assert.deepEqual(
    stored(store).map(({ n, a }) => [n, a['procmond.seq'], a['procmond.degraded.reason']]),
    [
      ['test.thing.seen', 1, undefined],
      ['procmond.agent.degraded', 2, 'store_removed'],
      ['procmond.agent.recovered', 3, 'store_removed'],
      ['test.thing.seen', 4, undefined],
      ['test.thing.seen', 5, undefined],
    ],
  );
});

/** A store whose transactions fail at their end for as long as it is told to. */
async function breakable(t: TestContext) {
  const store = await openStore(t);
  const clock = new ManualClock();
  let code: ErrorCode | undefined;
  const breaking: CommitStore = {
    outbox: store.outbox,
    notices: [],
    clearNotices: () => {},
    transact: (work) =>
      store.transact(() => {
        const result = work();
        if (code !== undefined) throw new ProcmondError(code, 'the disk is full');
        return result;
      }),
  };
  const committer = makeCommitter(breaking, { clock });
  const commit = () => committer.commit({ events: [thing()], observedAtMillis: clock.wallMillis() });
  const breakWith = (next: ErrorCode | undefined) => {
    code = next;
  };
  return { store, clock, commit, breakWith };
}

function stored(store: SnapshotStore): readonly Stored[] {
  const records = store.outbox.take({ maxRecords: 100, maxBytes: 1e6, acrossTopics: true });
  store.outbox.release();
  return records.map(({ row }) => JSON.parse(row) as Stored);
}
