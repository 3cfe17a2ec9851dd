import assert from 'node:assert/strict';
import { suite, type TestContext, test } from 'node:test';
import type { ExpectedProcess } from '../../../src/event/rule-settings.ts';
import { NO_RULE_SETTINGS } from '../../../src/event/rule-settings.ts';
import { compileRules } from '../../../src/process/findings/compile-rules.ts';
import { type CycleGiven, HostHistory, tell } from '../host-history.ts';
import { type GivenProcess, OTHER_BOOT, SCOPE } from '../process-table.ts';

const EXPECTED: ExpectedProcess = {
  name: 'web',
  match: { comm: 'nginx' },
  count: 1,
  graceMillis: 0,
  flappingRestarts: 2,
  flappingWindowMillis: 600_000,
};

const INIT: GivenProcess = { pid: 1, ppid: 0, startTicks: 1 };
/** A server by its start, in hundredths of a second since boot. */
const nginx = (pid: number, startTicks = pid * 1_000, further: Partial<GivenProcess> = {}): GivenProcess => ({
  ...further,
  pid,
  startTicks,
  comm: 'nginx',
});

type Step = CycleGiven & { readonly list?: readonly ExpectedProcess[] };

interface Story {
  readonly story: string;
  readonly expected?: Partial<ExpectedProcess>;
  /** Each cycle; what was found in it; whether the gauge is 1 after it. */
  readonly cycles: readonly (readonly [step: Step, found: readonly string[], up: boolean | undefined])[];
}

const MISSING = ['found expected-process-missing'];
const FLAPPING = ['found expected-process-flapping'];

const STORIES: readonly Story[] = [
  {
    story: 'is up as long as it runs, and told when it goes missing, once until it is up again',
    cycles: [
      [{ processes: [INIT, nginx(5)] }, [], true],
      [{ processes: [INIT] }, MISSING, false],
      [{ processes: [INIT] }, [], false],
      [{ processes: [INIT, nginx(6)] }, [], true],
      [{ processes: [INIT] }, MISSING, false],
    ],
  },
  {
    story: 'that never was there is told in the first cycle',
    cycles: [
      [{ processes: [INIT] }, MISSING, false],
      [{ processes: [INIT] }, [], false],
    ],
  },
  {
    story: 'is remembered across restarts of procmond: what was told is not told again, what happened meanwhile is',
    cycles: [
      [{ processes: [INIT] }, MISSING, false],
      [{ restart: true, processes: [INIT] }, [], false],
      [{ restart: true, processes: [INIT, nginx(5)] }, [], true],
      [{ restart: true, processes: [INIT] }, MISSING, false],
    ],
  },
  {
    story: 'is not told by a cycle whose commit fails, but by the next',
    cycles: [
      [{ processes: [INIT, nginx(5)] }, [], true],
      [{ diskFull: true, processes: [INIT] }, [], undefined],
      [{ processes: [INIT] }, MISSING, false],
    ],
  },
  {
    story: 'has its grace: one that is back in time was never missing to anyone but the gauge',
    expected: { graceMillis: 60_000 },
    cycles: [
      [{ processes: [INIT, nginx(5)] }, [], true],
      [{ processes: [INIT] }, [], false],
      [{ processes: [INIT] }, [], false],
      [{ processes: [INIT, nginx(6)] }, [], true],
      [{ processes: [INIT] }, [], false],
      [{ restart: true, processes: [INIT] }, [], false],
      [{ processes: [INIT] }, MISSING, false],
    ],
  },
  {
    story: 'needs as many as are configured',
    expected: { count: 2 },
    cycles: [
      [{ processes: [INIT, nginx(5), nginx(6)] }, [], true],
      [{ processes: [INIT, nginx(5)] }, MISSING, false],
      [{ processes: [INIT, nginx(5), nginx(7)] }, [], true],
    ],
  },
  {
    story: 'that has ended is not up, though its parent has not noticed; one whose other threads go on is',
    cycles: [
      [{ processes: [INIT, nginx(5)] }, [], true],
      [{ processes: [INIT, nginx(5, 5_000, { stateCode: 'Z', threads: 3 })] }, [], true],
      [{ processes: [INIT, nginx(5, 5_000, { stateCode: 'Z' })] }, MISSING, false],
    ],
  },
  {
    story: 'that execs into something else is missing, and one that execs into it is up',
    cycles: [
      [{ processes: [INIT, nginx(5)] }, [], true],
      [{ processes: [INIT, { ...nginx(5), comm: 'other' }] }, MISSING, false],
      [{ processes: [INIT, nginx(5)] }, [], true],
    ],
  },
  {
    story: 'is not told of in the first two minutes of a boot, in which services come up',
    cycles: [
      [{ processes: [INIT, nginx(5)] }, [], true],
      [{ restart: true, afterMillis: 3_630_000, boot: OTHER_BOOT, processes: [INIT] }, [], false],
      [{ afterMillis: 60_000, boot: OTHER_BOOT, processes: [INIT] }, [], false],
      [{ afterMillis: 60_000, boot: OTHER_BOOT, processes: [INIT] }, MISSING, false],
    ],
  },
  {
    story: 'that was up in the first minutes of a boot is told of when it goes missing in them',
    cycles: [
      [{ processes: [INIT] }, MISSING, false],
      [{ restart: true, afterMillis: 3_630_000, boot: OTHER_BOOT, processes: [INIT, nginx(5, 1_000)] }, [], true],
      [{ boot: OTHER_BOOT, processes: [INIT] }, MISSING, false],
    ],
  },
  {
    story: 'that is out of sight for a narrower view is down, and not told as missing',
    cycles: [
      [{ processes: [INIT, nginx(5)] }, [], true],
      [{ restart: true, scope: { ...SCOPE, sight: 'euid=1000 groups= ptrace=0' }, processes: [INIT] }, [], false],
      [{ scope: { ...SCOPE, sight: 'euid=1000 groups= ptrace=0' }, processes: [INIT] }, [], false],
    ],
  },
  {
    story: 'that may be beyond the maximum of processes is taken for what it was',
    expected: { match: { comm: 'nginx', user: '1000' } },
    cycles: [
      [{ processes: [INIT, nginx(5)] }, [], true],
      [{ truncated: true, processes: [INIT, nginx(5, 5_000, { details: null })] }, [], true],
      [{ processes: [INIT] }, MISSING, false],
    ],
  },
  {
    story: 'that starts more often than allowed within the window flaps, which is told once until it is calm',
    cycles: [
      [{ processes: [INIT, nginx(10)] }, [], true],
      [{ processes: [INIT, nginx(11)] }, [], true],
      [{ processes: [INIT, nginx(12)] }, [], true],
      [{ processes: [INIT, nginx(13)] }, FLAPPING, true],
      [{ restart: true, processes: [INIT, nginx(14)] }, [], true],
      [{ afterMillis: 600_000, processes: [INIT, nginx(14)] }, [], true],
      [{ processes: [INIT, nginx(15)] }, [], true],
      [{ processes: [INIT, nginx(16)] }, [], true],
      [{ processes: [INIT, nginx(17)] }, FLAPPING, true],
    ],
  },
  {
    story: 'flaps also where it is down between its starts, and across restarts of procmond',
    cycles: [
      [{ processes: [INIT, nginx(10)] }, [], true],
      [{ processes: [INIT] }, MISSING, false],
      [{ processes: [INIT, nginx(11)] }, [], true],
      [{ restart: true, processes: [INIT, nginx(12)] }, [], true],
      [{ processes: [INIT] }, MISSING, false],
      [{ restart: true, processes: [INIT, nginx(13)] }, FLAPPING, true],
    ],
  },
  {
    story: 'does not flap for workers that come and go beside the oldest, nor when one of them takes its place',
    cycles: [
      [{ processes: [INIT, nginx(10), nginx(20)] }, [], true],
      ...Array.from({ length: 5 }, (_, index): Story['cycles'][number] => [
        { processes: [INIT, nginx(10), nginx(21 + index)] },
        [],
        true,
      ]),
      [{ processes: [INIT, nginx(25)] }, [], true],
    ],
  },
  {
    story: 'that stops as often as it likes is never told to flap where that is switched off',
    expected: { flappingRestarts: 0 },
    cycles: Array.from({ length: 6 }, (_, index) => [{ processes: [INIT, nginx(10 + index)] }, [], true] as const),
  },
  {
    story: 'is forgotten when it is taken off the list, and looked for among what runs when it is put on',
    cycles: [
      [{ list: [], processes: [INIT, nginx(5)] }, [], undefined],
      [{ list: [EXPECTED], processes: [INIT, nginx(5)] }, [], true],
      [{ list: [], processes: [INIT] }, [], undefined],
      [{ list: [EXPECTED], processes: [INIT] }, MISSING, false],
    ],
  },
];

const compile = (expectedProcesses: readonly ExpectedProcess[], disabled: readonly string[] = []) =>
  compileRules({ ...NO_RULE_SETTINGS, expectedProcesses, disabled });

suite('an expected process', () => {
  for (const { story, expected, cycles } of STORIES) {
    test(story, async (t) => {
      const history = await HostHistory.begin(t);
      let list: readonly ExpectedProcess[] | undefined = [{ ...EXPECTED, ...expected }];
      for (const [index, [{ list: replaced, ...step }, found, up]] of cycles.entries()) {
        list = replaced ?? list;
        const cycle = await history.cycle({ ...step, ...(list !== undefined && { rules: await compile(list) }) });
        list = undefined;
        const told = cycle.report === undefined ? [] : tell(cycle).filter((line) => line.startsWith('found'));
        assert.deepEqual([index, told, cycle.report?.expectedProcesses.get('web')], [index, found, up]);
      }
    });
  }

  test('is told of by name, with how many run and how many there should be', async (t) => {
    const history = await HostHistory.begin(t);
    const rules = await compile([{ ...EXPECTED, count: 3 }]);
    const { events, report } = await history.cycle({ rules, processes: [INIT, nginx(5)] });
    const finding = events.find((event) => event.kind === 'finding');
    assert.equal(finding?.message, 'expected process web is missing: 1 of 3 run');
    assert.equal(finding.process, undefined);
    assert.deepEqual(finding.attributes, {
      'procmond.expected_process.name': 'web',
      'procmond.expected_process.count': 3,
      'procmond.expected_process.running': 1,
    });
    assert.equal(report?.findings, 1);
  });

  test('is not told of where that rule is switched off; the gauge stays', async (t) => {
    const history = await HostHistory.begin(t);
    const rules = await compile([EXPECTED], ['expected-process-missing', 'expected-process-flapping']);
    const cycle = await history.cycle({ rules, processes: [INIT] });
    assert.deepEqual(tell(cycle), ['baseline first_run', 'observed 1', 'completed 2']);
    assert.equal(cycle.report?.expectedProcesses.get('web'), false);
  });
});

suite('what an expected process is known by', () => {
  const details = {
    executablePath: '/usr/sbin/nginx',
    args: ['nginx', '-g', 'daemon off;'],
    userId: 33,
    systemdUnit: 'nginx.service',
  };

  async function isUp(
    t: TestContext,
    match: ExpectedProcess['match'],
    process: GivenProcess,
  ): Promise<boolean | undefined> {
    const history = await HostHistory.begin(t);
    const rules = await compile([{ ...EXPECTED, match }]);
    return (await history.cycle({ rules, processes: [process] })).report?.expectedProcesses.get('web');
  }

  for (const [match, up] of [
    [{ comm: 'nginx' }, true],
    [{ comm: 'ngin*' }, true],
    [{ comm: 'ngin' }, false],
    [{ executable: '/usr/sbin/nginx' }, true],
    [{ executable: 'nginx' }, true],
    [{ executable: 'sbin' }, false],
    [{ executable: '/usr/*' }, true],
    [{ executable: '/usr/bin/*' }, false],
    [{ args: ['-g'] }, true],
    [{ args: ['-g', 'daemon *'] }, true],
    [{ args: ['-g', '-x'] }, false],
    [{ user: '33' }, true],
    [{ user: '0' }, false],
    [{ user: 'www-data' }, false],
    [{ unit: 'nginx.service' }, true],
    [{ unit: 'nginx' }, false],
    [{ comm: 'nginx', user: '33', unit: '*.service' }, true],
    [{ comm: 'apache', user: '33' }, false],
  ] as const) {
    test(`${JSON.stringify(match)} is ${up ? '' : 'not '}met`, async (t) => {
      assert.equal(await isUp(t, match, nginx(5, 100, { details })), up);
    });
  }

  test('may be the unit of a user manager', async (t) => {
    const user = { systemdUnit: 'user@1000.service', systemdUserUnit: 'sync.service' };
    assert.equal(await isUp(t, { unit: 'sync.service' }, nginx(5, 100, { details: user })), true);
  });

  test('is not there for one of which nothing more is known than its name', async (t) => {
    assert.equal(await isUp(t, { user: '33' }, nginx(5, 100, { details: null })), false);
    assert.equal(await isUp(t, { comm: 'nginx' }, nginx(5, 100, { details: null })), true);
  });
});
