import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ProcessRow } from '../../src/event/process-row.ts';
import { describeProcess } from '../../src/process/describe-process.ts';
import { diffSnapshot } from '../../src/process/diff.ts';
import { enumerationOf, type GivenProcess, processOf } from './process-table.ts';

const CONTEXT = {
  sampledAtMillis: 0,
  bootAnchorMillis: 0,
  ticksPerSecond: 100,
  enhanced: true,
  userName: () => undefined,
  groupName: () => undefined,
  cpidOf: () => undefined,
};

const pids = (rowsOf: readonly ProcessRow[]) => rowsOf.map(({ pid }) => pid);

function diff(before: readonly GivenProcess[], now: readonly GivenProcess[], firstLook = false) {
  const rows = new Map<number, ProcessRow>(before.map((given) => [given.pid, processOf(given)]));
  const described: number[] = [];
  const result = diffSnapshot(rows, enumerationOf(now.map(processOf), { endedAtMillis: 0 }), {
    describe: (row) => {
      described.push(row.pid);
      return describeProcess(row, undefined, CONTEXT);
    },
    firstLook,
  });
  return {
    started: pids(result.started),
    stopped: pids(result.stopped),
    stale: pids(result.stale),
    renewed: pids(result.renewed),
    changed: result.changed.map(({ process, changes }) => [process.pid, changes.map(({ field }) => field)] as const),
    described,
  };
}

const NOTHING = { started: [], stopped: [], stale: [], renewed: [], changed: [], described: [] };

const change = (before: readonly string[], now: readonly string[]) =>
  diff([{ pid: 3, details: { args: before } }], [{ pid: 3, details: { args: now } }]).changed;

suite('the difference of two process tables', () => {
  test('is nothing for equal ones, found without describing any process', () => {
    assert.deepEqual(diff([{ pid: 1 }, { pid: 2 }], [{ pid: 1 }, { pid: 2 }]), NOTHING);
    assert.deepEqual(diff([], []), NOTHING);
  });

  test('is nothing to store where details are another object with the same in it, as after a restart', () => {
    const before = new Map<number, ProcessRow>([
      [1, processOf({ pid: 1 })],
      [2, processOf({ pid: 2 })],
    ]);
    const copies = [1, 2].map((pid) => {
      const process = processOf({ pid });
      return { ...process, details: structuredClone(process.details) };
    });
    const now = enumerationOf(copies, { endedAtMillis: 0 });
    const { stale, renewed, changed } = diffSnapshot(before, now, {
      describe: (row) => describeProcess(row, undefined, CONTEXT),
      firstLook: true,
    });
    assert.deepEqual([pids(stale), pids(renewed), changed], [[], [1, 2], []]);
  });

  test('takes a title that a first look found for no other arguments, and an exec that a later one found for such', () => {
    const before = [{ pid: 3, details: { args: ['postgres', '-D', '/data'], title: 'postgres: idle' } }];
    const now = [{ pid: 3, details: { args: ['postgres: busy'] } }];
    assert.deepEqual(diff(before, now, true).changed, []);
    assert.deepEqual(diff(before, now).changed, [[3, ['process.command_args']]]);
    const untitled = [{ pid: 3, details: { args: ['postgres', '-D', '/data'] } }];
    assert.deepEqual(diff(untitled, now, true).changed, [[3, ['process.command_args']]]);
  });

  test('has no change of a text that differs in its secrets alone, and is stored', () => {
    const args = (mark: string, port = '80') => ['app', `--password=${mark}`, port];
    const told = (before: readonly string[], now: readonly string[]) => {
      const { changed, stale } = diff([{ pid: 3, details: { args: before } }], [{ pid: 3, details: { args: now } }]);
      return [changed.length, stale];
    };
    assert.deepEqual(told(args('[redacted:3f9a2c41]'), args('[redacted:00000000]')), [0, [3]]);
    assert.deepEqual(told(args('[redacted]'), args('[redacted:00000000]')), [0, [3]]);
    assert.deepEqual(told(args('[redacted:3f9a2c41]'), args('[redacted:00000000]', '81')), [1, [3]]);
    assert.deepEqual(told(args('[redacted:3f9a2c4]'), args('[redacted:0000000]')), [1, [3]]);
  });

  test('is in the order of pids, whatever order the snapshot came in', () => {
    const { started, stopped } = diff([{ pid: 7 }, { pid: 3 }, { pid: 5 }], [{ pid: 2 }, { pid: 5 }, { pid: 9 }]);
    assert.deepEqual(
      [started, stopped],
      [
        [2, 9],
        [3, 7],
      ],
    );
  });

  test('has a pid on both sides when it was reused', () => {
    const { started, stopped, changed, stale } = diff(
      [{ pid: 3, startTicks: 1 }],
      [{ pid: 3, startTicks: 2, comm: 'x' }],
    );
    assert.deepEqual([started, stopped, changed, stale], [[3], [3], [], [3]]);
  });

  test('makes a row stale for what is kept but not watched, without a change', () => {
    for (const given of [{ terminal: 5 }, { processGroupId: 9 }, { details: { workingDirectory: '/' } }]) {
      const { stale, changed } = diff([{ pid: 3 }], [{ pid: 3, ...given }]);
      assert.deepEqual([stale, changed], [[3], []]);
    }
  });

  test('has a change for each watched field of the identity line alone', () => {
    for (const [given, field] of [
      [{ ppid: 9 }, 'process.parent_pid'],
      [{ sessionId: 9 }, 'process.session_leader.pid'],
      [{ comm: 'x' }, 'procmond.process.comm'],
    ] as const) {
      assert.deepEqual(diff([{ pid: 3 }], [{ pid: 3, ...given }]).changed, [[3, [field]]]);
    }
  });

  test('makes no row stale for figures', () => {
    assert.deepEqual(diff([{ pid: 3 }], [{ pid: 3, rssBytes: 9, stateCode: 'R', userTicks: 1e9 }]), NOTHING);
  });

  test('compares arguments one by one', () => {
    assert.deepEqual(change(['a', 'b c'], ['a', 'b', 'c']), [[3, ['process.command_args']]]);
    assert.deepEqual(change(['a', ''], ['a']), [[3, ['process.command_args']]]);
    assert.deepEqual(change(['a', 'b'], ['a', 'b']), []);
    // Whether there are none, or none could be read, cannot be told from the row.
    assert.deepEqual(change([], ['a']), []);
  });

  for (const [field, before, now] of [
    ['process.executable.path', { executablePath: '/a' }, { executablePath: '/b' }],
    ['procmond.executable.deleted', { executableDeleted: false }, { executableDeleted: true }],
    ['procmond.executable.device', { executableDevice: 1 }, { executableDevice: 2 }],
    ['procmond.executable.inode', { executableInode: 1 }, { executableInode: 2 }],
    ['process.user.id', { userId: 1 }, { userId: 0 }],
    ['process.real_user.id', { realUserId: 1 }, { realUserId: 0 }],
    ['process.saved_user.id', { savedUserId: 1 }, { savedUserId: 0 }],
    ['procmond.process.filesystem_user.id', { filesystemUserId: 1 }, { filesystemUserId: 0 }],
    ['procmond.process.group.id', { groupId: 1 }, { groupId: 0 }],
    ['procmond.process.real_group.id', { realGroupId: 1 }, { realGroupId: 0 }],
    ['procmond.process.saved_group.id', { savedGroupId: 1 }, { savedGroupId: 0 }],
    ['procmond.process.filesystem_group.id', { filesystemGroupId: 1 }, { filesystemGroupId: 0 }],
    ['procmond.process.capabilities.effective', { effectiveCapabilities: '0' }, { effectiveCapabilities: '1' }],
    ['procmond.process.no_new_privileges', { noNewPrivileges: true }, { noNewPrivileges: false }],
    ['procmond.process.seccomp_mode', { seccompMode: 2 }, { seccompMode: 0 }],
    ['procmond.namespace.pid', { pidNamespace: 1 }, { pidNamespace: 2 }],
    ['procmond.namespace.mnt', { mountNamespace: 1 }, { mountNamespace: 2 }],
    ['procmond.namespace.net', { networkNamespace: 1 }, { networkNamespace: 2 }],
    ['procmond.namespace.user', { userNamespace: 1 }, { userNamespace: 2 }],
    ['process.linux.cgroup', { cgroup: '0::/a' }, { cgroup: '0::/b' }],
    ['container.id', { containerId: 'a' }, { containerId: 'b' }],
  ] as const) {
    test(`has a change for ${field}, and none where it is unknown on a side`, () => {
      assert.deepEqual(diff([{ pid: 3, details: before }], [{ pid: 3, details: now }]).changed, [[3, [field]]]);
      const unknown = Object.fromEntries(Object.keys(before).map((key) => [key, undefined]));
      assert.deepEqual(diff([{ pid: 3, details: unknown }], [{ pid: 3, details: now }]).changed, []);
      assert.deepEqual(diff([{ pid: 3, details: before }], [{ pid: 3, details: unknown }]).changed, []);
    });
  }

  test('has a change for a kernel helper that became a program', () => {
    const { changed } = diff([{ pid: 3, kernelThread: true, comm: 'kworker' }], [{ pid: 3, comm: 'modprobe' }]);
    assert.deepEqual(changed, [[3, ['procmond.process.comm']]]);
  });
});
