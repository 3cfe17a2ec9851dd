import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  COLUMN_ALIASES,
  COLUMN_NAMES,
  type ColumnName,
  cellText,
  columnOf,
  DROPPED_FIRST,
  PROCESS_COLUMNS,
  USUAL_COLUMNS,
} from '../../src/listing/process-columns.ts';
import { processOf, SAMPLED_AT_MILLIS } from './process-of.ts';

test('keeps names, other names and titles unique, so that each means one column', () => {
  const names = [...COLUMN_NAMES, ...PROCESS_COLUMNS.flatMap(({ aliases = [] }) => aliases)];
  assert.equal(new Set(names).size, names.length);
  assert.equal(COLUMN_ALIASES.size, names.length - COLUMN_NAMES.length);
  const titles = PROCESS_COLUMNS.map(({ title }) => title);
  assert.equal(new Set(titles).size, titles.length);
});

test('keeps names such that a dash before one is no short flag and no number', () => {
  for (const name of [...COLUMN_NAMES, ...COLUMN_ALIASES.keys()]) assert.match(name, /^[a-z%][a-z%]+$/);
});

test('keeps pid and command on every terminal', () => {
  assert.deepEqual(
    USUAL_COLUMNS.filter((name) => !DROPPED_FIRST.includes(name)),
    ['pid', 'command'],
  );
  for (const name of DROPPED_FIRST) assert.ok(USUAL_COLUMNS.includes(name));
});

const FULL = processOf({
  pid: 4242,
  ppid: 811,
  name: 'php-fpm',
  executablePath: '/usr/sbin/php-fpm',
  commandLine: ['php-fpm:', 'pool www'],
  startTime: SAMPLED_AT_MILLIS - 90_061_000,
  cpuUsage: 12.345,
  memoryUsage: 13_841_203,
  userId: 33,
  metadata: {
    userName: 'www-data',
    groupId: 33,
    groupName: 'www-data',
    stateCode: 'R',
    threads: 3,
    nice: -5,
    userCpuSeconds: 61,
    systemCpuSeconds: 1.5,
    virtualMemoryBytes: 1_073_741_824,
    sessionId: 800,
    containerId: 'c0ffee',
    cgroup: '/system.slice/php.service',
    workingDirectory: '/srv',
  },
});
const CELLS: Record<ColumnName, readonly [full: string, bare: string]> = {
  pid: ['4242', '7'],
  ppid: ['811', '2'],
  user: ['www-data', '-'],
  group: ['www-data', '-'],
  state: ['R', '-'],
  threads: ['3', '-'],
  nice: ['-5', '-'],
  cpu: ['12.3', '-'],
  time: ['1m02s', '-'],
  rss: ['13.2M', '-'],
  virtual: ['1.0G', '-'],
  age: ['1d01h', '-'],
  start: ['2026-11-22T10:58:59Z', '-'],
  session: ['800', '-'],
  container: ['c0ffee', '-'],
  cgroup: ['/system.slice/php.service', '-'],
  directory: ['/srv', '-'],
  name: ['php-fpm', 'kthreadd'],
  executable: ['/usr/sbin/php-fpm', '-'],
  command: ['php-fpm: pool www', '[kthreadd]'],
};
for (const name of COLUMN_NAMES) {
  test(`keeps ${name} readable, and a dash where there is none`, () => {
    const bare = { pid: 7, ppid: 2, name: 'kthreadd', commandLine: [], accessible: true, timestamp: 0 };
    const [full, absent] = CELLS[name];
    assert.equal(cellText(columnOf(name), FULL), full);
    assert.equal(cellText(columnOf(name), bare), absent);
    if (absent === '-') assert.equal(columnOf(name).value(bare), undefined);
  });
}

test('keeps the command line of a platform that has no arguments', () => {
  const process = processOf({ pid: 1, commandLine: [], metadata: { commandLineText: 'C:\\x.exe -v' } });
  assert.equal(cellText(columnOf('command'), process), 'C:\\x.exe -v');
});

test('keeps users and groups without a name by number', () => {
  const { metadata, ...rest } = { metadata: { userName: undefined, groupId: 7 }, pid: 1, userId: 1234 };
  const process = processOf({ ...rest, metadata });
  assert.equal(cellText(columnOf('user'), process), '1234');
  assert.equal(cellText(columnOf('group'), process), '7');
});
