import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { ListedRoots } from '../../src/hasher/listed-roots.ts';
import { folder } from './program-file.ts';

suite('a path is allowed by its text', () => {
  const roots = new ListedRoots(['/usr/bin', '/opt/']);
  for (const [path, allowed] of [
    ['/usr/bin/true', true],
    ['/opt/a/b/c', true],
    ['/opt/a b', true],
    ['/usr/bin', false],
    ['/usr/bin/', false],
    ['/usr/binary', false],
    ['/usr/bin/../../etc/shadow', false],
    ['/usr/bin/./true', false],
    ['/usr/bin//true', false],
    ['/etc/shadow', false],
    ['/', false],
    ['usr/bin/true', false],
    ['', false],
  ] as const) {
    test(`${JSON.stringify(path)}: ${allowed}`, () => assert.equal(roots.allows(path), allowed));
  }

  test('and everything is, below the root of all', () => {
    assert.equal(new ListedRoots(['/']).allows('/etc/shadow'), true);
  });
});

suite('a file is opened', () => {
  test('below a root, also one that is a link itself, as /bin is', async (t) => {
    const { inside, outside } = tree(t);
    assert.equal(await tryOpen([inside], join(inside, 'program')), 'opened');
    const link = join(outside, 'link-to-inside');
    symlinkSync(inside, link);
    assert.equal(await tryOpen([link], join(link, 'program')), 'opened');
    assert.equal(await tryOpen(['/'], join(inside, 'program')), 'opened');
    assert.equal(await tryOpen([join(outside, 'missing'), inside], join(inside, 'program')), 'opened');
  });

  test('through a link of a folder that stays inside, and not through one that leads out', async (t) => {
    const { inside, outside } = tree(t);
    symlinkSync(join(inside, 'folder'), join(inside, 'in'));
    symlinkSync(outside, join(inside, 'out'));
    assert.equal(await tryOpen([inside], join(inside, 'in', 'program')), 'opened');
    assert.equal(await tryOpen([inside], join(inside, 'out', 'secret')), 'denied');
    assert.deepEqual(descriptorsBelow(outside), []);
  });

  test('not when it is a link itself, wherever that leads', async (t) => {
    const { inside, outside } = tree(t);
    symlinkSync(join(inside, 'program'), join(inside, 'alias'));
    symlinkSync(join(outside, 'secret'), join(inside, 'trap'));
    symlinkSync(join(outside, 'missing'), join(inside, 'dangling'));
    for (const name of ['alias', 'trap', 'dangling']) {
      assert.equal(await tryOpen([inside], join(inside, name)), 'ELOOP', name);
    }
  });

  test('without waiting for who would write into a FIFO', async (t) => {
    const { inside } = tree(t);
    execFileSync('mkfifo', [join(inside, 'fifo')]);
    assert.equal(await tryOpen([inside], join(inside, 'fifo')), 'opened');
  });

  test('and is judged by where it lies, also when its name is gone meanwhile', async (t) => {
    const { inside } = tree(t);
    const path = join(inside, 'program');
    const opening = new ListedRoots([inside]).open(path);
    rmSync(path);
    const file = await opening.catch((error: NodeJS.ErrnoException) => error.code);
    if (typeof file === 'object') await file.close();
    assert.notEqual(file, 'denied');
  });
});

function tree(t: TestContext) {
  const [inside, outside] = [join(folder(t), 'inside'), join(folder(t), 'outside')];
  mkdirSync(join(inside, 'folder'), { recursive: true });
  mkdirSync(outside);
  writeFileSync(join(inside, 'program'), 'program');
  writeFileSync(join(inside, 'folder', 'program'), 'program');
  writeFileSync(join(outside, 'secret'), 'secret');
  return { inside, outside };
}

async function tryOpen(roots: readonly string[], path: string): Promise<string | undefined> {
  try {
    const file = await new ListedRoots(roots).open(path);
    if (typeof file === 'string') return file;
    await file.close();
    return 'opened';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}

function descriptorsBelow(directory: string): readonly string[] {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(directory);
    } catch {
      // The one the listing itself was read through.
      return false;
    }
  });
}
