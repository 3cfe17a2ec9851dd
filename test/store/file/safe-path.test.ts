import assert from 'node:assert/strict';
import { chmodSync, lchownSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { unsafeStep } from '../../../src/store/file/safe-path.ts';
import { scratchDirectory } from '../../fake/scratch-store.ts';

const US = process.geteuid?.() ?? -1;
const STRANGER = 64_999;
const asRoot = { skip: US !== 0 && 'only root can give a link to another user' };
const onUnix = { skip: US === -1 && 'there are no users to go by' };

/** A folder of the mode, in one of ours. */
function folder(t: TestContext, mode: number): string {
  const path = join(scratchDirectory(t), 'folder');
  mkdirSync(path);
  chmodSync(path, mode);
  return path;
}

function linkOf(owner: number, target: string, path: string): string {
  symlinkSync(target, path);
  if (owner !== US) lchownSync(path, owner, owner);
  return path;
}

test('trusts folders that others may not write to, or only add to', onUnix, (t) => {
  for (const mode of [0o700, 0o755, 0o775, 0o1777]) {
    assert.equal(unsafeStep(join(folder(t, mode), 'data'), US), undefined, mode.toString(8));
  }
});

test('names the folder where everybody may exchange the next step, at whatever height', onUnix, (t) => {
  const path = folder(t, 0o777);
  const why = `everybody may exchange what is in ${path}`;
  assert.deepEqual(unsafeStep(join(path, 'data'), US), { why, remedy: `chmod +t ${path}` });
  mkdirSync(join(path, 'data'));
  assert.equal(unsafeStep(join(path, 'data', 'below'), US)?.why, why);
});

test('trusts what is in itself writable to all: what it holds is the question of another step', onUnix, (t) => {
  assert.equal(unsafeStep(folder(t, 0o777), US), undefined);
});

test(
  'follows links of ours, also by ".." and to what is not there, to the folder that everybody may change',
  onUnix,
  (t) => {
    const open = folder(t, 0o777);
    const own = scratchDirectory(t);
    mkdirSync(join(open, 'target'));
    linkOf(US, join(open, 'target'), join(own, 'absolute'));
    linkOf(US, 'folder/../folder/target', join(open, '..', 'relative'));
    for (const path of [join(own, 'absolute'), join(open, '..', 'relative'), join(own, 'absolute', 'below')]) {
      assert.match(unsafeStep(path, US)?.why ?? '', /^everybody may exchange what is in .*\/folder$/, path);
    }
    linkOf(US, join(own, 'nothing'), join(own, 'dangling'));
    assert.equal(unsafeStep(join(own, 'dangling'), US), undefined);
  },
);

test('names a link that somebody else made, behind one of ours as well', asRoot, (t) => {
  const shared = folder(t, 0o1777);
  const own = scratchDirectory(t);
  const theirs = linkOf(STRANGER, own, join(shared, 'theirs'));
  linkOf(US, theirs, join(own, 'ours'));
  for (const path of [theirs, join(theirs, 'data'), join(own, 'ours')]) {
    assert.equal(unsafeStep(path, US)?.why, `uid ${STRANGER} made the symbolic link ${theirs}`, path);
  }
  assert.equal(unsafeStep(theirs, STRANGER), undefined, "to its maker it is no stranger's");
  linkOf(0, own, join(shared, 'roots'));
  assert.equal(unsafeStep(join(shared, 'roots'), STRANGER), undefined, 'root is trusted by all');
});

test('ends where links lead in a circle', onUnix, (t) => {
  const own = scratchDirectory(t);
  linkOf(US, 'b', join(own, 'a'));
  linkOf(US, 'a', join(own, 'b'));
  assert.match(unsafeStep(join(own, 'a'), US)?.why ?? '', /is one link too many$/);
});
