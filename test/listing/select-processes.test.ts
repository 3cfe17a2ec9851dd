import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ProcessSelection, selectProcesses } from '../../src/listing/select-processes.ts';
import { processOf } from './process-of.ts';

const EVERYTHING: ProcessSelection = { words: [], users: [], pids: [], states: [], withoutKernelThreads: false };

const LIST = [
  processOf({ pid: 1, name: 'systemd', executablePath: '/lib/systemd/systemd', commandLine: ['/sbin/init'] }),
  processOf({
    pid: 2,
    name: 'kthreadd',
    executablePath: undefined,
    commandLine: [],
    metadata: { kernelThread: true },
  }),
  processOf({
    pid: 80,
    ppid: 1,
    name: 'nginx',
    executablePath: '/usr/sbin/nginx',
    commandLine: ['nginx:', 'Master process'],
    metadata: { stateCode: 'S' },
  }),
  processOf({
    pid: 81,
    ppid: 80,
    name: 'nginx',
    executablePath: '/usr/sbin/nginx',
    commandLine: ['nginx:', 'worker process'],
    userId: 33,
    metadata: { userName: 'www-data', stateCode: 'D' },
  }),
  processOf({
    pid: 90,
    ppid: 1,
    name: 'ÄRGER',
    commandLine: ['sleep', '8080'],
    userId: 1234,
    metadata: { userName: undefined, stateCode: 't' },
  }),
];

const SELECTIONS: readonly (readonly [story: string, selection: Partial<ProcessSelection>, pids: number[]])[] = [
  ['nothing asked', {}, [1, 2, 80, 81, 90]],
  ['a word in the command line', { words: ['worker'] }, [81]],
  ['a word in any case', { words: ['MASTER'] }, [80]],
  ['letters beyond ASCII in any case', { words: ['ärg'] }, [90]],
  ['a word in the path only', { words: ['/lib/systemd'] }, [1]],
  ['a word in the name only', { words: ['kthread'] }, [2]],
  ['a word across arguments', { words: ['nginx: master'] }, [80]],
  ['no word across two texts', { words: ['nginxnginx'] }, []],
  ['every word', { words: ['nginx', 'process', 'sbin'] }, [80, 81]],
  ['every word, not any', { words: ['nginx', 'init'] }, []],
  ['a pid as a word, and what holds it', { words: ['80'] }, [80, 90]],
  ['no part of a pid', { words: ['0'] }, [90]],
  ['a user by name', { users: ['www-data'] }, [81]],
  ['users by number, named or not', { users: ['33', '1234'] }, [81, 90]],
  ['no part of a user', { users: ['www'] }, []],
  ['nobody for a user without a name', { users: ['undefined'] }, []],
  ['pids', { pids: [90, 1, 5] }, [1, 90]],
  ['states by all their letters', { states: ['stopped', 'uninterruptible'] }, [81, 90]],
  ['no kernel threads', { withoutKernelThreads: true }, [1, 80, 81, 90]],
  ['everything at once', { words: ['nginx'], users: ['root'], pids: [80, 81], states: ['sleeping'] }, [80]],
];
for (const [story, selection, pids] of SELECTIONS) {
  test(`keeps what was asked for: ${story}`, () => {
    assert.deepEqual(selectedPids(LIST, selection), pids);
  });
}

const ASKING = [
  processOf({ pid: 1, name: 'init', commandLine: ['init'] }),
  processOf({
    pid: 10,
    ppid: 1,
    name: 'bash',
    executablePath: '/bin/bash',
    commandLine: ['bash', '-c', 'procmond ps web'],
  }),
  processOf({
    pid: 11,
    ppid: 10,
    name: 'sudo',
    executablePath: '/bin/sudo',
    commandLine: ['sudo', 'procmond', 'ps', 'web'],
  }),
  processOf({
    pid: 12,
    ppid: 11,
    name: 'node',
    executablePath: '/bin/node',
    commandLine: ['node', 'procmond', 'ps', 'web'],
  }),
  processOf({ pid: 13, ppid: 12, name: 'child', executablePath: '/bin/child', commandLine: ['child', 'web'] }),
  processOf({ pid: 20, ppid: 1, name: 'web', executablePath: '/bin/web', commandLine: ['web'] }),
];
const QUESTIONS: readonly (readonly [story: string, selection: Partial<ProcessSelection>, pids: number[]])[] = [
  ['not the one that asks, nor those that hold its words', { words: ['web'] }, [13, 20]],
  ['those above it, by name', { words: ['bash'] }, [10]],
  ['those above it, by path', { words: ['/bin/sudo'] }, [11]],
  ['those above it, by pid', { words: ['10'] }, [10]],
  ['never the one that asks', { words: ['node'] }, []],
  ['the one that asks, where there is no word', { pids: [12] }, [12]],
];
for (const [story, selection, pids] of QUESTIONS) {
  test(`keeps words from finding themselves: ${story}`, () => {
    assert.deepEqual(selectedPids(ASKING, { ...selection, askingPid: 12 }), pids);
  });
}

test('keeps words from finding themselves also where parents go in a circle, or nobody asks', () => {
  const circle = [processOf({ pid: 5, ppid: 6 }), processOf({ pid: 6, ppid: 5, commandLine: ['web'] })];
  assert.deepEqual(selectedPids(circle, { words: ['web'], askingPid: 5 }), []);
  assert.deepEqual(selectedPids(circle, { words: ['web'], askingPid: 99 }), [6]);
  assert.deepEqual(selectedPids(ASKING, { words: ['web'] }), [10, 11, 12, 13, 20]);
});

function selectedPids(processes: Parameters<typeof selectProcesses>[0], selection: Partial<ProcessSelection>) {
  return selectProcesses(processes, { ...EVERYTHING, ...selection }).map(({ pid }) => pid);
}

test('keeps a process by a word in the one text that a platform has in place of arguments', () => {
  const processes = [
    processOf({ pid: 1, commandLine: [], metadata: { commandLineText: 'svchost.exe -k LocalService' } }),
    processOf({ pid: 2, commandLine: [] }),
  ];
  assert.deepEqual(selectedPids(processes, { words: ['localservice'] }), [1]);
});
