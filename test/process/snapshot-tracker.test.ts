import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { CollectionEvent } from '../../src/event/collection-event.ts';
import { createRedactor } from '../../src/process/redact/redactor.ts';
import { SnapshotTracker } from '../../src/process/snapshot-tracker.ts';
import { type CycleTold, HostHistory } from './host-history.ts';
import { BOOT, enumerationOf, OTHER_BOOT, processOf, SCOPE } from './process-table.ts';
import { testRedactor } from './test-redactor.ts';

const PLAN_OPTIONS = {
  cycleId: 'c',
  enhanced: true,
  userName: () => undefined,
  groupName: () => undefined,
  inventoryDue: () => true,
};

function processEvents({ events }: CycleTold, action: string) {
  const ofAction = (event: CollectionEvent) => event.kind === 'process' && event.action === action;
  return events.filter((event) => event.kind === 'process').filter(ofAction);
}

suite('the snapshot on disk', () => {
  test('is the table of the last committed cycle', async (t) => {
    const history = await HostHistory.begin(t);
    const { snapshot } = history.store;
    await history.cycle({ processes: [{ pid: 1 }, { pid: 5 }, { pid: 7, details: null }] });
    await history.cycle({
      processes: [
        { pid: 1, ppid: 4 },
        { pid: 7, startTicks: 200 },
        { pid: 9, rssBytes: 42 },
      ],
    });
    assert.deepEqual(
      snapshot.rows().map(({ pid, ppid, startTicks, details }) => [pid, ppid, startTicks, details?.executablePath]),
      [
        [1, 4, 100, '/usr/bin/app'],
        [7, 1, 200, '/usr/bin/app'],
        [9, 1, 100, '/usr/bin/app'],
      ],
    );
    assert.deepEqual([...snapshot.figures().keys()], [1, 7, 9]);
    assert.equal(snapshot.figures().get(9)?.rssBytes, 42);
    assert.equal(snapshot.state()?.sampledAtMillis, history.clock.wallMillis());
  });

  test('is as it was after a commit that failed', async (t) => {
    const history = await HostHistory.begin(t);
    const { snapshot } = history.store;
    await history.cycle({ processes: [{ pid: 1 }, { pid: 5 }] });
    const before = [snapshot.state(), snapshot.rows(), snapshot.figures()];
    await history.cycle({ diskFull: true, processes: [{ pid: 9, comm: 'x' }], boot: OTHER_BOOT });
    assert.deepEqual([snapshot.state(), snapshot.rows(), snapshot.figures()], before);
  });

  test('holds nothing of another scope after a baseline', async (t) => {
    const history = await HostHistory.begin(t);
    await history.cycle({ processes: [{ pid: 1 }, { pid: 5 }] });
    await history.cycle({ scope: { ...SCOPE, pidNamespace: 9 }, processes: [{ pid: 1 }] });
    assert.deepEqual(
      history.store.snapshot.rows().map(({ pid }) => pid),
      [1],
    );
  });

  test('is rewritten with the text of another redaction', async (t) => {
    const history = await HostHistory.begin(t);
    await history.cycle({ processes: [{ pid: 5, details: { args: ['app', 'old'] } }] });
    const now = { redaction: 'test:2', args: ['app', 'new'] };
    const told = await history.cycle({ redactor: testRedactor('test:2'), processes: [{ pid: 5, details: now }] });
    assert.deepEqual(processEvents(told, 'changed'), []);
    assert.deepEqual(history.store.snapshot.rows()[0]?.details?.args, ['app', 'new']);
  });

  test('keeps the last known figures of a process, also of an earlier run, for when it stops', async (t) => {
    const history = await HostHistory.begin(t);
    await history.cycle({ processes: [{ pid: 1 }, { pid: 4, rssBytes: 76 }, { pid: 5, rssBytes: 77 }] });
    await history.cycle({ processes: [{ pid: 1 }, { pid: 4, rssBytes: 88 }, { pid: 5, rssBytes: 99 }] });
    const [inRun] = processEvents(
      await history.cycle({ processes: [{ pid: 1 }, { pid: 5, rssBytes: 99 }] }),
      'stopped',
    );
    assert.equal(inRun?.process.memoryUsage, 88);
    const told = await history.cycle({ restart: true, processes: [{ pid: 1 }] });
    const [stopped] = processEvents(told, 'stopped');
    assert.equal(stopped?.process.memoryUsage, 99);
    assert.equal(stopped?.process.cpuUsage, undefined);
    assert.equal(stopped?.process.platformMetadata?.stateCode, 'S');
  });
});

suite('what an earlier run was allowed to keep', () => {
  const SECRET = 'app --password=hunter22 https://user:hunter22@example.org/';

  test('is not told by one that may not: a stop after full command lines is redacted', async (t) => {
    const history = await HostHistory.begin(t);
    const full = createRedactor('full');
    const details = { redaction: full.version, args: SECRET.split(' '), workingDirectory: '/srv/ok' };
    await history.cycle({ redactor: full, processes: [{ pid: 1 }, { pid: 5, details }] });
    assert.match(JSON.stringify(history.store.snapshot.rows()), /hunter22/);

    const told = await history.cycle({ redactor: createRedactor('redacted'), processes: [{ pid: 1 }] });
    assert.equal(processEvents(told, 'stopped').length, 1);
    assert.doesNotMatch(JSON.stringify(told.events), /hunter22/);
    assert.match(JSON.stringify(told.events), /\/srv\/ok/);
  });

  test('is not told by one that keeps no arguments', async (t) => {
    const history = await HostHistory.begin(t);
    const details = { redaction: createRedactor('redacted').version, args: ['app', 'an argument'], argsCount: 2 };
    await history.cycle({ redactor: createRedactor('redacted'), processes: [{ pid: 1 }, { pid: 5, details }] });
    const told = await history.cycle({ redactor: createRedactor('none'), processes: [{ pid: 1 }] });
    const [stopped] = processEvents(told, 'stopped');
    assert.deepEqual(stopped?.process.commandLine, ['app']);
    assert.equal(stopped?.process.platformMetadata?.argsCount, 2);
  });
});

const startTime = (told: CycleTold) => processEvents(told, 'observed')[0]?.process.startTime;

suite('creation times', () => {
  test('never move within a boot, whatever the wall clock does and whoever runs', async (t) => {
    const history = await HostHistory.begin(t);
    const processes = [{ pid: 5, startTicks: 12_345 }];
    const expected = BOOT.timeMillis + 123_450;
    assert.equal(startTime(await history.cycle({ processes })), expected);
    for (const timeMillis of [BOOT.timeMillis + 1_000, BOOT.timeMillis - 86_400_000, BOOT.timeMillis + 9e9]) {
      assert.equal(startTime(await history.cycle({ processes, boot: { ...BOOT, timeMillis } })), expected);
      assert.equal(
        startTime(await history.cycle({ restart: true, processes, boot: { ...BOOT, timeMillis } })),
        expected,
      );
      const scope = { ...SCOPE, pidNamespace: timeMillis };
      assert.equal(startTime(await history.cycle({ processes, scope, boot: { ...BOOT, timeMillis } })), expected);
    }
    assert.equal(history.store.snapshot.state()?.bootAnchorMillis, BOOT.timeMillis);
  });

  test('are counted anew after a reboot, and those of before stay on their own', async (t) => {
    const history = await HostHistory.begin(t);
    await history.cycle({ processes: [{ pid: 5, startTicks: 12_345 }] });
    const told = await history.cycle({ restart: true, boot: OTHER_BOOT, processes: [{ pid: 5, startTicks: 12_345 }] });
    assert.equal(processEvents(told, 'stopped')[0]?.process.startTime, BOOT.timeMillis + 123_450);
    assert.equal(processEvents(told, 'started')[0]?.process.startTime, OTHER_BOOT.timeMillis + 123_450);
  });
});

suite('a row of the snapshot', () => {
  test('is written when it is new or differs, and not otherwise', async (t) => {
    const history = await HostHistory.begin(t);
    const written: number[] = [];
    const { snapshot } = history.store;
    const putRow = snapshot.putRow.bind(snapshot);
    t.mock.method(snapshot, 'putRow', (row: Parameters<typeof putRow>[0]) => {
      written.push(row.pid);
      putRow(row);
    });
    await history.cycle({ processes: [{ pid: 1 }, { pid: 5 }] });
    await history.cycle({
      processes: [
        { pid: 1, rssBytes: 1 },
        { pid: 5, stateCode: 'R' },
      ],
    });
    assert.deepEqual(written.splice(0), [1, 5]);
    await history.cycle({ processes: [{ pid: 1 }, { pid: 5, terminal: 3 }, { pid: 9 }] });
    assert.deepEqual(written, [5, 9]);
  });

  test('is a copy: the enumerator may go on with its own object', async (t) => {
    const { store } = await HostHistory.begin(t);
    const tracker = new SnapshotTracker(store.snapshot, testRedactor());
    const live = { ...processOf({ pid: 5 }) };
    const plan = () => tracker.plan(enumerationOf([live], { endedAtMillis: BOOT.timeMillis }), PLAN_OPTIONS);
    tracker.adopt(plan());
    live.ppid = 99;
    assert.deepEqual(
      plan().diff.changed.map(({ changes }) => changes),
      [[{ field: 'process.parent_pid', old: 1, new: 99 }]],
    );
  });
});

const enumeration = (pids: readonly number[]) =>
  enumerationOf(
    pids.map((pid) => processOf({ pid })),
    { endedAtMillis: BOOT.timeMillis },
  );

suite('a plan', () => {
  test('changes nothing by itself: made twice, it is the same', async (t) => {
    const { store } = await HostHistory.begin(t);
    const tracker = new SnapshotTracker(store.snapshot, testRedactor());
    tracker.adopt(tracker.plan(enumeration([1, 5]), PLAN_OPTIONS));
    const first = tracker.plan(enumeration([1, 9]), PLAN_OPTIONS);
    const second = tracker.plan(enumeration([1, 9]), PLAN_OPTIONS);
    assert.deepEqual(second.diff, first.diff);
    assert.deepEqual(second.state, first.state);
  });
});
