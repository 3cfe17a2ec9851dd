import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import type { Enumeration } from '../../../../src/process/enumerate/enumerator.ts';
import { createRedactor } from '../../../../src/process/redact/redactor.ts';
import { scratchDirectory } from '../../../fake/scratch-store.ts';
import { byPid, Listing, programs, readerOnPlatform } from './readers.ts';

/**
 * What the programs of other systems print goes through systeminformation's own parsers, in a reader that takes this host
 * for such a system. What is captured and what is made up in it: at the top of the fixtures.
 */
const FIXTURES = join(import.meta.dirname, '../../../fixtures/portable');
const posix = { skip: process.platform === 'win32' && 'programs stand in as shell scripts' };

/** A shell command that prints a fixture, with pids and folders filled in; numbers are as wide as columns are. */
function printing(fixture: string, applications = ''): string {
  const fill = `s/@READER@/$(printf %5d $READER_PID)/; s/@SHELL@/$(printf %5d $$)/; s|@APPLICATIONS@|${applications}|`;
  return `grep -v '^#' '${join(FIXTURES, fixture)}' | sed "${fill}g; s/@READER@/$(printf %5d $READER_PID)/g"`;
}

suite('ps of macOS', posix, () => {
  async function macOs(t: TestContext) {
    const applications = scratchDirectory(t);
    for (const name of ['Google Chrome', 'Google Chrome Helper (Renderer)']) {
      mkdirSync(join(applications, `${name}.app/Contents/MacOS`), { recursive: true });
      writeFileSync(join(applications, `${name}.app/Contents/MacOS/${name}`), '');
    }
    const env = { PATH: programs(t, { ps: printing('macos-ps.txt', applications) }) };
    const list = new Listing(t, { env, readerModule: readerOnPlatform(t, 'darwin') });
    return { list, applications };
  }

  /** Seconds a process has run by what is told of it. */
  function age({ processes, boot, endedAtMillis }: Enumeration, pid: number): number {
    const startTicks = processes.find((process) => process.pid === pid)?.startTicks ?? Number.NaN;
    return endedAtMillis / 1000 - (boot.timeMillis / 1000 + startTicks);
  }

  test('lists every process but those that read', async (t) => {
    const { processes } = await (await macOs(t)).list.cycle();
    assert.deepEqual(
      processes.map(({ pid, ppid, comm }) => [pid, ppid, comm]),
      [
        [1, 0, 'launchd'],
        [359, 1, 'loginwindow'],
        [371, 1, 'WindowServer'],
        [512, 1, 'UserEventAgent'],
        [513, 1, 'gamecontrollerd'],
        [570, 1, 'Terminal'],
        [1463, 1, 'firefox'],
        [27020, 570, 'login'],
        [27021, 27020, '-zsh'],
        [30110, 1, 'Google Chrome'],
        [30144, 30110, 'Google Chrome Helper (Renderer)'],
        [30200, 570, '<defunct>'],
        [30201, 1, 'mount_nfs'],
        [30202, 27021, 'psql'],
        [30203, 1, 'postgres'],
        [30300, 1, 'node'],
      ],
    );
  });

  test('tells figures in KiB, and more than fits the columns of other systems', async (t) => {
    const enumeration = await (await macOs(t)).list.cycle();
    const { virtualMemoryBytes, rssBytes, nice, stateCode, cpuUtilization } = byPid(enumeration, 371);
    assert.deepEqual([virtualMemoryBytes, rssBytes], [412_601_104 * 1024, 125_504 * 1024]);
    assert.deepEqual([nice, stateCode, cpuUtilization], [0, 'S', undefined]);
    assert.equal(byPid(enumeration, 30110).virtualMemoryBytes, 1_623_394_512 * 1024);
    assert.equal(byPid(enumeration, 30144).nice, 5);
    assert.deepEqual(
      [30200, 30201, 30202].map((pid) => byPid(enumeration, pid).stateCode),
      ['Z', 'D', 'T'],
    );
  });

  test('tells ages in days, hours, minutes and seconds', async (t) => {
    const enumeration = await (await macOs(t)).list.cycle();
    for (const [pid, seconds] of [
      [1, 2 * 86_400 + 3 * 3_600 + 4 * 60 + 18],
      [1463, 86_400 + 6 * 3_600 + 20 * 60 + 11],
      [27020, 3 * 3_600 + 15 * 60 + 27],
      [30110, 59 * 60 + 58],
      [30202, 7],
    ] as const) {
      const off = age(enumeration, pid) - seconds;
      assert.ok(off > -2 && off < 4, `${pid} is off by ${off} s`);
    }
  });

  test('keeps identities and details over cycles', async (t) => {
    const { list } = await macOs(t);
    const before = (await list.cycle()).processes.map(({ pid, startTicks, details }) => ({ pid, startTicks, details }));
    const { processes } = await list.cycle();
    for (const [index, { pid, startTicks, details }] of processes.entries()) {
      assert.deepEqual([pid, startTicks], [before[index]?.pid, before[index]?.startTicks]);
      assert.equal(details, before[index]?.details);
    }
  });

  test('tells command lines as text, users by name, and no executable: it is only what the process calls itself', async (t) => {
    const { list, applications } = await macOs(t);
    const enumeration = await list.cycle({ redactor: createRedactor('redacted') });
    const told = (pid: number) => byPid(enumeration, pid).details;
    const redaction = { redaction: createRedactor('redacted').version, redactions: 0 };
    assert.deepEqual(told(371), {
      commandLineText: '/System/Library/PrivateFrameworks/SkyLight.framework/Resources/WindowServer -daemon',
      userName: '_windowserver',
      ...redaction,
    });
    assert.equal(
      told(30144)?.commandLineText,
      `${applications}/Google Chrome Helper (Renderer).app/Contents/MacOS/Google Chrome Helper (Renderer) --type=renderer --lang=de`,
    );
    assert.deepEqual(told(30202), {
      commandLineText: '/usr/local/bin/psql --host=db --password=[redacted] notes',
      userId: 1042,
      ...redaction,
      redactions: 1,
    });
    assert.deepEqual(told(30200), { userName: 'someone', ...redaction });
    assert.deepEqual(told(512)?.commandLineText, '/usr/libexec/UserEventAgent (Aqua)');
  });
});

suite('PowerShell of Windows', posix, () => {
  function windows(t: TestContext, print: string): Listing {
    // It reads its script to the end first.
    const env = { PATH: programs(t, { 'powershell.exe': `cat >/dev/null; ${print}` }) };
    return new Listing(t, { env, readerModule: readerOnPlatform(t, 'win32') });
  }

  const listed = printing('windows-win32-process.txt');

  test('lists every process but those that read', async (t) => {
    const { processes } = await windows(t, listed).cycle();
    assert.deepEqual(processes.map(({ pid, ppid, comm }) => [pid, ppid, comm]).slice(0, 12), [
      [0, 0, 'System Idle Process'],
      [4, 0, 'System'],
      [208, 4, 'smss.exe'],
      [292, 284, 'csrss.exe'],
      [352, 284, 'wininit.exe'],
      // Its parent had the pid of the reader, long before.
      [812, processes[5]?.ppid, 'spoolsv.exe'],
      [3024, 488, 'svchost.exe'],
      [3236, 980, 'powershell.exe'],
      [3244, 404, 'conhost.exe'],
      [3444, 980, 'cmd.exe'],
      [3524, 3444, 'python.exe'],
      [5012, 980, 'sqlcmd.exe'],
    ]);
    assert.deepEqual(
      processes.slice(12).map(({ pid }) => pid),
      [6000],
    );
  });

  test('tells starts as they are, in the time of the host, and the idle process none but the boot', async (t) => {
    const enumeration = await windows(t, listed).cycle();
    const startOf = (pid: number) => enumeration.boot.timeMillis + byPid(enumeration, pid).startTicks * 1000;
    // The reader's zone is UTC here.
    for (const [pid, start] of [
      [4, Date.UTC(2017, 6, 12, 12, 14, 25)],
      [3524, Date.UTC(2017, 6, 12, 12, 46, 2)],
    ] as const) {
      assert.ok(Math.abs(startOf(pid) - start) <= 1_000, `${pid} started ${new Date(startOf(pid)).toISOString()}`);
    }
    assert.equal(byPid(enumeration, 0).startTicks, 0);
  });

  test('tells executables and command lines where the system gives them', async (t) => {
    const enumeration = await windows(t, listed).cycle({ redactor: createRedactor('redacted') });
    const told = (pid: number) => byPid(enumeration, pid).details;
    const redaction = { redaction: createRedactor('redacted').version, redactions: 0 };
    assert.deepEqual(told(3024), {
      commandLineText: 'C:\\Windows\\System32\\svchost.exe -k LocalServicePeerNet',
      executablePath: 'C:\\Windows\\System32\\svchost.exe',
      ...redaction,
    });
    assert.deepEqual(told(292), redaction);
    assert.deepEqual(told(5012), {
      commandLineText: 'sqlcmd.exe -S db -U sa -P [redacted]',
      executablePath: 'C:\\Program Files\\Überweisung\\sqlcmd.exe',
      ...redaction,
      redactions: 1,
    });
  });

  test('tells working sets; no state, nice value or address space, which it has not', async (t) => {
    const { rssBytes, stateCode, nice, virtualMemoryBytes } = byPid(await windows(t, listed).cycle(), 3024);
    assert.deepEqual([rssBytes, stateCode, nice, virtualMemoryBytes], [9_433_088, undefined, undefined, undefined]);
  });

  test('tells CPU use since the reading before: a quarter of all cores is that many of one', async (t) => {
    const seen = join(scratchDirectory(t), 'seen');
    // 4.5 s idle, 1.5 s python.
    const later = `sed 's/"KernelModeTime":199884687500/"KernelModeTime":199929687500/; s/"UserModeTime":701008,"KernelModeTime":1201728/"UserModeTime":15701008,"KernelModeTime":1201728/'`;
    const list = windows(t, `if [ -e ${seen} ]; then ${listed} | ${later}; else touch ${seen}; ${listed}; fi`);
    assert.equal(byPid(await list.cycle(), 3524).cpuUtilization, undefined);
    const second = await list.cycle();
    assert.ok(Math.abs((byPid(second, 3524).cpuUtilization ?? 0) - cpus().length / 4) < 1e-9);
    assert.equal(byPid(second, 3024).cpuUtilization, 0);
  });

  for (const [what, print] of [
    ['an error', 'echo "Access denied" >&2'],
    ['nothing', ':'],
    ['half a list', `${listed} | head -c 1500`],
    ['one process', `echo '{"ProcessId":4,"ParentProcessId":0,"Caption":"System"}'`],
  ] as const) {
    test(`that prints ${what} makes the cycle incomplete`, async (t) => {
      await assert.rejects(windows(t, print).cycle(), { code: 'CYCLE_INCOMPLETE' });
    });
  }
});
