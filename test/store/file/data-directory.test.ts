import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, linkSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inspectDataDirectory, prepareDataDirectory } from '../../../src/store/file/data-directory.ts';
import { scratchDirectory } from '../../fake/scratch-store.ts';

test('makes a missing directory, and those above it, for its owner alone', (t) => {
  for (const mask of [0o000, 0o022, 0o277]) {
    const above = join(scratchDirectory(t), 'a');
    // Above may keep what the umask takes from the owner: only root could make anything in it then.
    mkdirSync(above);
    const path = join(above, 'b');
    const before = process.umask(mask);
    try {
      assert.equal(prepareDataDirectory(path), false);
    } finally {
      process.umask(before);
    }
    assert.equal(modeOf(path), 0o700);
  }
});

const existing: readonly [string, number, boolean | 'refused'][] = [
  ['takes one of its own as it is', 0o700, false],
  ['closes one that the group may read', 0o750, true],
  ['closes one that all may read', 0o755, true],
  ['closes one that all may enter', 0o711, true],
  ['refuses one that the group may write to', 0o770, 'refused'],
  ['refuses one that all may write to', 0o1777, 'refused'],
];
for (const [promise, mode, expected] of existing) {
  test(`${promise} (${mode.toString(8)})`, (t) => {
    const path = scratchDirectory(t);
    chmodSync(path, mode);
    if (expected === 'refused') {
      const permissions = (mode & 0o777).toString(8);
      assert.throws(() => prepareDataDirectory(path), {
        code: 'DATA_DIRECTORY_UNSAFE',
        message: `will not keep process data in ${path}: others may write to it (mode ${permissions}); chmod 700 ${path}`,
      });
      assert.equal(modeOf(path), mode & 0o777, 'it is left as it was');
    } else {
      assert.equal(prepareDataDirectory(path), expected);
      assert.equal(modeOf(path), 0o700);
    }
  });
}

test('refuses one of another user, whatever its mode, also behind a link', (t) => {
  const path = scratchDirectory(t);
  const link = join(scratchDirectory(t), 'link');
  symlinkSync(path, link);
  const stranger = statSync(path).uid + 1;
  for (const way of [path, link]) {
    assert.throws(() => prepareDataDirectory(way, { effectiveUserId: stranger }), {
      code: 'DATA_DIRECTORY_UNSAFE',
      message: `will not keep process data in ${way}: it belongs to uid ${stranger - 1}, procmond runs as uid ${stranger}; choose another one with --data-dir, or chown -R ${stranger} ${way}`,
    });
  }
});

test('goes by no mode where there are no users to go by', (t) => {
  const path = scratchDirectory(t);
  chmodSync(path, 0o777);
  assert.equal(prepareDataDirectory(path, { effectiveUserId: undefined }), false);
});

test('tells what a directory is like without touching it', (t) => {
  const path = scratchDirectory(t);
  const ownerUserId = statSync(path).uid;
  assert.deepEqual(inspectDataDirectory(join(path, 'none')), { kind: 'missing' });
  assert.deepEqual(inspectDataDirectory(path), { kind: 'private', ownerUserId });
  chmodSync(path, 0o755);
  assert.deepEqual(inspectDataDirectory(path), { kind: 'readable', ownerUserId });
  assert.equal(modeOf(path), 0o755);
  chmodSync(path, 0o777);
  const state = inspectDataDirectory(path);
  assert.equal(state.kind, 'unsafe');
  assert.throws(() => inspectDataDirectory(join(path, 'a'.repeat(300))), { code: 'ENAMETOOLONG' });
});

const PLANTED: readonly (readonly [what: string, plant: (directory: string) => void, why: RegExp])[] = [
  [
    'a link in place of the data',
    (d) => symlinkSync('/etc/passwd', join(d, 'data.mdb')),
    /data\.mdb is no regular file/,
  ],
  [
    'a link that leads nowhere',
    (d) => symlinkSync(join(d, 'x'), join(d, 'writer.pid')),
    /writer\.pid is no regular file/,
  ],
  [
    'a pipe in place of the lock',
    (d) => spawnSync('mkfifo', [join(d, 'writer.lock')]),
    /writer\.lock is no regular file/,
  ],
  [
    'a second name of a file in place of the data',
    (d) => {
      writeFileSync(join(d, 'precious'), '');
      linkSync(join(d, 'precious'), join(d, 'data.mdb'));
    },
    /data\.mdb has 2 names, and may be somebody else's file/,
  ],
  [
    'a file of another user',
    (d) => {
      writeFileSync(join(d, 'lock.mdb'), '');
      if (process.geteuid?.() === 0) chownSync(join(d, 'lock.mdb'), 64_999, 64_999);
    },
    /lock\.mdb belongs to uid 64999/,
  ],
];
for (const [what, plant, why] of PLANTED) {
  test(`refuses ${what}, which somebody may have put there while it was open to all`, (t) => {
    if (what.includes('another user') && process.geteuid?.() !== 0) return t.skip('only root can give a file away');
    const path = scratchDirectory(t);
    plant(path);
    assert.throws(() => prepareDataDirectory(path), { code: 'DATA_DIRECTORY_UNSAFE', message: why });
  });
}

test('closes no directory that holds other things: /etc was never meant', (t) => {
  const path = scratchDirectory(t);
  chmodSync(path, 0o755);
  writeFileSync(join(path, 'hosts'), '');
  assert.throws(() => prepareDataDirectory(path), {
    message: /it holds other things, and would be closed to their users/,
  });
  assert.equal(modeOf(path), 0o755);
  writeFileSync(join(path, 'data.mdb'), '');
  assert.equal(prepareDataDirectory(path), true, 'where there is a store it is ours');
});

test('takes an empty volume, as a new file system is', (t) => {
  const path = scratchDirectory(t);
  chmodSync(path, 0o755);
  mkdirSync(join(path, 'lost+found'));
  assert.equal(prepareDataDirectory(path), true);
  assert.equal(modeOf(path), 0o700);
});

function modeOf(path: string): number {
  return statSync(path).mode & 0o777;
}
