import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseStatus } from '../../../../src/process/enumerate/linux/parse-status.ts';
import { statusText } from './proc-tree.ts';

const TEXT = [
  'Name:\tnginx',
  'State:\tS (sleeping)',
  'Tgid:\t52',
  'Uid:\t1\t2\t3\t4',
  'Gid:\t5\t6\t7\t8',
  'Groups:\t33 44 ',
  'NStgid:\t52\t7\t1',
  'NSpid:\t52\t7\t1',
  'CapInh:\t0000000000000000',
  'CapEff:\t000001ffffffffff',
  'NoNewPrivs:\t1',
  'Seccomp:\t2',
  'Seccomp_filters:\t9',
  '',
].join('\n');

const FIELDS = {
  realUserId: 1,
  userId: 2,
  savedUserId: 3,
  filesystemUserId: 4,
  realGroupId: 5,
  groupId: 6,
  savedGroupId: 7,
  filesystemGroupId: 8,
  namespacePids: [52, 7, 1],
  effectiveCapabilities: '000001ffffffffff',
  noNewPrivileges: true,
  seccompMode: 2,
};

suite('/proc/PID/status', () => {
  test('gives each id in its role', () => assert.deepEqual(parseStatus(TEXT), FIELDS));

  test('gives the right values or none for a text that is cut anywhere', () => {
    for (let length = 0; length < TEXT.length; length++) {
      const parsed: Record<string, unknown> = { ...parseStatus(TEXT.slice(0, length)) };
      for (const [name, value] of Object.entries(parsed)) {
        assert.deepEqual(value, FIELDS[name as keyof typeof FIELDS], `${name} of the first ${length} characters`);
      }
    }
  });

  test('takes ids of unmapped users, 4294967295 included', () => {
    assert.equal(parseStatus(statusText(1, { Uid: '0\t4294967295\t65534\t0' })).userId, 4_294_967_295);
  });

  for (const [story, fields, missing] of [
    ['three uids', { Uid: '1\t2\t3' }, 'userId'],
    ['five uids', { Uid: '1\t2\t3\t4\t5' }, 'userId'],
    ['a uid that is no number', { Uid: '1\tx\t3\t4' }, 'userId'],
    ['a negative gid', { Gid: '-1\t2\t3\t4' }, 'groupId'],
    ['an empty list of pids', { NStgid: '' }, 'namespacePids'],
    ['capabilities of other length', { CapEff: 'ff' }, 'effectiveCapabilities'],
    ['two numbers for one', { NoNewPrivs: '1 1' }, 'noNewPrivileges'],
    ['no seccomp mode', { Seccomp: '' }, 'seccompMode'],
  ] as const) {
    test(`leaves ${missing} absent for ${story}, and keeps the rest`, () => {
      const parsed: Record<string, unknown> = { ...parseStatus(statusText(9, fields)) };
      assert.equal(parsed[missing], undefined);
      assert.ok(Object.keys(parsed).length >= 7);
    });
  }

  test('leaves what an old kernel does not say absent', () => {
    assert.deepEqual(
      Object.keys(parseStatus('Name:\tinit\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nThreads:\t1\n')).length,
      8,
    );
  });

  test('is not fooled by a name that looks like a line', () => {
    // The kernel writes a newline in the name as `\n` and a backslash as `\\`.
    assert.equal(parseStatus(statusText(9, { Name: 'x\\nUid:\\t0\\t0\\t0\\t0' })).userId, 1000);
  });

  test('finds what stands behind a line of groups of any length', () => {
    const groups = '4294967294 '.repeat(65_536);
    assert.equal(parseStatus(TEXT.replace('33 44 ', groups)).effectiveCapabilities, FIELDS.effectiveCapabilities);
  });
});
