import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { AgentEvent, CycleCompletedEvent, ProcessCollectionEvent } from '../../src/event/collection-event.ts';
import { type CycleTold, HostHistory } from './host-history.ts';
import { BOOT, OTHER_BOOT, SCOPE } from './process-table.ts';

const isProcess = (event: CycleTold['events'][number]): event is ProcessCollectionEvent => event.kind === 'process';
const isAgent = (event: CycleTold['events'][number]): event is AgentEvent => event.kind === 'agent';

function completed({ events }: CycleTold): CycleCompletedEvent {
  const last = events.at(-1);
  assert.ok(last?.kind === 'cycle', 'the last event of a cycle is its completion');
  return last;
}

function only<Action extends ProcessCollectionEvent['action']>({ events }: CycleTold, action: Action) {
  const found = events.filter(isProcess).filter((event) => event.action === action);
  assert.equal(found.length, 1);
  return found[0] as Extract<ProcessCollectionEvent, { action: Action }>;
}

suite('the order of a cycle', () => {
  test('is agent, stopped, started, changed, observed, completed', async (t) => {
    const history = await HostHistory.begin(t);
    await history.cycle({ processes: [{ pid: 1 }, { pid: 5 }, { pid: 7 }] });
    const { events } = await history.cycle({
      boot: { ...BOOT, timeMillis: BOOT.timeMillis + 9_000 },
      processes: [{ pid: 1, ppid: 0 }, { pid: 3 }, { pid: 7, startTicks: 900 }],
    });
    assert.deepEqual(
      events.map((event) => (isProcess(event) ? `${event.action} ${event.process.pid}` : event.kind)),
      [
        'agent',
        'stopped 5',
        'stopped 7',
        'started 3',
        'started 7',
        'changed 1',
        'observed 1',
        'observed 3',
        'observed 7',
        'cycle',
      ],
    );
  });
});

suite('the completion of a cycle', () => {
  test('counts the records of the cycle, by kind and in all, those of procmond itself not', async (t) => {
    const history = await HostHistory.begin(t);
    await history.cycle({ processes: [{ pid: 1 }, { pid: 5 }, { pid: 7 }], tasksCreated: 1_000 });
    const told = await history.cycle({
      processes: [{ pid: 1, ppid: 0 }, { pid: 7 }, { pid: 9, startTicks: 370_000 }],
      vanished: 3,
      truncated: true,
      deniedFields: new Map([
        ['process.executable.path', 2],
        ['process.command_args', 1],
      ]),
      tasksCreated: 1_017,
      boot: { ...BOOT, timeMillis: BOOT.timeMillis + 9_000 },
    });
    const { durationMillis: _, ...cycle } = completed(told);
    assert.deepEqual(cycle, {
      kind: 'cycle',
      timestampMillis: history.clock.wallMillis(),
      events: 7,
      processes: 3,
      observed: 3,
      started: 1,
      stopped: 1,
      changed: 1,
      findings: 0,
      triggers: 0,
      ruleErrors: 0,
      deniedFields: 3,
      vanished: 3,
      truncated: true,
      inventory: false,
      refreshCycles: 10,
      tasksCreated: 17,
    });
    assert.equal(told.events.filter((event) => !isAgent(event)).length, cycle.events);
    const { report } = told;
    assert.deepEqual(
      [
        report?.observed,
        report?.started,
        report?.stopped,
        report?.changed,
        report?.startsObserved,
        report?.tasksCreated,
      ],
      [3, 1, 1, 1, 1, 17],
    );
  });

  test('tells no tasks created where the cycle before was of another boot, or told none', async (t) => {
    const history = await HostHistory.begin(t);
    const processes = [{ pid: 1 }];
    const tasksCreated = async (given: Parameters<HostHistory['cycle']>[0]) =>
      completed(await history.cycle(given)).tasksCreated;
    assert.equal(await tasksCreated({ processes, tasksCreated: 5 }), undefined);
    assert.equal(await tasksCreated({ processes, tasksCreated: 9 }), 4);
    assert.equal(await tasksCreated({ processes, tasksCreated: 2, boot: OTHER_BOOT }), undefined);
    assert.equal(await tasksCreated({ processes, boot: OTHER_BOOT }), undefined);
    assert.equal(await tasksCreated({ processes, tasksCreated: 3, boot: OTHER_BOOT }), undefined);
    assert.equal(await tasksCreated({ processes, tasksCreated: 1, boot: OTHER_BOOT }), 0);
  });

  test('tells an inventory for what it is', async (t) => {
    const history = await HostHistory.begin(t, { emit: 'changes', inventoryIntervalMillis: 60_000 });
    const inventories: boolean[] = [];
    for (let cycle = 0; cycle < 5; cycle++) {
      inventories.push(completed(await history.cycle({ processes: [{ pid: 1 }] })).inventory);
    }
    assert.deepEqual(inventories, [true, false, true, false, true]);
  });
});

suite('a stop', () => {
  test('lies between the start of the sample before and this sample, with the last known state', async (t) => {
    const history = await HostHistory.begin(t);
    await history.cycle({
      processes: [
        { pid: 1, comm: 'init' },
        { pid: 5, comm: 'worker' },
      ],
    });
    const before = history.clock.wallMillis();
    const stopped = only(await history.cycle({ processes: [{ pid: 1, comm: 'init' }] }), 'stopped');
    assert.equal(stopped.exitNotBeforeMillis, before - 100);
    assert.equal(stopped.exitNotAfterMillis, before + 30_000);
    assert.equal(stopped.process.timestamp, before + 30_000);
    assert.deepEqual([stopped.process.name, stopped.process.commandLine], ['worker', ['app', '-v']]);
    assert.equal(stopped.parentName, 'init');
  });

  test('by a reboot had happened when the present boot began', async (t) => {
    const history = await HostHistory.begin(t);
    await history.cycle({ processes: [{ pid: 5 }] });
    const before = history.clock.wallMillis();
    const told = await history.cycle({
      afterMillis: 7_200_000,
      restart: true,
      boot: OTHER_BOOT,
      processes: [{ pid: 1 }],
    });
    const stopped = only(told, 'stopped');
    assert.equal(stopped.exitNotBeforeMillis, before - 100);
    assert.equal(stopped.exitNotAfterMillis, OTHER_BOOT.timeMillis);
    assert.equal(stopped.process.timestamp, history.clock.wallMillis());
  });

  test('never ends before it begins, though the wall clock went back', async (t) => {
    const history = await HostHistory.begin(t);
    await history.cycle({ processes: [{ pid: 1 }, { pid: 5 }] });
    const stopped = only(await history.cycle({ stepMillis: -600_000, processes: [{ pid: 1 }] }), 'stopped');
    assert.ok(stopped.exitNotAfterMillis >= stopped.exitNotBeforeMillis);
  });

  test('tells how long it ran at most, by a clock that makes no steps', async (t) => {
    const history = await HostHistory.begin(t);
    const then = { pid: 5, startTicks: 350_000 };
    await history.cycle({ processes: [{ pid: 1 }, then, { pid: 6, startTicks: 360_000 }] });
    const plain = only(await history.cycle({ processes: [{ pid: 1 }, then] }), 'stopped');
    assert.equal(plain.runTimeMillis, 30_000);
    const stepped = await history.cycle({
      stepMillis: -86_400_000,
      boot: { ...BOOT, timeMillis: BOOT.timeMillis - 86_400_000 },
      processes: [{ pid: 1 }],
    });
    assert.equal(only(stepped, 'stopped').runTimeMillis, 160_000);
  });

  test('by a reboot ran until the present boot began, at most', async (t) => {
    const history = await HostHistory.begin(t);
    await history.cycle({ processes: [{ pid: 5, startTicks: 100 }] });
    const reboot = { afterMillis: 7_200_000, restart: true, boot: OTHER_BOOT, processes: [{ pid: 1 }] };
    assert.equal(only(await history.cycle(reboot), 'stopped').runTimeMillis, 7_200_000 - 1_000);
  });

  test('names the parent of then, not who has its pid now', async (t) => {
    const history = await HostHistory.begin(t);
    const then = { pid: 4, comm: 'then', details: { cpid: 'of then' } };
    const now = { pid: 4, comm: 'now', startTicks: 9_000, details: { cpid: 'of now' } };
    await history.cycle({ processes: [then, { pid: 5, ppid: 4 }] });
    const told = await history.cycle({ processes: [now] });
    const stops = told.events.filter(isProcess).filter(({ action }) => action === 'stopped');
    const stopped = stops.find(({ process }) => process.pid === 5);
    assert.equal(stopped?.parentName, 'then');
    assert.equal(stopped.process.platformMetadata?.parentCpid, 'of then');
  });
});

suite('a start', () => {
  test('names its parent by name and CPID, and the sample before', async (t) => {
    const history = await HostHistory.begin(t);
    await history.cycle({ processes: [{ pid: 1 }] });
    const before = history.clock.wallMillis();
    const told = await history.cycle({
      processes: [
        { pid: 1, comm: 'init', details: { cpid: 'the parent' } },
        { pid: 5, details: { cpid: 'its own' } },
      ],
    });
    const started = only(told, 'started');
    assert.equal(started.parentName, 'init');
    assert.equal(started.process.platformMetadata?.parentCpid, 'the parent');
    assert.equal(started.previousSampleMillis, before);
  });

  test('has no parent where there is none in the table', async (t) => {
    const history = await HostHistory.begin(t);
    await history.cycle({ processes: [{ pid: 1, ppid: 0 }] });
    const started = only(
      await history.cycle({
        processes: [
          { pid: 1, ppid: 0 },
          { pid: 5, ppid: 4 },
        ],
      }),
      'started',
    );
    assert.equal('parentName' in started, false);
  });

  test('beyond the maximum is told with what its identity gives, and says so', async (t) => {
    const history = await HostHistory.begin(t, { maxProcessesPerCycle: 1 });
    await history.cycle({ processes: [{ pid: 1 }] });
    const told = await history.cycle({ truncated: true, processes: [{ pid: 1 }, { pid: 5, details: null }] });
    const { process } = only(told, 'started');
    assert.deepEqual([process.platformMetadata?.enriched, process.commandLine, process.name], [false, [], 'app']);
  });
});

const agentEvents = ({ events }: CycleTold) => events.filter(isAgent);

suite('what procmond tells of itself', () => {
  test('says of a changed scope what it was and is', async (t) => {
    const history = await HostHistory.begin(t);
    await history.cycle({ processes: [{ pid: 1 }] });
    const told = await history.cycle({ scope: { ...SCOPE, hostId: 'b', sight: 'euid=1000' }, processes: [{ pid: 1 }] });
    const [changed, baseline] = agentEvents(told);
    assert.deepEqual(changed?.attributes, {
      'procmond.scope.old': { hostId: 'a', sight: '' },
      'procmond.scope.new': { hostId: 'b', sight: 'euid=1000' },
    });
    assert.match(changed?.message ?? '', /hostId, sight changed/);
    assert.deepEqual(baseline?.attributes, {
      'procmond.baseline.reason': 'scope_changed',
      'procmond.baseline.processes': 1,
    });
  });

  test('says of a stepped clock by how much', async (t) => {
    const history = await HostHistory.begin(t);
    await history.cycle({ processes: [{ pid: 1 }] });
    const [degraded] = agentEvents(
      await history.cycle({ boot: { ...BOOT, timeMillis: BOOT.timeMillis - 90_000 }, processes: [{ pid: 1 }] }),
    );
    assert.deepEqual(degraded?.attributes, {
      'procmond.degraded.reason': 'clock_step',
      'procmond.clock.offset_seconds': -90,
    });
  });
});

suite('the report of a cycle', () => {
  test('counts processes by state, threads and what was redacted anew', async (t) => {
    const history = await HostHistory.begin(t);
    const states = ['R', 'S', 'D', 'I', 'T', 't', 'Z', 'X', 'W'];
    const processes = states.map((stateCode, index) => ({
      pid: index + 1,
      stateCode,
      threads: 2,
      details: { redactions: 1 },
    }));
    const first = (await history.cycle({ processes })).report;
    assert.deepEqual(first?.processesByState, {
      running: 1,
      sleeping: 2,
      uninterruptible: 1,
      idle: 1,
      stopped: 2,
      defunct: 2,
    });
    assert.deepEqual([first?.threads, first?.redactions, first?.baseline], [18, 9, 'first_run']);
    const moved = processes.map((process) => (process.pid === 3 ? { ...process, ppid: 9 } : process));
    const renewed = [...moved.slice(0, 8), { pid: 9, stateCode: 'W', details: { redactions: 4, args: ['x'] } }];
    const second = (await history.cycle({ processes: renewed })).report;
    assert.deepEqual([second?.redactions, second?.baseline], [4, undefined]);
  });
});
