import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  hidepidMode,
  hidesProcesses,
  parseAuxv,
  parseKernelStat,
} from '../../../../src/process/enumerate/linux/parse-kernel.ts';

suite('/proc/stat', () => {
  const STAT = 'cpu  1 2 3\nintr 3844460 0 0\nctxt 9\nbtime 1795398100\nprocesses 50697\nprocs_running 3\n';

  test('gives boot time and tasks created', () => {
    assert.deepEqual(parseKernelStat(STAT), { bootTimeSeconds: 1_795_398_100, tasksCreated: 50_697 });
  });

  for (const [story, text] of [
    ['nothing', ''],
    ['no boot time', STAT.replace('btime', 'xtime')],
    ['no count of tasks', STAT.replace('processes', 'procs')],
    ['a boot time that is no number', STAT.replace('1795398100', '-1')],
    ['a count that is cut', STAT.slice(0, STAT.indexOf('97\n'))],
  ] as const) {
    test(`is not taken from ${story}`, () => assert.equal(parseKernelStat(text), undefined));
  }
});

const vector = (...entries: readonly (readonly [number, bigint])[]) => {
  const bytes = Buffer.alloc(entries.length * 16);
  entries.forEach(([type, value], index) => {
    bytes.writeBigUInt64LE(BigInt(type), index * 16);
    bytes.writeBigUInt64LE(value, index * 16 + 8);
  });
  return bytes;
};

suite('the auxiliary vector', () => {
  test('gives page size and clock tick wherever they stand', () => {
    const bytes = vector([33, 0xffff_ffff_ffff_f000n], [6, 65_536n], [3, 64n], [17, 100n], [0, 0n]);
    assert.deepEqual(parseAuxv(bytes), { pageBytes: 65_536, ticksPerSecond: 100 });
  });

  test('may lie anywhere in memory', () => {
    const bytes = Buffer.concat([Buffer.alloc(3), vector([6, 4096n], [17, 100n])]).subarray(3);
    assert.deepEqual(parseAuxv(bytes), { pageBytes: 4096, ticksPerSecond: 100 });
  });

  test('gives nothing when either is missing, 0 or cut off', () => {
    assert.equal(parseAuxv(Buffer.alloc(0)), undefined);
    assert.equal(parseAuxv(vector([6, 4096n])), undefined);
    assert.equal(parseAuxv(vector([6, 0n], [17, 100n])), undefined);
    assert.equal(parseAuxv(vector([6, 4096n], [17, 100n]).subarray(0, 31)), undefined);
  });
});

const mountLine = (mountPoint: string, options: string, type = 'proc', root = '/') =>
  `22 27 0:21 ${root} ${mountPoint} rw,nosuid shared:5 - ${type} proc ${options}\n`;

suite('hidepid in the mount table', () => {
  const EARLIER = '20 1 8:1 / / rw,relatime - ext4 /dev/root rw\n';

  for (const [options, mode] of [
    ['rw', 'off'],
    ['rw,hidepid=0', 'off'],
    ['rw,hidepid=off', 'off'],
    ['rw,hidepid=3', 'off'],
    ['rw,hidepid=1', 'noaccess'],
    ['rw,hidepid=2', 'invisible'],
    ['rw,gid=4,hidepid=2', 'invisible'],
    ['rw,hidepid=4', 'ptraceable'],
    ['rw,hidepid=noaccess', 'noaccess'],
    ['rw,hidepid=invisible', 'invisible'],
    ['rw,hidepid=ptraceable,subset=pid', 'ptraceable'],
  ] as const) {
    test(`is ${mode} with ${options}, and ${mode === 'off' ? 'hides nothing' : 'hides'}`, () => {
      const table = EARLIER + mountLine('/proc', options);
      assert.equal(hidepidMode(table, '/proc'), mode);
      assert.equal(hidesProcesses(table, '/proc'), mode !== 'off');
    });
  }

  for (const [story, table, root, hides] of [
    [
      'another mount than the one that is read',
      mountLine('/proc', 'rw') + mountLine('/host/proc', 'rw,hidepid=2'),
      '/proc',
      false,
    ],
    ['the mount that is read', mountLine('/proc', 'rw') + mountLine('/host/proc', 'rw,hidepid=2'), '/host/proc', true],
    ['a mount bound elsewhere', mountLine('/mnt/p', 'rw,hidepid=invisible', 'proc', '/'), '/mnt/p', true],
    ['a folder below the mount', mountLine('/host', 'rw,hidepid=2'), '/host/proc', true],
    ['a mount whose name is the start of another', mountLine('/proc', 'rw,hidepid=2'), '/process', false],
    ['a later mount over the first', mountLine('/proc', 'rw,hidepid=2') + mountLine('/proc', 'rw'), '/proc', false],
    ['a mount point with a space in it', mountLine('/a\\040b', 'rw,hidepid=2'), '/a b', true],
    [
      'a source that is called like it',
      mountLine('/proc', 'rw').replace('- proc proc', '- proc hidepid=2'),
      '/proc',
      false,
    ],
    ['another file system', mountLine('/proc', 'rw,hidepid=2', 'tmpfs'), '/proc', false],
    ['no mount at all', EARLIER, '/tmp/fixture', false],
    ['an empty table', '', '/proc', false],
  ] as const) {
    test(`is taken from ${story} as it should be`, () => assert.equal(hidesProcesses(table, root), hides));
  }
});
