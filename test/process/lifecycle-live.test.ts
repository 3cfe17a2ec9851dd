import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import type { FieldChange, ProcessChanged, ProcessCollectionEvent } from '../../src/event/collection-event.ts';
import { waitUntil } from '../fake/wait-until.ts';
import { asRoot, LiveSource, Obedient, onLinux, running, scratch } from './live-source.ts';

/** The one change that was told, as `field: old -> new`. */
function only(events: readonly ProcessCollectionEvent[]): ProcessChanged {
  assert.deepEqual(
    events.map(({ action }) => action),
    ['changed'],
  );
  return events[0] as ProcessChanged;
}

function changeOf({ changes }: ProcessChanged, field: string): FieldChange {
  const found = changes.find((change) => change.field === field);
  assert.ok(found !== undefined, `${field} is not among ${changes.map((change) => change.field).join(', ')}`);
  return found;
}

const fieldsOf = ({ changes }: ProcessChanged) => changes.map(({ field }) => field);

async function begun(t: TestContext, pid: number): Promise<LiveSource> {
  const source = await LiveSource.open(t);
  source.watch(pid);
  await source.cycle();
  return source;
}

suite('a process of this host', onLinux, () => {
  test('that nothing happens to is told of once, and never after a restart of procmond', async (t) => {
    const obedient = await Obedient.start(t);
    const source = await begun(t, obedient.pid);
    assert.deepEqual(await source.cycle(), []);
    await source.restart();
    assert.deepEqual(await source.cycle(), []);
  });

  test('that starts and stops is told to have, with how long it ran', async (t) => {
    const source = await LiveSource.open(t);
    await source.cycle();
    const obedient = await Obedient.start(t);
    const before = Date.now();
    source.watch(obedient.pid);
    const [started] = await source.lifeOf(obedient.pid);
    assert.deepEqual(
      [started?.action, started?.parentName],
      ['started', readFileSync('/proc/self/comm', 'utf8').trim()],
    );
    obedient.child.kill('SIGKILL');
    await new Promise((resolve) => obedient.child.once('close', resolve));
    const [stopped, ...more] = await source.lifeOf(obedient.pid);
    assert.ok(stopped?.action === 'stopped' && more.length === 0);
    assert.equal(stopped.process.executablePath, started?.process.executablePath);
    const runTimeMillis = stopped.runTimeMillis ?? Number.NaN;
    // The kernel's boot time is told in whole seconds.
    assert.ok(runTimeMillis >= 0 && runTimeMillis <= Date.now() - before + 3_000, String(runTimeMillis));
  });

  test('that execs in place is told with its old and its new program', async (t) => {
    const { pid, child } = await running(t, '/bin/sh', ['-c', 'echo ready; read line; exec cat']);
    const source = await begun(t, pid);
    child.stdin?.write('go\n');
    await waitUntil('it is a cat', () => readFileSync(`/proc/${pid}/comm`, 'utf8') === 'cat\n');
    const changed = only(await source.lifeOf(pid));
    const path = changeOf(changed, 'process.executable.path');
    assert.match(String(path.old), /sh$/);
    assert.match(String(path.new), /cat$/);
    assert.deepEqual(changeOf(changed, 'process.command_args').new, ['cat']);
    assert.deepEqual(changeOf(changed, 'procmond.process.comm'), {
      field: 'procmond.process.comm',
      old: 'sh',
      new: 'cat',
    });
    assert.deepEqual(await source.lifeOf(pid), []);
  });

  test('that execs in place while procmond does not run is told so', async (t) => {
    const { pid, child } = await running(t, '/bin/sh', ['-c', 'echo ready; read line; exec cat']);
    const source = await begun(t, pid);
    child.stdin?.write('go\n');
    await waitUntil('it is a cat', () => readFileSync(`/proc/${pid}/comm`, 'utf8') === 'cat\n');
    await source.restart();
    const changed = only(await source.lifeOf(pid));
    assert.equal(changed.cause, 'while_down');
    assert.match(String(changeOf(changed, 'process.executable.path').old), /sh$/);
  });

  test('that loses its parent is told with the one it has now, which is init or a subreaper', async (t) => {
    const script = 'sh -c "echo \\$\\$; exec cat >/dev/null" 0<&3 & read line';
    const { pid, said, child } = await running(t, '/bin/sh', ['-c', `exec 3<&0; ${script}`]);
    const orphan = Number(said);
    t.after(() => process.kill(orphan, 'SIGKILL'));
    await waitUntil('it is a cat', () => readFileSync(`/proc/${orphan}/comm`, 'utf8') === 'cat\n');
    const source = await begun(t, orphan);
    child.kill('SIGKILL');
    await waitUntil('it is an orphan', () => parentOf(orphan) !== pid);
    const changed = only(await source.lifeOf(orphan));
    assert.deepEqual(changed.changes, [{ field: 'process.parent_pid', old: pid, new: parentOf(orphan) }]);
  });

  test('whose program is removed is told so, and that no other is in its place', async (t) => {
    const { pid, program, source } = await ownProgram(t);
    rmSync(program);
    const changed = only(await source.lifeOf(pid));
    assert.deepEqual(changed.changes, [{ field: 'procmond.executable.deleted', old: false, new: true }]);
    assert.deepEqual(
      [changed.process.fileExists, changed.process.platformMetadata?.executableReplaced],
      [false, false],
    );
    assert.deepEqual(await source.lifeOf(pid), []);
  });

  test('whose program is exchanged on disk is told so, and that another is in its place', async (t) => {
    const { pid, program, source } = await ownProgram(t);
    copyFileSync('/bin/cat', `${program}.new`);
    renameSync(`${program}.new`, program);
    const changed = only(await source.lifeOf(pid));
    assert.deepEqual(changed.changes, [{ field: 'procmond.executable.deleted', old: false, new: true }]);
    assert.equal(changed.process.platformMetadata?.executableReplaced, true);
    assert.equal(changed.process.executablePath, program);
    assert.deepEqual(await source.lifeOf(pid), []);
  });

  test('whose parent ends too is told to have stopped, each once', async (t) => {
    const { pid, said } = await running(t, '/bin/sh', ['-c', 'sleep 600 & echo $!; read line']);
    const source = await LiveSource.open(t);
    source.watch(pid);
    source.watch(Number(said));
    await source.cycle();
    process.kill(Number(said), 'SIGKILL');
    process.kill(pid, 'SIGKILL');
    source.tree.remove(String(pid));
    source.tree.remove(said);
    const told = (await source.cycle()).filter((event) => event.kind === 'process');
    assert.deepEqual(
      told.map((event) => [event.action, event.process.pid]),
      [pid, Number(said)].toSorted((a, b) => a - b).map((id) => ['stopped', id]),
    );
  });
});

suite('a process of this host that changes its rights', asRoot, () => {
  test('is told with user, group and capabilities of before and of now', async (t) => {
    const obedient = await Obedient.start(t);
    const source = await begun(t, obedient.pid);
    await obedient.ask('process.setgroups([]); process.setgid(65534); process.setuid(65534)');
    const changed = only(await source.lifeOf(obedient.pid));
    assert.deepEqual(changeOf(changed, 'process.user.id'), { field: 'process.user.id', old: 0, new: 65_534 });
    assert.equal(changeOf(changed, 'procmond.process.group.id').new, 65_534);
    assert.equal(changeOf(changed, 'procmond.process.capabilities.effective').new, '0000000000000000');
    assert.ok(!fieldsOf(changed).includes('process.executable.path'));
    assert.deepEqual(await source.lifeOf(obedient.pid), []);
  });

  test('for a moment only, as a set-user-id program does, is told of what a cycle sees of it', async (t) => {
    const obedient = await Obedient.start(t);
    const source = await begun(t, obedient.pid);
    await obedient.ask('process.seteuid(65534)');
    const dropped = only(await source.lifeOf(obedient.pid));
    assert.equal(changeOf(dropped, 'process.user.id').new, 65_534);
    assert.ok(!fieldsOf(dropped).includes('process.real_user.id'));
    await obedient.ask('process.seteuid(0)');
    assert.equal(changeOf(only(await source.lifeOf(obedient.pid)), 'process.user.id').new, 0);
  });
});

/** A process of a program that only it runs. */
async function ownProgram(t: TestContext) {
  const program = join(scratch(t), 'program');
  copyFileSync('/bin/sh', program);
  const { pid } = await running(t, program, ['-c', 'echo ready; read line']);
  return { pid, program, source: await begun(t, pid) };
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}
