import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  firstWord,
  type ListedProcess,
  parseReading,
  programName,
} from '../../../../src/process/enumerate/portable/parse-reading.ts';

const AT = { wallMillis: 1_795_398_100_000, uptimeSeconds: 5_000.25 };
const READER_PID = 900;

/** An entry as systeminformation makes it from a line of `ps`. */
function entry(given: Readonly<Record<string, unknown>> = {}) {
  return {
    pid: 44,
    parentPid: 1,
    name: 'cupsd',
    cpu: 0.5,
    memVsz: 33_814_000,
    memRss: 9_212,
    nice: 0,
    state: 'sleeping',
    user: 'root',
    command: 'cupsd',
    params: '-l',
    path: '/usr/sbin',
    startedMillis: 1_795_395_000_000,
    isFile: false,
    ...given,
  };
}

/** What an entry of Windows has in place of it. */
const WINDOWS_ENTRY = { user: '', state: 'unknown', params: '', path: 'C:\\Windows\\System32\\svchost.exe' };

function message(list: readonly unknown[], given: Readonly<Record<string, unknown>> = {}) {
  const own = entry({ pid: READER_PID, parentPid: 899, command: 'node', params: '/opt/process-reader.js' });
  const times = { startedAt: AT, endedAt: AT };
  return { platform: 'darwin', readerPid: READER_PID, cpuCount: 8, ...times, list: [...list, own], ...given };
}

function listed(given: Readonly<Record<string, unknown>>, platform = 'darwin'): ListedProcess {
  const parsed = parseReading(message([entry(given)], { platform }));
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.reason);
  const found = parsed.reading.processes.find(({ pid }) => pid === 44);
  assert.ok(found !== undefined);
  return found;
}

test('takes over what ps tells, in the units of procmond', () => {
  assert.deepEqual(listed({}), {
    pid: 44,
    ppid: 1,
    startedMillis: 1_795_395_000_000,
    name: 'cupsd',
    commandLine: '/usr/sbin/cupsd -l',
    commandLineCut: false,
    userName: 'root',
    userId: undefined,
    stateCode: 'S',
    nice: 0,
    virtualMemoryBytes: 33_814_000 * 1024,
    rssBytes: 9_212 * 1024,
    cpuShare: undefined,
  });
});

test('takes over what Windows tells, and nothing that only looks like it', () => {
  const command = 'C:\\Windows\\System32\\svchost.exe -k LocalServicePeerNet';
  assert.deepEqual(listed({ ...WINDOWS_ENTRY, name: 'svchost.exe', command, memVsz: 8_156 }, 'win32'), {
    pid: 44,
    ppid: 1,
    startedMillis: 1_795_395_000_000,
    rssBytes: 9_212 * 1024,
    name: 'svchost.exe',
    commandLine: command,
    commandLineCut: false,
    executablePath: 'C:\\Windows\\System32\\svchost.exe',
    cpuShare: 0.005,
  });
});

test('has no command line where Windows gave none, and no executable where it denied it', () => {
  const { commandLine, executablePath } = listed(
    { ...WINDOWS_ENTRY, name: 'csrss.exe', command: 'csrss.exe', path: null },
    'win32',
  );
  assert.deepEqual([commandLine, executablePath], [undefined, undefined]);
});

suite('a name of a program is its own', () => {
  const rows: readonly (readonly [string, Readonly<Record<string, unknown>>, string])[] = [
    ['its last segment', {}, 'cupsd'],
    ['one without a path', { path: '', command: '-zsh', params: '' }, '-zsh'],
    [
      'one with blanks, where that is a file',
      { path: '/Applications/Google Chrome.app/Contents/MacOS', command: 'Google Chrome', isFile: true },
      'Google Chrome',
    ],
    ['not its arguments', { path: '', command: 'node server.js', params: '' }, 'node'],
    ['not the end of an argument', { path: 'node test/bench', command: 'bench.ts', params: '' }, 'node'],
    [
      'not a piece of a secret',
      { path: '/usr/local/bin/node server.js token=abc', command: 'def', params: '' },
      'node',
    ],
    ['what stands for the kernel', { path: '', command: 'kworker/0:0-mm', params: '', memVsz: 0 }, 'kworker/0:0-mm'],
  ];
  for (const [story, given, name] of rows) test(story, () => assert.equal(listed(given).name, name));
});

test('joins a command line as it stood, as far as that is known', () => {
  for (const [given, commandLine] of [
    [{ path: '/sbin', command: 'launchd', params: '' }, '/sbin/launchd'],
    [{ path: '', command: '-zsh', params: '' }, '-zsh'],
    [{ path: '', command: 'login', params: '-pf someone' }, 'login -pf someone'],
    [{ path: 'node test/bench', command: 'bench.ts', params: '-x' }, 'node test/bench/bench.ts -x'],
    [{ path: '', command: '', params: '' }, undefined],
    // A zombie, a part of the kernel: what ps tells is a name.
    [{ path: '', command: 'sleep', params: '', memVsz: 0 }, undefined],
  ] as const) {
    assert.equal(listed(given).commandLine, commandLine);
  }
});

test('says where a command line may have been cut', () => {
  assert.equal(listed({ params: 'x'.repeat(4_700) }).commandLineCut, false);
  assert.equal(listed({ params: 'x'.repeat(4_900) }).commandLineCut, true);
});

test('has the letters of proc_pid_stat(5) for the states that systeminformation knows', () => {
  const words = ['running', 'sleeping', 'stopped', 'paging', 'dead', 'zombie', 'blocked', 'unknown', '', undefined];
  assert.deepEqual(
    words.map((state) => listed({ state }).stateCode),
    ['R', 'S', 'T', 'W', 'X', 'Z', 'D', undefined, undefined, undefined],
  );
});

test('takes digits for the id of a user without a name', () => {
  const { userName, userId } = listed({ user: '1042' });
  assert.deepEqual([userName, userId], [undefined, 1042]);
  assert.equal(listed({ user: '' }).userName, undefined);
});

test('tells CPU use where it is one since the reading before, and there alone', () => {
  assert.equal(listed({ cpu: 25 }, 'linux').cpuShare, 0.25);
  assert.equal(listed({ ...WINDOWS_ENTRY, cpu: 25 }, 'win32').cpuShare, 0.25);
  for (const platform of ['darwin', 'freebsd', 'sunos'])
    assert.equal(listed({ cpu: 25 }, platform).cpuShare, undefined);
  for (const cpu of [Number.NaN, null, -1, 101, '3']) assert.equal(listed({ cpu }, 'linux').cpuShare, undefined);
});

test('leaves out what is no figure', () => {
  const nonsense = { memVsz: Number.NaN, memRss: -1, nice: 'x', startedMillis: null };
  const { virtualMemoryBytes, rssBytes, nice, startedMillis } = listed(nonsense);
  assert.deepEqual([virtualMemoryBytes, rssBytes, nice, startedMillis], [undefined, undefined, undefined, undefined]);
  assert.equal(listed({ nice: -20 }).nice, -20);
});

test('passes over lines that are no process, and keeps each pid once', () => {
  const lines = [
    entry(),
    entry({ name: 'again' }),
    entry({ pid: Number.NaN }),
    entry({ pid: -3 }),
    entry({ parentPid: 1.5 }),
  ];
  const parsed = parseReading(message(lines));
  assert.ok(parsed.ok);
  assert.deepEqual(
    parsed.reading.processes.map(({ pid }) => pid),
    [44, READER_PID],
  );
});

suite('is no reading', () => {
  const { params: _, ...fromFallback } = entry();
  const rows: readonly (readonly [string, unknown, RegExp])[] = [
    ['nothing', undefined, /no listing/],
    ['text', 'list', /no listing/],
    ['a number', 7, /no listing/],
    ['null', null, /no listing/],
    ['an object of something else', { list: 'all' }, /no listing/],
    ['a list without its times', message([], { startedAt: undefined }), /no listing/],
    ['times that are none', message([], { endedAt: { wallMillis: Number.NaN, uptimeSeconds: 1 } }), /no listing/],
    ['no processor', message([], { cpuCount: 0 }), /no listing/],
    ['an empty list', message([], { list: [] }), /its own process 900 is not among the 0 that it lists/],
    ['a list that ends before the reader', message([], { list: [entry()] }), /not among the 1 that it lists/],
    ['a list of things', message([1, null, 'x']), /no listing of all processes/],
    ['the list of less that follows when ps fails', message([fromFallback]), /ps failed/],
  ];
  for (const [story, value, reason] of rows) {
    test(story, () => {
      const parsed = parseReading(value);
      assert.equal(parsed.ok, false);
      assert.match(parsed.ok ? '' : parsed.reason, reason);
    });
  }
});

test('finds the first word, quotes and all, and what it is called', () => {
  for (const [commandLine, word, name] of [
    ['/usr/bin/python3 manage.py', '/usr/bin/python3', 'python3'],
    ['"C:\\Program Files\\x.exe" -k', '"C:\\Program Files\\x.exe"', '"C:\\Program Files\\x.exe"'],
    ['  sh -c x', 'sh', 'sh'],
    ['"unclosed', '"unclosed', '"unclosed'],
    ['/', '/', '/'],
    ['', '', ''],
  ] as const) {
    assert.deepEqual([firstWord(commandLine), programName(commandLine)], [word, name]);
  }
});
