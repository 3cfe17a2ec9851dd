import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { suite, type TestContext, test } from 'node:test';
import { createRedactor } from '../../../../src/process/redact/redactor.ts';
import { testRedactor } from '../../test-redactor.ts';
import { answeringReader, byPid, Listing } from './readers.ts';

const BOOTED_AT = Date.UTC(2026, 10, 23, 12);

interface Given {
  readonly pid: number;
  readonly [field: string]: unknown;
}

/** What a reader tells `seconds` after boot; ages are in seconds. */
function reading(seconds: number, given: readonly Given[], options: { stepSeconds?: number; takes?: number } = {}) {
  const { stepSeconds = 0, takes = 0.2 } = options;
  const instant = (uptimeSeconds: number) => ({
    wallMillis: BOOTED_AT + stepSeconds * 1000 + uptimeSeconds * 1000,
    uptimeSeconds,
  });
  const list = given.map(({ age = seconds - 10, ...fields }) => ({
    parentPid: 1,
    name: 'app',
    cpu: 0,
    memVsz: 1_000,
    memRss: 500,
    nice: 0,
    state: 'sleeping',
    user: 'root',
    command: 'app',
    params: '-v',
    path: '/usr/bin',
    startedMillis: Math.floor((instant(seconds).wallMillis - (age as number) * 1000) / 1000) * 1000,
    isFile: false,
    ...fields,
  }));
  return { platform: 'linux', cpuCount: 4, startedAt: instant(seconds), endedAt: instant(seconds + takes), list };
}

function listing(t: TestContext, ...readings: readonly unknown[]): Listing {
  return new Listing(t, { readerModule: answeringReader(t, readings) });
}

test('gives what was listed: ascending by pid, in its units, without what is not known', async (t) => {
  const list = listing(
    t,
    reading(1_000, [{ pid: 30 }, { pid: 4 }, { pid: 7, parentPid: 4, age: 60, state: 'blocked' }]),
  );
  const enumeration = await list.cycle();
  const { processes, boot, scope, ticksPerSecond, truncated, vanished, tasksCreated, deniedFields } = enumeration;
  assert.deepEqual(
    processes.map(({ pid }) => pid),
    [4, 7, 30],
  );
  const { pid, ppid, startTicks, comm, commEscaped, kernelThread, stateCode, nice } = byPid(enumeration, 7);
  assert.deepEqual(
    { pid, ppid, startTicks, comm, commEscaped, kernelThread, stateCode, nice },
    { pid: 7, ppid: 4, startTicks: 940, comm: 'app', commEscaped: false, kernelThread: false, stateCode: 'D', nice: 0 },
  );
  const { rssBytes, virtualMemoryBytes, cpuUtilization, userTicks, threads, terminal, sessionId } = byPid(
    enumeration,
    7,
  );
  assert.deepEqual([rssBytes, virtualMemoryBytes], [512_000, 1_024_000]);
  assert.deepEqual([cpuUtilization, userTicks, threads, terminal, sessionId], Array.from({ length: 5 }));
  assert.deepEqual(byPid(enumeration, 7).details, {
    commandLineText: '/usr/bin/app -v',
    userName: 'root',
    redaction: 'test:1',
    redactions: 0,
  });
  assert.deepEqual(scope, { procRoot: '', enumerator: 'systeminformation' });
  assert.deepEqual([boot.known, boot.timeMillis, ticksPerSecond], [false, BOOTED_AT, 1]);
  assert.match(boot.id, /^[0-9a-f-]{36}$/);
  assert.deepEqual([truncated, vanished, tasksCreated, deniedFields.size], [false, 0, undefined, 0]);
  assert.deepEqual(
    [enumeration.startedAtMillis, enumeration.endedAtMillis],
    [BOOTED_AT + 1_000_000, BOOTED_AT + 1_000_200],
  );
});

test('has one boot for each run, and the host in its scope', async (t) => {
  const readerModule = answeringReader(t, [reading(1_000, [{ pid: 4 }]), reading(1_030, [{ pid: 4 }])]);
  const list = new Listing(t, { readerModule, hostId: 'b0c1' });
  const first = await list.cycle();
  const second = await list.cycle();
  assert.equal(second.boot.id, first.boot.id);
  assert.deepEqual(second.scope, { procRoot: '', enumerator: 'systeminformation', hostId: 'b0c1' });
  const other = await listing(t, reading(1_000, [{ pid: 4 }])).cycle();
  assert.notEqual(other.boot.id, first.boot.id);
});

suite('an identity', () => {
  test('keeps the first start that was seen of it, however starts waver', async (t) => {
    const ages = [50.0, 80.9, 109.2, 141.3];
    const list = listing(t, ...ages.map((age, cycle) => reading(1_000 + cycle * 30, [{ pid: 4, age }])));
    const starts: number[] = [];
    for (const _ of ages) starts.push(byPid(await list.cycle(), 4).startTicks);
    assert.deepEqual(starts, [950, 950, 950, 950]);
  });

  test('ends with its process, though the pid is used again', async (t) => {
    const list = listing(t, reading(1_000, [{ pid: 4, age: 500 }]), reading(1_030, [{ pid: 4, age: 12 }]));
    const before = byPid(await list.cycle(), 4);
    const after = byPid(await list.cycle(), 4);
    assert.deepEqual([before.startTicks, after.startTicks], [500, 1_018]);
    assert.notEqual(after, before);
  });

  test('of one that is gone for a cycle is not remembered', async (t) => {
    const list = listing(
      t,
      reading(1_000, [{ pid: 4, age: 500 }, { pid: 5 }]),
      reading(1_030, [{ pid: 5 }]),
      reading(1_060, [{ pid: 4, age: 20 }, { pid: 5 }]),
    );
    await list.cycle();
    await list.cycle();
    assert.equal(byPid(await list.cycle(), 4).startTicks, 1_040);
  });

  for (const stepSeconds of [-7_200, 7_200]) {
    test(`outlasts a step of the wall clock by ${stepSeconds} s, which is told`, async (t) => {
      const processes = [
        { pid: 4, age: 500 },
        { pid: 5, age: 3 },
      ];
      const later = [
        { pid: 4, age: 530 },
        { pid: 5, age: 33 },
        { pid: 6, age: 10 },
      ];
      const list = listing(t, reading(1_000, processes), reading(1_030, later, { stepSeconds }));
      const before = await list.cycle();
      const starts = before.processes.map(({ startTicks }) => startTicks);
      const after = await list.cycle();
      assert.deepEqual(
        [starts, after.processes.map(({ startTicks }) => startTicks)],
        [
          [500, 997],
          [500, 997, 1_020],
        ],
      );
      assert.equal(after.boot.timeMillis - before.boot.timeMillis, stepSeconds * 1000);
    });
  }

  test('outlasts the end of its reader, though the next one tells another start', async (t) => {
    const readerModule = answeringReader(t, [reading(1_000, [{ pid: 4, age: 50 }])]);
    const list = new Listing(t, { readerModule });
    const before = byPid(await list.cycle(), 4);
    list.enumerator.close();
    copyFileSync(answeringReader(t, [reading(1_030, [{ pid: 4, age: 78.9 }])]), readerModule);
    assert.deepEqual([byPid(await list.cycle(), 4), before.startTicks], [before, 950]);
  });

  test('is that of the boot where a process has no start', async (t) => {
    const list = listing(
      t,
      reading(1_000, [{ pid: 0, startedMillis: null }]),
      reading(1_030, [{ pid: 0, startedMillis: null }]),
    );
    const first = byPid(await list.cycle(), 0);
    assert.deepEqual([first.startTicks, byPid(await list.cycle(), 0)], [0, first]);
  });
});

test('does not take the wavering of a clock for a step', async (t) => {
  const whole = (seconds: number) => ({
    ...reading(seconds, [{ pid: 4 }]),
    startedAt: { wallMillis: BOOTED_AT + seconds * 1000 + 990, uptimeSeconds: seconds },
  });
  const list = listing(t, reading(1_000, [{ pid: 4 }]), whole(1_030), reading(1_060, [{ pid: 4 }]));
  for (let cycle = 0; cycle < 3; cycle++) assert.equal((await list.cycle()).boot.timeMillis, BOOTED_AT);
});

suite('details', () => {
  const same = [{ pid: 4 }];

  test('are the same object while nothing in them changes', async (t) => {
    const changed = [{ pid: 4, params: '-w' }];
    const list = listing(t, reading(1_000, same), reading(1_030, same), reading(1_060, changed));
    const first = byPid(await list.cycle(), 4).details;
    assert.equal(byPid(await list.cycle(), 4).details, first);
    const third = byPid(await list.cycle(), 4).details;
    assert.equal(third?.commandLineText, '/usr/bin/app -w');
  });

  test('are made anew for another redaction', async (t) => {
    const secret = [{ pid: 4, params: '--password hunter2', command: 'app' }];
    const list = listing(t, ...[0, 1, 2, 3].map((cycle) => reading(1_000 + 30 * cycle, secret)));
    const told: (string | undefined)[] = [];
    for (const mode of ['redacted', 'full', 'none', 'none'] as const) {
      const { details } = byPid(await list.cycle({ redactor: createRedactor(mode) }), 4);
      assert.equal(details?.redaction, createRedactor(mode).version);
      told.push(details?.commandLineText);
    }
    assert.deepEqual(told, [
      '/usr/bin/app --password [redacted]',
      '/usr/bin/app --password hunter2',
      '/usr/bin/app',
      '/usr/bin/app',
    ]);
  });

  test('and names are redacted, and say what was no text', async (t) => {
    const list = listing(
      t,
      reading(1_000, [{ pid: 4, path: '', command: 'secret\ufffd', params: 'secret \ufffd secret', user: 'secret' }]),
    );
    const { comm, commEscaped, details } = byPid(await list.cycle(), 4);
    assert.deepEqual([comm, commEscaped], ['[redacted]\ufffd', true]);
    assert.deepEqual(details, {
      commandLineText: '[redacted]\ufffd [redacted] \ufffd [redacted]',
      userName: '[redacted]',
      escapedFields: ['process.command_line'],
      redaction: 'test:1',
      redactions: 4,
    });
  });

  test('are redacted once, not each cycle', async (t) => {
    const list = listing(t, reading(1_000, same), reading(1_030, same));
    const seen: string[] = [];
    const redactor = testRedactor('test:1', (text) => seen.push(text));
    await list.cycle({ redactor });
    const { length } = seen;
    await list.cycle({ redactor });
    assert.deepEqual([length > 0, seen.length], [true, length]);
  });

  test('say so where the command line was cut', async (t) => {
    const list = listing(t, reading(1_000, [{ pid: 4, params: 'x'.repeat(9_000) }, { pid: 5 }]));
    const { processes } = await list.cycle();
    const [cut, whole] = processes.map(({ details }) => details);
    assert.deepEqual([cut?.argsTruncated, cut?.commandLineText?.length], [true, 8_192]);
    assert.equal(whole?.argsTruncated, undefined);
  });

  test('beyond the limit are left out, the youngest first and always the same, and that is told', async (t) => {
    const ages = [
      { pid: 4, age: 10 },
      { pid: 5, age: 300 },
      { pid: 6, age: 10 },
      { pid: 7, age: 200 },
    ];
    const list = listing(
      t,
      ...[0, 1, 2].map((cycle) =>
        reading(
          1_000 + cycle,
          ages.map(({ pid, age }) => ({ pid, age: age + cycle })),
        ),
      ),
    );
    for (let cycle = 0; cycle < 2; cycle++) {
      const { processes, truncated } = await list.cycle({ maxEnriched: 3 });
      assert.equal(truncated, true);
      assert.deepEqual(
        processes.map(({ pid, details }) => [pid, details !== undefined]),
        [
          [4, true],
          [5, true],
          [6, false],
          [7, true],
        ],
      );
    }
    const all = await list.cycle({ maxEnriched: 4 });
    assert.deepEqual([all.truncated, all.processes.every(({ details }) => details !== undefined)], [false, true]);
  });
});

suite('CPU use', () => {
  test('is that of one core, since the reading before', async (t) => {
    const list = listing(
      t,
      reading(1_000, [
        { pid: 4, cpu: 90 },
        { pid: 5, cpu: 90, age: 500 },
      ]),
      reading(1_030, [
        { pid: 4, cpu: 50 },
        { pid: 5, cpu: 90, age: 7 },
        { pid: 6, cpu: 90, age: 2 },
      ]),
    );
    assert.deepEqual(
      (await list.cycle()).processes.map(({ cpuUtilization }) => cpuUtilization),
      [undefined, undefined],
    );
    assert.deepEqual(
      (await list.cycle()).processes.map(({ cpuUtilization }) => cpuUtilization),
      [2, undefined, undefined],
    );
  });

  test('is not told by a reader that has not seen the reading before', async (t) => {
    const list = listing(t, reading(1_000, [{ pid: 4 }]), 'nonsense');
    await list.cycle();
    await assert.rejects(list.cycle(), { code: 'CYCLE_INCOMPLETE' });
    assert.equal(byPid(await list.cycle(), 4).cpuUtilization, undefined);
  });
});
