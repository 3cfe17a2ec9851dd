import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { errorMessage } from '../../src/base/errors.ts';
import type { ProcessRow } from '../../src/event/process-row.ts';
import type { SnapshotState } from '../../src/event/snapshot-state.ts';
import { openLayout } from '../../src/store/layout.ts';
import { readSnapshot, type SnapshotStore } from '../../src/store/snapshot-store.ts';
import { openStore, scratchDirectory } from '../fake/scratch-store.ts';
import { CANNOT_MOUNT, fillUp, SmallFileSystems } from '../fake/small-file-system.ts';
import { appendRows, commitRows, drainRows, OBSERVED, range } from './commit-rows.ts';
import { startNode } from './start-node.ts';

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('a transaction', () => {
  test('commits snapshot and outbox together, and they are there after a reopening', async (t) => {
    const directory = scratchDirectory(t);
    const store = await openStore(t, { directory });
    store.transact(() => writeCycle(store, 1));
    const before = contents(store);
    assert.deepEqual(before, {
      state: state(1),
      rows: [row(7, 1), row(8, 1)],
      figures: [7, 8],
      records: 2,
      nextSeq: 3,
    });
    await store.close();
    assert.deepEqual(contents(await openStore(t, { directory })), before);
  });

  const failures: readonly [string, (store: SnapshotStore) => void][] = [
    ['before anything was written', () => {}],
    ['after the snapshot was written', (store) => writeSnapshot(store, 2)],
    ['after records were appended but not flushed', (store) => store.outbox.append(OBSERVED, '{}', '{"a":1}', 1)],
    ['after all was written', (store) => writeCycle(store, 2)],
    ['after records were settled', (store) => store.outbox.settle(2)],
    ['after rows were removed', (store) => store.snapshot.clearRows()],
    [
      'after a record was put aside and told',
      (store) => {
        store.outbox.deadLetters.put({
          seq: 1,
          topic: OBSERVED,
          senderId: 's',
          row: '{}',
          reason: 'no',
          refusedAtMillis: 1,
        });
        store.outbox.discards.add({ topic: OBSERVED, reason: 'dead_letter', count: 1, first: 1, last: 1 });
      },
    ],
  ];
  for (const [when, work] of failures) {
    test(`that fails ${when} leaves nothing behind, in memory or on disk`, async (t) => {
      const directory = scratchDirectory(t);
      const store = await openStore(t, { directory });
      store.transact(() => writeCycle(store, 1));
      const before = contents(store);
      const reason = new Error('in the middle');
      assert.throws(
        () =>
          store.transact(() => {
            work(store);
            throw reason;
          }),
        reason,
      );
      const assertNothingPutAside = ({ outbox }: SnapshotStore) => {
        assert.equal(outbox.deadLetters.count, 0);
        assert.deepEqual(outbox.discards.untold, []);
      };
      assert.deepEqual(contents(store), before);
      assertNothingPutAside(store);
      await store.close();
      const again = await openStore(t, { directory });
      assert.deepEqual(contents(again), before);
      assertNothingPutAside(again);
      again.transact(() => writeCycle(again, 3));
      assert.deepEqual(drainRows(again), [1, 2, 3, 4], 'the next one goes on without a gap');
    });
  }

  test('that failed does not keep what its records were sent with from being stored by the next one', async (t) => {
    const store = await openStore(t);
    const sender = '{"resource":{"a":"b"},"scope":{"name":"procmond"}}';
    const append = () => appendRows(store, { topic: OBSERVED, count: 1, sender });
    assert.throws(() =>
      store.transact(() => {
        append();
        throw new Error('no');
      }),
    );
    store.transact(append);
    const [record] = store.outbox.take({ maxRecords: 1, maxBytes: 1e6 });
    assert.deepEqual(store.outbox.sender(record?.senderId ?? ''), JSON.parse(sender));
  });

  test('gives back what its work returns', async (t) => {
    const store = await openStore(t);
    assert.equal(
      store.transact(() => 42),
      42,
    );
  });

  test('inside another is refused, and takes the outer one with it', async (t) => {
    const store = await openStore(t);
    assert.throws(
      () =>
        store.transact(() => {
          writeCycle(store, 1);
          store.transact(() => {});
        }),
      /open already/,
    );
    assert.equal(contents(store).records, 0);
    store.transact(() => writeCycle(store, 1));
    assert.equal(contents(store).records, 2);
  });

  test('on a closed store is an error, not a crash', async (t) => {
    const store = await openStore(t);
    await store.close();
    await store.close();
    assert.throws(() => store.transact(() => {}), /closed/);
  });
});

describe('the snapshot', () => {
  test('keeps one row a process, ascending, and forgets what is removed', async (t) => {
    const { snapshot, transact } = bound(await openStore(t));
    transact(() => {
      for (const pid of [300, 4, 70_000, 1]) snapshot.putRow(row(pid, 1));
      snapshot.putRow(row(4, 2));
      snapshot.removeRow(300);
    });
    assert.deepEqual(snapshot.rows(), [row(1, 1), row(4, 2), row(70_000, 1)]);
    transact(() => snapshot.clearRows());
    assert.deepEqual(snapshot.rows(), []);
  });

  test('is empty in a new store', async (t) => {
    const { snapshot } = await openStore(t);
    assert.equal(snapshot.state(), undefined);
    assert.deepEqual(snapshot.rows(), []);
    assert.deepEqual(snapshot.figures(), new Map());
  });

  test('keeps text of any kind as it is', async (t) => {
    const { snapshot, transact } = bound(await openStore(t));
    const nasty = { ...row(5, 1), comm: '\u0000\n"\\\u2028\ud800 ünï 🐧' };
    transact(() => snapshot.putRow(nasty));
    assert.deepEqual(snapshot.rows(), [nasty]);
  });
});

describe('another reader', () => {
  test('always sees one commit, whole, while a writer writes', async (t) => {
    const directory = scratchDirectory(t);
    const writer = startNode(
      t,
      `
      const store = await SnapshotStore.open({ directory: ${JSON.stringify(directory)} });
      for (let cycle = 1; process.connected; cycle++) {
        store.transact(() => {
          store.snapshot.putState({ cycleId: String(cycle) });
          for (let pid = 1; pid <= 300; pid++) store.snapshot.putRow({ pid, startTicks: cycle });
        });
        if (cycle === 1) process.send('ready');
        await new Promise(setImmediate);
      }
      await store.close();`,
    );
    await once(writer, 'message');
    const seen = new Set<string | undefined>();
    while (seen.size < 20) {
      const cycle = await readSnapshot(directory, (table) => {
        const cycles = new Set(table.rows().map(({ startTicks }) => String(startTicks)));
        cycles.add(table.state()?.cycleId ?? 'none');
        assert.equal(table.rows().length, 300);
        assert.equal(cycles.size, 1, `rows and state of the commits ${[...cycles].join(', ')}`);
        return [...cycles][0];
      });
      seen.add(cycle);
    }
    writer.disconnect();
    assert.deepEqual(await once(writer, 'exit'), [0, null]);
  });

  test('may be the writing process itself', async (t) => {
    const store = await openStore(t);
    store.transact(() => writeCycle(store, 1));
    assert.equal(await readSnapshot(store.directory, (table) => table.rows().length), 2);
    store.transact(() => writeCycle(store, 2));
    assert.deepEqual(store.snapshot.state(), state(2));
  });

  test('that was killed does not make the file grow for ever', async (t) => {
    const store = await openStore(t);
    const write = (times: number) => {
      for (let cycle = 0; cycle < times; cycle++) {
        store.transact(() => {
          for (let pid = 1; pid <= 100; pid++) store.snapshot.putRow({ ...row(pid, cycle), comm: 'x'.repeat(500) });
        });
      }
    };
    write(20);
    const reader = startNode(
      t,
      `
      const layout = openLayout(${JSON.stringify(store.directory)}, { readOnly: true });
      layout.identities.getRange()[Symbol.iterator]().next();
      process.send('reading');
      for (;;);`,
    );
    await once(reader, 'message');
    write(20);
    reader.kill('SIGKILL');
    await once(reader, 'exit');
    write(20);
    const settled = store.fileBytes();
    write(60);
    assert.equal(store.fileBytes(), settled);
  });
});

describe('the instance id', () => {
  test('is a UUIDv4 that stays with the store', async (t) => {
    const directory = scratchDirectory(t);
    const store = await openStore(t, { directory });
    const id = store.instanceId('a'.repeat(32));
    assert.match(id, UUID_V4);
    assert.equal(store.instanceId('a'.repeat(32)), id);
    await store.close();
    assert.equal((await openStore(t, { directory })).instanceId('a'.repeat(32)), id);
  });

  test('differs from store to store', async (t) => {
    const [one, two] = [await openStore(t), await openStore(t)];
    assert.notEqual(one.instanceId(undefined), two.instanceId(undefined));
  });

  test('is another one on another known host, and only there', async (t) => {
    const store = await openStore(t);
    const anywhere = store.instanceId(undefined);
    assert.equal(store.instanceId('a'), anywhere, 'a host that becomes known is the same one');
    assert.equal(store.instanceId(undefined), anywhere, 'an unknown host may be the same one');
    const moved = store.instanceId('b');
    assert.notEqual(moved, anywhere);
    assert.equal(store.instanceId('b'), moved);
  });
});

describe('the redaction key', () => {
  test('is 32 bytes that stay with the store', async (t) => {
    const directory = scratchDirectory(t);
    const store = await openStore(t, { directory });
    const key = store.redactionKey();
    assert.equal(key.length, 32);
    assert.deepEqual(store.redactionKey(), key);
    await store.close();
    assert.deepEqual((await openStore(t, { directory })).redactionKey(), key);
  });

  test('differs from store to store', async (t) => {
    const [one, two] = [await openStore(t), await openStore(t)];
    assert.notDeepEqual(one.redactionKey(), two.redactionKey());
  });
});

describe('a store that cannot be used', () => {
  test('because a newer procmond wrote it is refused, named, and left as it is', async (t) => {
    const directory = scratchDirectory(t);
    const store = await openStore(t, { directory });
    commitRows(store, { topic: OBSERVED, count: 3 });
    await store.close();
    await setSchema(directory, 2);
    const refused = { code: 'STORE_SCHEMA', message: /schema 2, this procmond writes 1/ };
    await assert.rejects(openStore(t, { directory }), refused);
    await assert.rejects(
      readSnapshot(directory, () => {}),
      refused,
    );
    await assert.rejects(openStore(t, { directory }), refused, 'the lock was given back');
    await setSchema(directory, 1);
    assert.deepEqual(drainRows(await openStore(t, { directory })), [1, 2, 3]);
  });

  test('because there is none is an error that names the directory', async (t) => {
    const directory = scratchDirectory(t);
    await assert.rejects(
      readSnapshot(directory, () => {}),
      { code: 'STORE_UNUSABLE', message: new RegExp(directory) },
    );
  });

  test('because the directory is a file is an error that names it and the option', async (t) => {
    const path = join(scratchDirectory(t), 'file');
    writeFileSync(path, '');
    await assert.rejects(openStore(t, { directory: path }), {
      code: 'STORE_UNUSABLE',
      message: /could not prepare the data directory .*file.*--data-dir/,
    });
  });
});

test('a disk that is full is an error that says so; what was committed stays, and can be delivered', async (t) => {
  const directory = scratchDirectory(t);
  // A limit of the file's size (setrlimit(2)) is to a writer what a full disk is.
  const script = `
    const { randomBytes } = await import('node:crypto');
    const { SnapshotStore } = await import('${import.meta.resolve('../../src/store/snapshot-store.ts')}');
    const store = await SnapshotStore.open({ directory: process.argv[1] });
    const { outbox } = store;
    let committed = 0;
    let failure;
    while (failure === undefined) {
      try {
        store.transact(() => {
          outbox.append('collector/test', JSON.stringify(randomBytes(9_000).toString('hex')), '{}', 1);
          outbox.flush();
        });
        committed += 1;
      } catch ({ code, message }) {
        failure = { code, message };
      }
    }
    const { recordCount } = outbox;
    const batch = outbox.take({ maxRecords: 5, maxBytes: 1e9 });
    store.transact(() => outbox.settle(batch.at(-1).seq));
    process.stdout.write(JSON.stringify({ committed, failure, recordCount }));
    await store.close();`;
  const command = 'ulimit -f 400 && exec "$0" --input-type=module --eval "$1" "$2"';
  const child = spawnSync('bash', ['-c', command, process.execPath, script, directory], { encoding: 'utf8' });
  assert.equal(child.status, 0, child.stderr);
  const { committed, failure, recordCount } = JSON.parse(child.stdout) as {
    readonly committed: number;
    readonly failure: { readonly code: string; readonly message: string };
    readonly recordCount: number;
  };
  assert.ok(committed > 10);
  assert.equal(failure.code, 'STORE_UNUSABLE');
  assert.match(failure.message, new RegExp(`^could not write to the store in ${directory}: .*; check free space`));
  assert.equal(recordCount, committed);
  assert.deepEqual(drainRows(await openStore(t, { directory })), range(6, committed));
});

test('a disk that is full is told in the same words, whether it took a part of a write or nothing', {
  skip: CANNOT_MOUNT,
}, async (t) => {
  const mounts = new SmallFileSystems(t);
  const directory = join(scratchDirectory(t), 'data');
  mkdirSync(directory);
  mounts.mount(directory);
  const store = await openStore(t, { directory });
  const causes: string[] = [];
  for (const pagesLeft of [0, 3]) {
    const filler = fillUp(directory, pagesLeft);
    assert.throws(
      () => commitRows(store, { topic: OBSERVED, count: 1, text: randomBytes(100_000).toString('hex') }),
      (error: Error) => {
        assert.equal(
          error.message,
          `could not write to the store in ${directory}: No space left on device; less than 1 MiB is free there: make room`,
        );
        causes.push(errorMessage(error.cause).replace(/: .*/, ''));
        return true;
      },
    );
    filler.free();
  }
  assert.deepEqual(causes, ['No space left on device', 'Input/output error']);
  commitRows(store, { topic: OBSERVED, count: 1 });
});

test('a write that the system refuses, of which LMDB prints half a line, leaves every line of the log whole', (t) => {
  const script = `
    const { execFileSync } = await import('node:child_process');
    const { SnapshotStore } = await import('${import.meta.resolve('../../src/store/snapshot-store.ts')}');
    const { jsonLogger } = await import('${import.meta.resolve('../../src/base/json-logger.ts')}');
    const logger = jsonLogger({ stream: process.stderr, level: 'error', clock: { wallMillis: () => 0 } });
    const store = await SnapshotStore.open({ directory: process.argv[1], logger });
    // A limit of the file's size (setrlimit(2)), at its end.
    execFileSync('prlimit', ['--pid', String(process.pid), '--fsize=' + store.fileBytes() + ':']);
    const append = () => {
      store.outbox.append('collector/test', JSON.stringify('x'.repeat(100_000)), '{}', 1);
      store.outbox.flush();
    };
    for (let count = 0; count < 2; count++) {
      try {
        store.transact(append);
      } catch ({ message }) {
        logger.error(message);
      }
    }`;
  const child = spawnSync(process.execPath, ['--input-type=module', '--eval', script, scratchDirectory(t)], {
    encoding: 'utf8',
  });
  assert.equal(child.status, 0, child.stderr);
  const lines = child.stderr.split('\n').slice(0, -1);
  const ofLmdb = lines.filter((line) => /^Write error: File too large position \d+, size \d+$/.test(line));
  assert.equal(ofLmdb.length, 2, child.stderr);
  const own = lines.filter((line) => !ofLmdb.includes(line)).map((line) => JSON.parse(line).message);
  assert.equal(own.length, 2);
  for (const message of own) assert.match(message, /: File too large; check free space and permissions there$/);
});

describe('what lies on the disk', () => {
  test('is readable to its owner alone, whatever the umask', async (t) => {
    for (const mask of [0o000, 0o022, 0o077]) {
      const directory = join(scratchDirectory(t), 'new', 'data');
      const before = process.umask(mask);
      try {
        commitRows(await openStore(t, { directory }), { topic: OBSERVED, count: 3 });
      } finally {
        process.umask(before);
      }
      assert.equal(modeOf(directory), 0o700);
      const modes = Object.fromEntries(readdirSync(directory).map((name) => [name, modeOf(join(directory, name))]));
      assert.deepEqual(modes, { 'data.mdb': 0o600, 'lock.mdb': 0o600, 'writer.lock': 0o600, 'writer.pid': 0o600 });
    }
  });

  test('says when the directory could be read by others until now', async (t) => {
    const directory = scratchDirectory(t);
    chmodSync(directory, 0o755);
    const store = await openStore(t, { directory });
    assert.equal(store.closedToReaders, true);
    await store.close();
    assert.equal((await openStore(t, { directory })).closedToReaders, false);
  });

  test('has a size', async (t) => {
    const store = await openStore(t);
    assert.equal(store.fileBytes(), statSync(join(store.directory, 'data.mdb')).size);
  });
});

function writeCycle(store: SnapshotStore, cycle: number): void {
  writeSnapshot(store, cycle);
  appendRows(store, { topic: OBSERVED, count: 2 });
}

function writeSnapshot({ snapshot }: SnapshotStore, cycle: number): void {
  snapshot.putState(state(cycle));
  for (const pid of [7, 8]) snapshot.putRow(row(pid, cycle));
  snapshot.putFigures([7, 8].map((pid) => ({ pid, ...FIGURES })));
}

const FIGURES = {
  stateCode: 'S',
  userTicks: 1,
  systemTicks: 2,
  nice: 0,
  threads: 1,
  virtualMemoryBytes: 4096,
  rssBytes: 4096,
};

function state(cycle: number): SnapshotState {
  return {
    cycleId: String(cycle),
    bootId: 'boot',
    bootKnown: true,
    bootAnchorMillis: 1,
    ticksPerSecond: 100,
    scope: { procRoot: '/proc', enumerator: 'linux' },
    sampleStartedAtMillis: cycle,
    sampledAtMillis: cycle,
    inventoryAtMillis: cycle,
  };
}

function row(pid: number, startTicks: number): ProcessRow {
  return {
    pid,
    startTicks,
    ppid: 1,
    processGroupId: pid,
    sessionId: pid,
    terminal: 0,
    kernelThread: false,
    comm: 'x',
    commEscaped: false,
  };
}

function contents({ snapshot, outbox }: SnapshotStore) {
  return {
    state: snapshot.state(),
    rows: snapshot.rows(),
    figures: [...snapshot.figures().keys()],
    records: outbox.recordCount,
    nextSeq: outbox.nextSeq,
  };
}

function bound(store: SnapshotStore) {
  return { snapshot: store.snapshot, transact: (work: () => void) => store.transact(work) };
}

async function setSchema(directory: string, version: number): Promise<void> {
  const { root, meta } = openLayout(directory, { readOnly: false });
  root.transactionSync(() => {
    meta.putSync('schema_version', version);
  });
  await root.close();
}

function modeOf(path: string): number {
  return statSync(path).mode & 0o777;
}
