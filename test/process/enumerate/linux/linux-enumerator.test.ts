import assert from 'node:assert/strict';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { ProcmondError } from '../../../../src/base/errors.ts';
import type { Enumeration, EnumerationRequest, Process } from '../../../../src/process/enumerate/enumerator.ts';
import { LinuxEnumerator } from '../../../../src/process/enumerate/linux/linux-enumerator.ts';
import { createRedactor } from '../../../../src/process/redact/redactor.ts';
import { ManualClock } from '../../manual-clock.ts';
import { testRedactor } from '../../test-redactor.ts';
import { ProcTree, type StatLine, statLine, statusText } from './proc-tree.ts';

const UNITS = { pageBytes: 4096, ticksPerSecond: 100 };
const BTIME = 'btime 1795398100\nprocesses 50697\n';

const REQUEST: EnumerationRequest = {
  redactor: testRedactor(),
  enhanced: true,
  maxEnriched: 0,
  refreshCycles: 1,
  usageAtOnce: false,
  countFileDescriptors: false,
  signal: new AbortController().signal,
};

/** Without what is absent. */
function known(details: Process['details']): object {
  return Object.fromEntries(Object.entries(details ?? {}).filter(([, value]) => value !== undefined));
}

/** An enumerator over a tree, with the defaults of a test. */
class Reading {
  readonly tree: ProcTree;
  readonly clock = new ManualClock();
  readonly enumerator: LinuxEnumerator;

  readonly #refreshCycles: number;

  constructor(tree: ProcTree, refreshCycles = 1) {
    this.tree = tree;
    this.enumerator = new LinuxEnumerator({ procRoot: tree.root, clock: this.clock, units: UNITS });
    this.#refreshCycles = refreshCycles;
  }

  static small(t: TestContext, refreshCycles?: number): Reading {
    const tree = new ProcTree(t);
    tree.write('stat', BTIME);
    tree.write('sys/kernel/random/boot_id', '3f2c1d7e-9a64-4b08-8e51-c0ffee123456\n');
    return new Reading(tree, refreshCycles);
  }

  cycle(request: Partial<EnumerationRequest> = {}): Promise<Enumeration> {
    return this.enumerator.enumerate({ ...REQUEST, refreshCycles: this.#refreshCycles, ...request });
  }

  /** One process with the usual files; its program is `argv[0]` below `/opt/example`. */
  process(
    line: StatLine,
    args: readonly string[] = ['sleep', '9'],
    status: Readonly<Record<string, string>> = {},
  ): void {
    const { tree } = this;
    tree.write(`${line.pid}/stat`, statLine(line));
    tree.write(`${line.pid}/status`, statusText(line.pid, status));
    tree.write(`${line.pid}/cmdline`, args.map((argument) => `${argument}\0`).join(''));
    tree.write(`${line.pid}/cgroup`, '0::/system.slice/example.service\n');
    tree.write(`${line.pid}/loginuid`, '4294967295');
    tree.link(`${line.pid}/exe`, `/opt/example/${args[0]}`);
    tree.link(`${line.pid}/cwd`, '/srv');
    for (const kind of ['pid', 'mnt', 'net', 'user']) tree.link(`${line.pid}/ns/${kind}`, `${kind}:[4026531836]`);
  }
}

function byPid({ processes }: Enumeration, pid: number): Process {
  const found = processes.find((process) => process.pid === pid);
  assert.ok(found !== undefined, `pid ${pid} is missing`);
  return found;
}

const readHost = (t: TestContext, request: Partial<EnumerationRequest> = {}) =>
  new Reading(ProcTree.captured(t, 'host')).cycle(request);

suite('a captured host', () => {
  test('is read whole: every process once, ascending by pid, whatever it is called', async (t) => {
    const { processes, vanished, deniedFields, truncated, tasksCreated, ticksPerSecond } = await readHost(t);
    assert.deepEqual(
      processes.map(({ pid, ppid, comm }) => [pid, ppid, comm]),
      [
        [1, 0, 'bash'],
        [2, 0, 'kthreadd'],
        [9, 2, 'kworker/0:0-mm_percpu_wq'],
        [44, 1, 'sleep'],
        [45, 1, 'sleep'],
        [46, 1, 'sleep'],
        [47, 1, ') R 1 (x\ny'],
        [48, 1, 'python3'],
        [49, 1, 'unshare'],
        [52, 49, 'sleep'],
        [53, 48, 'python3'],
      ],
    );
    assert.deepEqual([vanished, deniedFields.size, truncated], [0, 0, false]);
    assert.deepEqual([tasksCreated, ticksPerSecond], [50_697, 100]);
  });

  test('gives its boot and its scope', async (t) => {
    const { boot, scope } = await readHost(t);
    assert.deepEqual(boot, {
      id: '3f2c1d7e-9a64-4b08-8e51-c0ffee123456',
      known: true,
      timeMillis: 1_795_398_100_000,
    });
    assert.equal(scope.pidNamespace, 4_026_532_178);
    assert.equal(scope.sight, undefined);
  });

  test('gives an ordinary process with all that is known of it', async (t) => {
    const enumeration = await readHost(t);
    const process = byPid(enumeration, 45);
    assert.deepEqual(known(process.details), {
      redaction: 'test:1',
      redactions: 0,
      realUserId: 65_534,
      userId: 65_534,
      savedUserId: 65_534,
      filesystemUserId: 65_534,
      realGroupId: 65_534,
      groupId: 65_534,
      savedGroupId: 65_534,
      filesystemGroupId: 65_534,
      effectiveCapabilities: '0000000000000000',
      noNewPrivileges: true,
      seccompMode: 0,
      virtualPid: 45,
      executablePath: '/opt/example/bin/sleep',
      executableDeleted: false,
      executableMemfd: false,
      args: ['sleep', '1002'],
      argsCount: 2,
      argsTruncated: false,
      cgroup: '0::/user.slice/user-65534.slice/session-2.scope',
      systemdUnit: 'session-2.scope',
      systemdSlice: 'user-65534.slice',
      loginUserId: 1000,
      workingDirectory: '/usr/share',
      pidNamespace: 4_026_532_178,
      mountNamespace: 4_026_532_177,
      networkNamespace: 4_026_531_833,
      userNamespace: 4_026_531_837,
      cpid: process.details?.cpid,
    });
    assert.deepEqual(
      [process.startTicks, process.stateCode, process.threads, process.nice, process.terminal],
      [411_426, 'S', 1, 0, 0],
    );
    assert.deepEqual([process.rssBytes, process.virtualMemoryBytes], [346 * 4096, 2_560_000]);
    assert.deepEqual([process.userTicks, process.systemTicks, process.cpuUtilization], [0, 0, undefined]);
  });

  test('gives kernel threads without program, arguments and namespaces, and denies nothing by it', async (t) => {
    const enumeration = await readHost(t);
    for (const pid of [2, 9]) {
      const { kernelThread, details } = byPid(enumeration, pid);
      assert.equal(kernelThread, true);
      assert.deepEqual([details?.args, details?.argsCount], [[], 0]);
      assert.deepEqual(
        [details?.executablePath, details?.pidNamespace, details?.deniedFields],
        [undefined, undefined, undefined],
      );
      assert.equal(details?.effectiveCapabilities, '000001ffffffffff');
    }
    assert.equal(enumeration.processes.filter(({ kernelThread }) => kernelThread).length, 2);
  });

  test('gives a rewritten title, an empty argument and bytes that are not UTF-8 as what they are', async (t) => {
    const enumeration = await readHost(t);
    assert.deepEqual(byPid(enumeration, 44).details?.args, ['nginx: worker process', '1001']);
    assert.deepEqual(byPid(enumeration, 46).details?.args, ['', '1003']);
    const hostile = byPid(enumeration, 47).details;
    assert.deepEqual(hostile?.args?.slice(3), ['two words', '', 'caf\\xe9']);
    assert.equal(hostile?.argsCount, 6);
    assert.deepEqual(hostile?.escapedFields, ['process.command_args']);
  });

  test('gives a process of another pid namespace with its pid there, its container and its own CPID', async (t) => {
    const { details } = byPid(await readHost(t), 52);
    assert.deepEqual([details?.virtualPid, details?.pidNamespace], [1, 4_026_532_179]);
    assert.equal(details?.containerId, '4b7a0c9e'.repeat(8));
    // By the formula of cpid.test.ts from that namespace, 411427 ticks and pid 1.
    assert.equal(details?.cpid, 'ac1d1b0a-2ae4-87d2-bbc7-80450773fa1b');
  });

  test('gives a CPID to those whose namespaces cannot be read, kernel threads too', async (t) => {
    const enumeration = await readHost(t, { enhanced: false });
    // As above from the mount's namespace 4026532178.
    assert.equal(byPid(enumeration, 44).details?.cpid, '8b20069f-dce5-87e8-b853-0e98bc135c80');
    assert.equal(byPid(enumeration, 2).details?.cpid, '986e0ebe-1a5a-840b-93be-9e1152abf605');
    assert.equal(enumeration.processes.filter(({ details }) => details?.cpid === undefined).length, 0);
  });

  test('gives a zombie without what it has lost', async (t) => {
    const { stateCode, details } = byPid(await readHost(t), 53);
    assert.equal(stateCode, 'Z');
    assert.deepEqual(
      [details?.executablePath, details?.args, details?.deniedFields],
      [undefined, undefined, undefined],
    );
    assert.equal(details?.userId, 0);
  });

  test('is read without what costs extra when that is not wanted', async (t) => {
    for (const { details } of (await readHost(t, { enhanced: false })).processes) {
      for (const field of ['cgroup', 'containerId', 'loginUserId', 'workingDirectory', 'mountNamespace'] as const) {
        assert.equal(details?.[field], undefined);
      }
    }
  });
});

const rejects = (promise: Promise<Enumeration>, message: RegExp) =>
  assert.rejects(promise, (error) => {
    assert.ok(error instanceof ProcmondError);
    assert.equal(error.code, 'CYCLE_INCOMPLETE');
    assert.match(error.message, message);
    return true;
  });

suite('the list of processes', () => {
  test('is incomplete without the reader itself', async (t) => {
    const reading = Reading.small(t);
    reading.process({ pid: 7 });
    reading.tree.link('self', '4242');
    await rejects(reading.cycle(), /it ended before 4242, which is procmond itself, after 1 processes/);
    reading.process({ pid: 4242 });
    assert.equal((await reading.cycle()).processes.length, 2);
  });

  test('is incomplete when it is empty, when there is none, and when it is no proc file system', async (t) => {
    const reading = Reading.small(t);
    await rejects(reading.cycle(), /there is no process in it.*--proc-root/);
    reading.process({ pid: 7 });
    reading.tree.write('stat', 'cpu 1 2 3\n');
    await rejects(reading.cycle(), /\/stat: there is no btime and processes line in it/);
    reading.tree.remove('stat');
    await rejects(reading.cycle(), /\/stat: ENOENT/);
    const nowhere = new LinuxEnumerator({
      procRoot: join(reading.tree.root, 'none'),
      clock: reading.clock,
      units: UNITS,
    });
    await rejects(nowhere.enumerate(REQUEST), /none\/stat: ENOENT/);
  });

  test('holds what has a pid for a name and nothing else', async (t) => {
    const reading = Reading.small(t);
    reading.process({ pid: 7 });
    for (const name of ['0', '07', '8x', 'self-not', '-9', '1e3'])
      reading.tree.write(`${name}/stat`, statLine({ pid: 8 }));
    const { processes, vanished } = await reading.cycle();
    assert.deepEqual(
      processes.map(({ pid }) => pid),
      [7],
    );
    assert.equal(vanished, 0);
  });

  test('counts a process that is gone before it can be read', async (t) => {
    const reading = Reading.small(t);
    for (const pid of [5, 6, 7]) reading.process({ pid });
    reading.tree.remove('6/stat');
    reading.tree.write('7/stat', '');
    const { processes, vanished } = await reading.cycle();
    assert.deepEqual(
      processes.map(({ pid }) => pid),
      [5],
    );
    assert.equal(vanished, 2);
  });

  test('names a process whose identity is refused as denied, not as vanished', async (t) => {
    const reading = Reading.small(t);
    reading.process({ pid: 5 });
    reading.tree.refuse('6/stat');
    const { processes, vanished, deniedFields } = await reading.cycle();
    assert.equal(processes.length, 1);
    assert.equal(vanished, 0);
    assert.deepEqual([...deniedFields], [['procmond.process.start_ticks', 1]]);
  });

  test('is of the same scope however the path to it is written', async (t) => {
    const reading = Reading.small(t);
    reading.process({ pid: 5 });
    const { scope } = await reading.cycle();
    const enumerator = new LinuxEnumerator({ procRoot: `${reading.tree.root}/`, clock: reading.clock, units: UNITS });
    const again = await enumerator.enumerate(REQUEST);
    assert.deepEqual(again.scope, scope);
  });

  test('has a boot id of this run alone where the kernel gives none, and then no CPID', async (t) => {
    const reading = Reading.small(t);
    reading.process({ pid: 5 });
    reading.tree.write('sys/kernel/random/boot_id', 'not a uuid\n');
    const first = await reading.cycle();
    assert.equal(first.boot.known, false);
    assert.equal(byPid(first, 5).details?.cpid, undefined);
    assert.equal((await reading.cycle()).boot.id, first.boot.id);
    assert.notEqual((await new Reading(reading.tree).cycle()).boot.id, first.boot.id);
  });
});

suite('what is refused', () => {
  const CASES = [
    ['status', ['process.user.id', 'procmond.process.cpid']],
    ['cmdline', ['process.command_args']],
    ['exe', ['process.executable.path']],
    ['cwd', ['process.working_directory']],
    ['cgroup', ['process.linux.cgroup']],
    ['loginuid', ['procmond.process.login_user.id']],
    ['ns/mnt', ['procmond.namespace.mnt', 'procmond.namespace.net', 'procmond.namespace.user']],
  ] as const;

  for (const [file, fields] of CASES) {
    test(`is named for ${file}, and the rest is told`, async (t) => {
      const reading = Reading.small(t);
      reading.process({ pid: 4 });
      reading.process({ pid: 5 });
      reading.tree.refuse(`5/${file}`);
      const enumeration = await reading.cycle();
      assert.deepEqual(byPid(enumeration, 5).details?.deniedFields, fields);
      assert.deepEqual(
        [...enumeration.deniedFields],
        fields.map((field) => [field, 1]),
      );
      assert.equal(byPid(enumeration, 5).comm, 'sleep');
      assert.equal(byPid(enumeration, 4).details?.deniedFields, undefined);
    });
  }

  test('includes the CPID where another pid namespace cannot be read', async (t) => {
    const reading = Reading.small(t);
    reading.process({ pid: 4 });
    reading.process({ pid: 5 }, ['sleep'], { NStgid: '5\t1' });
    reading.tree.refuse('5/ns/pid');
    const { details } = byPid(await reading.cycle({ enhanced: false }), 5);
    assert.deepEqual(details?.deniedFields, ['procmond.namespace.pid', 'procmond.process.cpid']);
    assert.equal(details.cpid, undefined);
  });

  test('is told apart from what is gone', async (t) => {
    const reading = Reading.small(t);
    reading.process({ pid: 5 });
    for (const file of ['status', 'cmdline', 'exe', 'cwd', 'cgroup', 'loginuid', 'ns'])
      reading.tree.remove(`5/${file}`);
    const { details } = byPid(await reading.cycle(), 5);
    assert.deepEqual(
      Object.entries(details ?? {}).filter(([, value]) => value !== undefined),
      [
        ['redaction', 'test:1'],
        ['redactions', 0],
      ],
    );
  });
});

suite('the executable', () => {
  test('comes with device and inode of the file behind the link', async (t) => {
    const reading = Reading.small(t);
    reading.process({ pid: 5 });
    mkdirSync(join(reading.tree.root, 'bin'));
    const program = join(reading.tree.root, 'bin/program');
    writeFileSync(program, '');
    reading.tree.link('5/exe', program);
    const { details } = byPid(await reading.cycle(), 5);
    const { dev, ino } = statSync(program);
    assert.deepEqual(
      [details?.executablePath, details?.executableDevice, details?.executableInode],
      [program, dev, ino],
    );
  });

  for (const [link, path, deleted] of [
    ['/usr/bin/sleep', '/usr/bin/sleep', false],
    ['/usr/bin/sleep (deleted)', '/usr/bin/sleep', true],
    ['/memfd:x (deleted)', '/memfd:x', true],
    ['/opt/a (deleted) (deleted)', '/opt/a (deleted)', true],
    ['/opt/a (deleted)/b', '/opt/a (deleted)/b', false],
  ] as const) {
    test(`of ${link} is ${deleted ? 'deleted' : 'there'}`, async (t) => {
      const reading = Reading.small(t);
      reading.process({ pid: 5 });
      reading.tree.link('5/exe', link);
      const { details } = byPid(await reading.cycle(), 5);
      assert.deepEqual([details?.executablePath, details?.executableDeleted], [path, deleted]);
    });
  }
});

const readArguments = async (t: TestContext, content: string | Buffer) => {
  const reading = Reading.small(t);
  reading.process({ pid: 5 });
  reading.tree.write('5/cmdline', content);
  return byPid(await reading.cycle(), 5).details;
};

suite('arguments', () => {
  test('are cut at 256, and counted all', async (t) => {
    const details = await readArguments(t, 'x\0'.repeat(1000));
    assert.deepEqual([details?.args?.length, details?.argsCount, details?.argsTruncated], [256, 1000, true]);
  });

  test('are cut at 8 KiB after redaction, in the middle of one where it must be, never of a character', async (t) => {
    const details = await readArguments(t, `sh\0${'é'.repeat(5000)}\0last\0`);
    assert.equal(details?.args?.join('').length, 2 + 4095);
    assert.ok(Buffer.byteLength(details?.args?.join('') ?? '') <= 8192);
    assert.deepEqual([details?.args?.length, details?.argsCount, details?.argsTruncated], [2, 3, true]);
  });

  test('are redacted before they are cut', async (t) => {
    const details = await readArguments(t, `${'x'.repeat(8189)}secret\0`);
    assert.equal(details?.args?.[0], `${'x'.repeat(8189)}[re`);
    assert.equal(details?.redactions, 1);
  });

  test('keep the start of a first one that is longer than 16 KiB', async (t) => {
    const details = await readArguments(t, `${'y'.repeat(50_000)}\0-v\0`);
    assert.deepEqual([details?.args?.[0], details?.args?.length], ['y'.repeat(8192), 1]);
    assert.deepEqual([details?.argsCount, details?.argsTruncated], [2, true]);
  });

  test('leave out one that is longer than 16 KiB, whole', async (t) => {
    const details = await readArguments(t, `node\0-e\0${'z'.repeat(20_000)}\0`);
    assert.deepEqual([details?.args, details?.argsCount, details?.argsTruncated], [['node', '-e'], 3, true]);
  });

  for (const [story, content, count] of [
    ['2 MiB of them', '0123456\0'.repeat(262_144), 262_144],
    ['2 MiB that end within the last one', `${'0123456\0'.repeat(262_144)}tail`, 262_145],
    ['one that crosses the end of the buffer', `${'a'.repeat(65_530)}\0${'b'.repeat(100)}\0c\0`, 3],
    ['one that ends with the buffer', `${'a'.repeat(65_535)}\0b\0`, 2],
    ['exactly a buffer of them', `${'a'.repeat(65_535)}\0`, 1],
  ] as const) {
    test(`are counted right when there are ${story}`, async (t) => {
      const details = await readArguments(t, content);
      assert.deepEqual([details?.argsCount, details?.argsTruncated], [count, true]);
    });
  }

  test('are one where a title is padded with NULs, for a few bytes or for more than the buffer', async (t) => {
    for (const padding of [20, 100_000]) {
      const details = await readArguments(t, `postgres: writer${'\0'.repeat(padding)}`);
      assert.deepEqual([details?.args, details?.argsCount, details?.argsTruncated], [['postgres: writer'], 1, false]);
    }
  });
});

suite('from cycle to cycle', () => {
  test('an unchanged process stays the same object with the same details', async (t) => {
    const reading = Reading.small(t);
    reading.process({ pid: 5 });
    const before = byPid(await reading.cycle(), 5);
    const { details } = before;
    const after = byPid(await reading.cycle(), 5);
    assert.equal(after, before);
    assert.equal(after.details, details);
  });

  test('CPU use is what was used since the last sample, as a share of one core', async (t) => {
    const reading = Reading.small(t);
    reading.process({ pid: 5, userTicks: 100, systemTicks: 50 });
    assert.equal(byPid(await reading.cycle(), 5).cpuUtilization, undefined);
    reading.tree.write('5/stat', statLine({ pid: 5, userTicks: 400, systemTicks: 250 }));
    reading.clock.advance(2_000);
    assert.equal(byPid(await reading.cycle(), 5).cpuUtilization, 2.5);
    reading.tree.write('5/stat', statLine({ pid: 5, userTicks: 399, systemTicks: 250 }));
    reading.clock.advance(2_000);
    assert.equal(byPid(await reading.cycle(), 5).cpuUtilization, 0);
    reading.tree.write('5/stat', statLine({ pid: 5, userTicks: 400, systemTicks: 250 }));
    assert.equal(byPid(await reading.cycle(), 5).cpuUtilization, 0, 'no time has passed');
  });

  test('a reused pid is a new object', async (t) => {
    const reading = Reading.small(t);
    reading.process({ pid: 5, startTicks: 100 });
    const before = byPid(await reading.cycle(), 5);
    reading.process({ pid: 5, startTicks: 200 }, ['other']);
    const after = byPid(await reading.cycle(), 5);
    assert.notEqual(after, before);
    assert.deepEqual([before.startTicks, before.details?.args], [100, ['sleep', '9']]);
    assert.deepEqual([after.startTicks, after.details?.args, after.cpuUtilization], [200, ['other'], undefined]);
  });

  test('details of another life are never mixed in when a pid is reused while it is read', async (t) => {
    const reading = Reading.small(t);
    reading.process({ pid: 5, startTicks: 100 }, ['first']);
    let reused = false;
    const redactor = testRedactor('test:1', (text) => {
      if (text !== 'first' || reused) return;
      reused = true;
      reading.process({ pid: 5, startTicks: 200, comm: 'next' }, ['second']);
    });
    const process = byPid(await reading.cycle({ redactor }), 5);
    assert.ok(reused);
    assert.deepEqual([process.startTicks, process.comm, process.details?.args], [200, 'next', ['second']]);
    assert.equal(process.details?.executablePath, '/opt/example/second');
  });

  test('details of another program are never mixed in when a process execs while it is read', async (t) => {
    const reading = Reading.small(t);
    reading.process({ pid: 5, comm: 'sh' }, ['sh']);
    let execed = false;
    const redactor = testRedactor('test:1', (text) => {
      if (text !== '/opt/example/sh' || execed) return;
      execed = true;
      reading.process({ pid: 5, comm: 'curl', startStack: 140_720_000_999_999 }, ['curl']);
    });
    const { comm, details } = byPid(await reading.cycle({ redactor }), 5);
    assert.ok(execed);
    assert.deepEqual([comm, details?.executablePath, details?.args], ['curl', '/opt/example/curl', ['curl']]);
  });

  test('a process that execs without a pause is told by its last program once it rests', async (t) => {
    const reading = Reading.small(t, 0);
    reading.process({ pid: 5, startStack: 1 }, ['app', 'run 1']);
    let runs = 1;
    const redactor = testRedactor('test:1', (text) => {
      if (text !== `run ${runs}`) return;
      runs += 1;
      reading.process({ pid: 5, startStack: runs }, ['app', `run ${runs}`]);
    });
    assert.equal((await reading.cycle({ redactor })).processes.length, 1);
    assert.ok(runs > 2);
    assert.deepEqual(byPid(await reading.cycle(), 5).details?.args, ['app', `run ${runs}`]);
  });

  for (const [story, after] of [
    ['a new stack', { startStack: 140_720_000_777_000 }],
    ['new arguments', { argStart: 140_720_000_777_000 }],
    ['a new name', { comm: 'curl' }],
    ['the end of fork-no-exec', { flags: 4_194_304 + 0x40 }],
  ] as const) {
    test(`an exec is seen in the next cycle by ${story}`, async (t) => {
      const reading = Reading.small(t, 0);
      reading.process({ pid: 5 });
      await reading.cycle();
      reading.process({ pid: 5, ...after }, ['curl', '-s']);
      const { details } = byPid(await reading.cycle(), 5);
      assert.deepEqual([details?.args, details?.executablePath], [['curl', '-s'], '/opt/example/curl']);
    });
  }

  test('an exec is seen in a later cycle when the cycle that met it was broken off', async (t) => {
    const reading = Reading.small(t, 0);
    reading.process({ pid: 5 });
    await reading.cycle();
    reading.process({ pid: 5, comm: 'curl' }, ['curl']);
    const controller = new AbortController();
    // The name is met while sampling, before any details are read.
    const redactor = testRedactor('test:1', (text) => {
      if (text !== 'curl') return;
      reading.clock.advance(100);
      controller.abort();
    });
    await assert.rejects(reading.cycle({ redactor, signal: controller.signal }), { name: 'AbortError' });
    assert.deepEqual(byPid(await reading.cycle(), 5).details?.args, ['curl']);
  });

  test('a title that is written over the arguments does not replace them', async (t) => {
    const reading = Reading.small(t);
    reading.process({ pid: 5 }, ['postgres', '-D', '/data']);
    const before = byPid(await reading.cycle(), 5).details;
    assert.equal(before?.title, undefined);
    reading.tree.write('5/cmdline', 'postgres: idle in transaction\0\0\0\0\0\0');
    const after = byPid(await reading.cycle(), 5).details;
    assert.deepEqual(known(after), { ...known(before), title: 'postgres: idle in transaction' });
    assert.equal(byPid(await reading.cycle(), 5).details, after);
    reading.tree.write('5/cmdline', 'postgres\0-D\0/data\0');
    assert.deepEqual(known(byPid(await reading.cycle(), 5).details), known(before));
  });

  test('a title that was written before the first look is told as one, and as the only arguments left', async (t) => {
    const reading = Reading.small(t);
    reading.process({ pid: 5 });
    reading.tree.write('5/cmdline', 'nginx: worker secret\0\0\0\0');
    const { details } = byPid(await reading.cycle(), 5);
    assert.deepEqual([details?.args, details?.title], [['nginx: worker [redacted]'], 'nginx: worker [redacted]']);
    assert.equal(byPid(await reading.cycle(), 5).details, details);
  });

  test('a secret in other arguments than it was started with is hidden as in arguments', async (t) => {
    const reading = Reading.small(t);
    reading.process({ pid: 5 });
    const redactor = createRedactor('redacted');
    await reading.cycle({ redactor });
    reading.tree.write('5/cmdline', 'tool\0--password\0hunter2pass\0--port\x0080\0');
    const { details } = byPid(await reading.cycle({ redactor }), 5);
    assert.equal(details?.title, 'tool --password [redacted] --port 80');
    assert.equal(details?.redactions, 1);
  });

  test('a title that is longer than it needs to be is cut, and never in the middle of a character', async (t) => {
    const reading = Reading.small(t);
    reading.process({ pid: 5 });
    await reading.cycle();
    reading.tree.write('5/cmdline', 'ä'.repeat(2_048));
    const whole = byPid(await reading.cycle(), 5).details;
    assert.deepEqual([whole?.title, whole?.truncatedFields], ['ä'.repeat(2_048), undefined]);
    reading.tree.write('5/cmdline', `x${'ä'.repeat(2_048)}`);
    const cut = byPid(await reading.cycle(), 5).details;
    assert.deepEqual([cut?.title, cut?.truncatedFields], [`x${'ä'.repeat(2_047)}`, ['process.title']]);
    assert.equal(byPid(await reading.cycle(), 5).details, cut);
  });

  test('other arguments are taken where an exec could not be seen', async (t) => {
    const reading = Reading.small(t);
    reading.process({ pid: 5, startStack: 0, argStart: 0 }, ['sh', '-c', 'one']);
    await reading.cycle();
    reading.tree.write('5/cmdline', 'sh\0-c\0two\0');
    assert.deepEqual(byPid(await reading.cycle(), 5).details?.args, ['sh', '-c', 'two']);
  });

  test('the details of all are read again within the refresh, a share in each cycle', async (t) => {
    const reading = Reading.small(t, 4);
    for (let pid = 20; pid < 28; pid++) reading.process({ pid });
    await reading.cycle();
    for (let pid = 20; pid < 28; pid++) reading.tree.write(`${pid}/status`, statusText(pid, { Uid: '0\t0\t0\t0' }));
    const renewed: number[] = [];
    for (let cycle = 0; cycle < 4; cycle++) {
      const { processes } = await reading.cycle();
      renewed.push(processes.filter(({ details }) => details?.userId === 0).length);
    }
    assert.deepEqual(renewed, [2, 4, 6, 8]);
  });

  test('a zombie keeps what was known of it', async (t) => {
    const reading = Reading.small(t);
    reading.process({ pid: 5 });
    const { details } = byPid(await reading.cycle(), 5);
    reading.tree.write('5/stat', statLine({ pid: 5, state: 'Z', startStack: 0, argStart: 0, rssPages: 0 }));
    for (const file of ['cmdline', 'exe', 'cwd', 'ns']) reading.tree.remove(`5/${file}`);
    for (let cycle = 0; cycle < 3; cycle++) {
      const zombie = byPid(await reading.cycle(), 5);
      assert.deepEqual([zombie.stateCode, zombie.details], ['Z', details]);
    }
  });

  test('a process that ends after an exec, while its details are read, is told with what was known before', async (t) => {
    const reading = Reading.small(t, 0);
    reading.process({ pid: 5 });
    const { details } = byPid(await reading.cycle(), 5);
    reading.process({ pid: 5, comm: 'curl', startStack: 7 }, ['curl']);
    reading.process({ pid: 6 });
    const redactor = testRedactor('test:1', (text) => text === '/opt/example/curl' && reading.tree.remove('5'));
    const process = byPid(await reading.cycle({ redactor }), 5);
    assert.equal(process.details, details);
    const { processes, vanished } = await reading.cycle();
    assert.deepEqual([processes.length, vanished], [1, 0]);
  });

  test('a process that ends while it is read again has vanished', async (t) => {
    const reading = Reading.small(t);
    reading.process({ pid: 5 });
    reading.process({ pid: 6 });
    await reading.cycle();
    const redactor = testRedactor('test:1', () => reading.tree.remove('5'));
    const { processes, vanished } = await reading.cycle({ redactor });
    assert.deepEqual([processes.map(({ pid }) => pid), vanished], [[6], 1]);
  });

  test('a pid that is reused while it is read again is another process, with nothing of the old one', async (t) => {
    const reading = Reading.small(t);
    reading.process({ pid: 5, startTicks: 100 }, ['old']);
    await reading.cycle();
    const redactor = testRedactor('test:1', () => reading.process({ pid: 5, startTicks: 200 }, ['new']));
    const process = byPid(await reading.cycle({ redactor }), 5);
    assert.deepEqual([process.startTicks, process.details?.args, process.details?.title], [200, ['new'], undefined]);
  });

  test('a new process that ends while its details are read is told with what could be read', async (t) => {
    const reading = Reading.small(t);
    reading.process({ pid: 5 });
    const redactor = testRedactor('test:1', (text) => text === 'sleep' && reading.tree.remove('5/cmdline'));
    const { processes } = await reading.cycle({ redactor });
    assert.equal(processes[0]?.details?.userId, 1000);
  });

  test('text is redacted anew when the redaction is another', async (t) => {
    const reading = Reading.small(t, 0);
    reading.process({ pid: 5, comm: 'secret' }, ['sh', 'secret']);
    reading.tree.link('5/cwd', '/srv/secret');
    const first = byPid(await reading.cycle(), 5);
    assert.deepEqual(
      [first.comm, first.details?.args, first.details?.redactions],
      ['[redacted]', ['sh', '[redacted]'], 2],
    );
    assert.equal(first.details?.workingDirectory, '/srv/[redacted]');
    const other = {
      ...testRedactor('test:2'),
      text: (value: string) => ({ value: value.toUpperCase(), redactions: 0 }),
    };
    const second = byPid(await reading.cycle({ redactor: other }), 5);
    assert.deepEqual([second.comm, second.details?.workingDirectory], ['SECRET', '/SRV/SECRET']);
    assert.equal(second.details?.redaction, 'test:2');
  });

  test('what stands behind 64 KiB of groups is still read', async (t) => {
    const reading = Reading.small(t);
    const groups = '4294967294 '.repeat(20_000);
    reading.process({ pid: 4 });
    reading.process({ pid: 5 });
    reading.tree.write(
      '5/status',
      statusText(5, { Uid: `0\t0\t0\t0\nGroups:\t${groups}`, CapEff: '000001ffffffffff' }),
    );
    const { details } = byPid(await reading.cycle(), 5);
    assert.equal(details?.effectiveCapabilities, '000001ffffffffff');
    assert.ok(details.cpid !== undefined);
  });
});

suite('the maximum of processes', () => {
  const ages = [
    [10, 500],
    [11, 100],
    [12, 300],
    [13, 300],
    [14, 200],
  ] as const;

  test('gives details to the oldest, always the same ones, and identity to all', async (t) => {
    const reading = Reading.small(t);
    for (const [pid, startTicks] of ages) reading.process({ pid, startTicks });
    for (let cycle = 0; cycle < 3; cycle++) {
      const { processes, truncated } = await reading.cycle({ maxEnriched: 3 });
      assert.equal(truncated, true);
      assert.deepEqual(
        processes.filter(({ details }) => details !== undefined).map(({ pid }) => pid),
        [11, 12, 14],
      );
      assert.deepEqual(
        processes.map(({ pid, startTicks }) => [pid, startTicks]),
        ages,
      );
    }
  });

  test('lets the next oldest in when one ends', async (t) => {
    const reading = Reading.small(t);
    for (const [pid, startTicks] of ages) reading.process({ pid, startTicks });
    await reading.cycle({ maxEnriched: 3 });
    reading.tree.remove('11');
    const { processes } = await reading.cycle({ maxEnriched: 3 });
    assert.deepEqual(
      processes.filter(({ details }) => details !== undefined).map(({ pid }) => pid),
      [12, 13, 14],
    );
  });

  test('is none with 0, and truncates nothing when it is not reached', async (t) => {
    const reading = Reading.small(t);
    for (const [pid, startTicks] of ages) reading.process({ pid, startTicks });
    for (const maxEnriched of [0, 5, 6]) {
      const { processes, truncated } = await reading.cycle({ maxEnriched });
      assert.equal(truncated, false);
      assert.ok(processes.every(({ details }) => details !== undefined));
    }
  });
});
