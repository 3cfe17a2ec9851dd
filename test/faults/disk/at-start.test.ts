import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { filesSetAside } from '../../../src/store/file/set-aside.ts';
import { openLayout, SCHEMA_VERSION } from '../../../src/store/layout.ts';
import { putSchema } from '../../../src/store/schema.ts';
import { SnapshotStore } from '../../../src/store/snapshot-store.ts';
import { HELD_TO_MODES } from '../../fake/other-user.ts';
import { OtlpEndpoint } from '../../fake/otlp-endpoint.ts';
import { commandLine, NO_ENDPOINT, runProgram } from '../../fake/run-procmond.ts';
import { RunningProcmond } from '../../fake/running-procmond.ts';
import { scratchDirectory } from '../../fake/scratch-store.ts';
import { CANNOT_MOUNT, fillUp, SmallFileSystems, smallFileSystem } from '../../fake/small-file-system.ts';
import { commitRows, OBSERVED } from '../../store/commit-rows.ts';

interface BadStart {
  readonly name: string;
  readonly skip?: string | false;
  /** Of a directory with a store in it. */
  readonly prepare: (directory: string, mounts: SmallFileSystems) => Promise<void> | void;
  /** So that the test can look again. */
  readonly undo?: (directory: string) => void;
  readonly message: RegExp;
}

const badStarts: readonly BadStart[] = [
  {
    name: 'a read-only file system',
    skip: CANNOT_MOUNT,
    prepare: (directory, mounts) => mounts.mount(directory, 'ro,mode=0700'),
    message: /could not lock the data directory (\S+): .*; check that it can be written to/,
  },
  {
    name: 'a full disk without a store',
    skip: CANNOT_MOUNT,
    prepare: (directory, mounts) => {
      mounts.mount(directory);
      fillUp(directory);
    },
    message: /could not (?:open|begin|lock) the (?:store in|data directory) (\S+?):? .*(?:check|make room)/,
  },
  {
    name: 'a directory that it may not enter',
    prepare: (directory) => chmodSync(directory, 0),
    undo: (directory) => chmodSync(directory, 0o700),
    message:
      /could not prepare the data directory (\S+): EACCES: .*; check its permissions, or choose another one with --data-dir/,
  },
  {
    name: 'a file that it may not read',
    prepare: (directory) => chmodSync(join(directory, 'data.mdb'), 0),
    message: /could not read the store in (\S+): EACCES: .*; check free space and permissions there/,
  },
  {
    name: 'a file that it may not write to',
    prepare: (directory) => chmodSync(join(directory, 'data.mdb'), 0o400),
    message: /could not open the store in (\S+): .*; check free space and permissions there/,
  },
  {
    name: 'a file of locks that it may not open',
    prepare: (directory) => chmodSync(join(directory, 'lock.mdb'), 0),
    message: /could not open the store in (\S+): EACCES: .*; check free space and permissions there/,
  },
  {
    name: 'a directory in the place of its file',
    prepare: (directory) => {
      rmSync(join(directory, 'data.mdb'));
      mkdirSync(join(directory, 'data.mdb'));
    },
    message:
      /will not keep process data in (\S+): \S+data\.mdb is no regular file; look who put it there, and remove it/,
  },
  {
    name: 'the store of a newer procmond',
    prepare: async (directory) => {
      const layout = openLayout(directory, { readOnly: false });
      layout.root.transactionSync(() => putSchema(layout, SCHEMA_VERSION + 1));
      await layout.root.close();
    },
    message:
      /the store in (\S+) has schema \d+, this procmond writes \d+; use the version that wrote it, or another --data-dir/,
  },
];

describe('a start with', () => {
  for (const { name, skip = false, prepare, undo, message } of badStarts) {
    test(`${name} is an error that names path, cause and remedy, and changes nothing`, {
      skip,
      timeout: 60_000,
    }, async (t) => {
      const mounts = new SmallFileSystems(t);
      const directory = await directoryWithStore(t);
      await prepare(directory, mounts);
      const asked = commandLine(['run', '--data-dir', directory, '--endpoint', NO_ENDPOINT, '--metrics-port', '0']);
      const { exitCode, stderr } = await runProgram([...HELD_TO_MODES, ...asked]);
      assert.equal(exitCode, 1, stderr);
      assert.equal(stderr.trim().split('\n').length, 1, stderr);
      assert.match(stderr, message);
      assert.equal(message.exec(stderr)?.[1], directory);
      undo?.(directory);
      assert.deepEqual(filesSetAside(directory), []);
    });
  }
});

test('twenty starts with a damaged store on a full disk put one file aside, and the first that succeeds tells of it', {
  skip: CANNOT_MOUNT,
}, async (t) => {
  const directory = smallFileSystem(t);
  writeFileSync(join(directory, 'data.mdb'), 'damaged');
  for (let start = 0; start < 20; start++) {
    // Room for the beginning of a store, but not for all of it.
    fillUp(directory, start % 8);
    await assert.rejects(SnapshotStore.open({ directory }), { code: 'STORE_UNUSABLE', message: new RegExp(directory) });
    const [name, ...others] = filesSetAside(directory);
    assert.deepEqual(others, []);
    assert.equal(readFileSync(join(directory, name ?? ''), 'utf8'), 'damaged');
    assert.ok(!readdirSync(directory).includes('data.mdb'), 'nothing half made is left');
  }
  fillUp(directory).free();
  const store = await SnapshotStore.open({ directory });
  t.after(() => store.close());
  assert.deepEqual(
    store.notices.map((notice) => notice.kind === 'state_lost' && notice.file),
    filesSetAside(directory),
  );
});

test('procmond starts anew from a damaged store, tells what it lost, and takes nothing for started or stopped', {
  timeout: 60_000,
}, async (t) => {
  const endpoint = await OtlpEndpoint.start(t);
  const directory = await directoryWithStore(t);
  const bytes = readFileSync(join(directory, 'data.mdb'));
  writeFileSync(join(directory, 'data.mdb'), bytes.subarray(0, 3 * 4096));
  const program = RunningProcmond.start(t, { dataDirectory: directory, endpoint: endpoint.baseUrl });
  const ended = () => endpoint.taken.some(({ eventName }) => eventName === 'procmond.cycle.completed');
  await program.while(endpoint.until(ended));
  assert.equal(await program.end('SIGTERM'), 0, program.log);
  const [file = ''] = filesSetAside(directory);
  assert.match(
    program.log,
    new RegExp(`ERROR \\S+data\\.mdb cannot be used: it was cut short to .* It is now ${file}, and`),
  );
  const [first] = endpoint.taken;
  assert.deepEqual(
    [first?.seq, first?.eventName, first?.attributes['procmond.state_lost.file']],
    [1, 'procmond.agent.state_lost', file],
  );
  const names = new Set(endpoint.taken.map(({ eventName }) => eventName));
  assert.ok(names.has('procmond.agent.baseline') && names.has('procmond.process.observed'));
  const { seq: lastOfFirst = 0 } =
    endpoint.taken.find(({ eventName }) => eventName === 'procmond.cycle.completed') ?? {};
  const lifecycle = endpoint.taken.filter(
    ({ seq, topic }) => topic === 'collector/process/lifecycle' && seq < lastOfFirst,
  );
  assert.deepEqual(lifecycle, []);
});

test('procmond starts with a full disk where there is a store: it delivers what lies there, and goes on when there is room', {
  skip: CANNOT_MOUNT,
  timeout: 60_000,
}, async (t) => {
  const endpoint = await OtlpEndpoint.start(t);
  const directory = smallFileSystem(t);
  const start = () => RunningProcmond.start(t, { dataDirectory: directory, endpoint: endpoint.baseUrl });
  const before = start();
  await before.while(endpoint.until(() => endpoint.taken.length > 0));
  assert.equal(await before.end('SIGKILL'), 'SIGKILL');
  const taken = endpoint.taken.length;
  const filler = fillUp(directory);
  const program = start();
  await program.says(/cycle failed, nothing of it was committed/);
  filler.free();
  const recovered = () => endpoint.taken.slice(taken).some(({ eventName }) => eventName === 'procmond.agent.recovered');
  await program.while(endpoint.until(recovered));
  assert.equal(await program.end('SIGTERM'), 0, program.log);
  assert.deepEqual(filesSetAside(directory), []);
});

async function directoryWithStore(t: TestContext): Promise<string> {
  const directory = join(scratchDirectory(t), 'data');
  const store = await SnapshotStore.open({ directory });
  commitRows(store, { topic: OBSERVED, count: 100 });
  await store.close();
  return directory;
}
