import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ProcmondError } from '../../../src/base/errors.ts';
import { NO_RULE_SETTINGS, type OwnRule, type RuleSettings } from '../../../src/event/rule-settings.ts';
import { builtInRules, type CompiledRules, compileRules } from '../../../src/process/findings/compile-rules.ts';
import { find } from '../../../src/process/findings/find.ts';
import { SnapshotTracker } from '../../../src/process/snapshot-tracker.ts';
import { type CycleGiven, HostHistory, tell } from '../host-history.ts';
import { openStore } from '../open-store.ts';
import { BOOT, enumerationOf, type GivenProcess, OTHER_BOOT, processOf, SCOPE } from '../process-table.ts';
import { testRedactor } from '../test-redactor.ts';

function own(id: string, when: string, further: Partial<OwnRule> = {}): OwnRule {
  return { id, when, title: id, description: '', category: 'custom', severity: 'medium', techniques: [], ...further };
}

const compile = (settings: Partial<RuleSettings>): Promise<CompiledRules> =>
  compileRules({ ...NO_RULE_SETTINGS, ...settings });

const IS_ROOT = own('is-root', 'process.user.id == 0');

const INIT: GivenProcess = { pid: 1, ppid: 0, startTicks: 1 };
const APP: GivenProcess = { pid: 5 };
const MEMFD: GivenProcess = { pid: 5, details: { executableMemfd: true } };
const MEMFD_ROOT: GivenProcess = { pid: 5, details: { executableMemfd: true, userId: 0 } };

interface Story {
  readonly story: string;
  readonly settings?: Partial<RuleSettings>;
  readonly cycles: readonly (readonly [
    given: CycleGiven & { settings?: Partial<RuleSettings> },
    told: readonly string[],
  ])[];
}

const STORIES: readonly Story[] = [
  {
    story: 'a finding comes after observed and before the completion, which counts it',
    cycles: [
      [{ processes: [INIT, MEMFD] }, ['baseline first_run', 'observed 1 5', 'found memfd-executable 5', 'completed 4']],
    ],
  },
  {
    story: 'it is told once, whatever else changes, and by no later run',
    cycles: [
      [{ processes: [INIT, APP] }, ['baseline first_run', 'observed 1 5', 'completed 3']],
      [{ processes: [INIT, MEMFD] }, ['observed 1 5', 'found memfd-executable 5', 'completed 4']],
      [
        { processes: [INIT, { ...MEMFD, sessionId: 5 }] },
        ['changed 5 live process.session_leader.pid: 1 -> 5', 'observed 1 5', 'completed 4'],
      ],
      [{ restart: true, processes: [INIT, { ...MEMFD, sessionId: 5 }] }, ['observed 1 5', 'completed 3']],
      [
        { restart: true, processes: [INIT, MEMFD] },
        ['changed 5 while_down process.session_leader.pid: 5 -> 1', 'observed 1 5', 'completed 4'],
      ],
    ],
  },
  {
    story: 'another identity by the same pid is another finding, and so is one of another boot',
    cycles: [
      [{ processes: [INIT, MEMFD] }, ['baseline first_run', 'observed 1 5', 'found memfd-executable 5', 'completed 4']],
      [
        { processes: [INIT, { ...MEMFD, startTicks: 101 }] },
        ['stopped 5 live', 'started 5 live', 'observed 1 5', 'found memfd-executable 5', 'completed 6'],
      ],
      [
        { restart: true, afterMillis: 7_200_000, boot: OTHER_BOOT, processes: [{ ...MEMFD, startTicks: 101 }] },
        [
          'stopped 1 reboot',
          'stopped 5 reboot',
          'started 5 reboot',
          'observed 5',
          'found memfd-executable 5',
          'completed 6',
        ],
      ],
    ],
  },
  {
    story: 'a commit that fails has told nothing: the next cycle tells it',
    cycles: [
      [{ processes: [INIT, APP] }, ['baseline first_run', 'observed 1 5', 'completed 3']],
      [{ diskFull: true, processes: [INIT, MEMFD] }, []],
      [{ processes: [INIT, MEMFD] }, ['observed 1 5', 'found memfd-executable 5', 'completed 4']],
    ],
  },
  {
    story: 'another scope of the same boot does not make the same identity tell it again',
    cycles: [
      [{ processes: [INIT, MEMFD] }, ['baseline first_run', 'observed 1 5', 'found memfd-executable 5', 'completed 4']],
      [
        { scope: { ...SCOPE, sight: 'euid=1000 groups= ptrace=0' }, processes: [MEMFD] },
        ['scope_changed', 'baseline scope_changed', 'observed 5', 'completed 2'],
      ],
    ],
  },
  {
    story: 'nothing is found of what is beyond the maximum, and it is once it comes within',
    cycles: [
      [
        { truncated: true, processes: [INIT, { pid: 5, comm: 'kworker/0:1', details: null }] },
        ['baseline first_run', 'observed 1', 'completed 2'],
      ],
      [
        { processes: [INIT, { pid: 5, comm: 'kworker/0:1' }] },
        ['observed 1 5', 'found kernel-thread-masquerade 5', 'completed 4'],
      ],
    ],
  },
  {
    story: 'a rule that was added finds what has been there, once; those of before are not told again',
    cycles: [
      [
        { processes: [INIT, MEMFD_ROOT] },
        ['baseline first_run', 'observed 1 5', 'found memfd-executable 5', 'completed 4'],
      ],
      [
        { settings: { own: [IS_ROOT] }, processes: [INIT, MEMFD_ROOT] },
        ['observed 1 5', 'found is-root 5', 'completed 4'],
      ],
      [{ processes: [INIT, MEMFD_ROOT] }, ['observed 1 5', 'completed 3']],
      [{ settings: {}, processes: [INIT, MEMFD_ROOT] }, ['observed 1 5', 'completed 3']],
      [{ restart: true, settings: { own: [IS_ROOT] }, processes: [INIT, MEMFD_ROOT] }, ['observed 1 5', 'completed 3']],
    ],
  },
  {
    story: 'a rule that was added while procmond did not run finds what has been there',
    cycles: [
      [
        { processes: [INIT, MEMFD_ROOT] },
        ['baseline first_run', 'observed 1 5', 'found memfd-executable 5', 'completed 4'],
      ],
      [
        { restart: true, settings: { own: [IS_ROOT] }, processes: [INIT, MEMFD_ROOT] },
        ['observed 1 5', 'found is-root 5', 'completed 4'],
      ],
      [{ restart: true, processes: [INIT, MEMFD_ROOT] }, ['observed 1 5', 'completed 3']],
    ],
  },
  {
    story: 'a rule that is added in a cycle that fails is asked in the next',
    cycles: [
      [
        { processes: [INIT, MEMFD_ROOT] },
        ['baseline first_run', 'observed 1 5', 'found memfd-executable 5', 'completed 4'],
      ],
      [{ diskFull: true, settings: { own: [IS_ROOT] }, processes: [INIT, MEMFD_ROOT] }, []],
      [{ processes: [INIT, MEMFD_ROOT] }, ['observed 1 5', 'found is-root 5', 'completed 4']],
    ],
  },
  {
    story: 'triggers come after all findings, and are counted too',
    settings: {
      own: [
        own('asks', 'process.pid == 5', { trigger: { target: 'binary-hasher', analysisType: 'binary_hash' } }),
        own('asks-not', 'process.pid == 5'),
      ],
    },
    cycles: [
      [
        { processes: [INIT, APP] },
        [
          'baseline first_run',
          'observed 1 5',
          'found asks 5',
          'found asks-not 5',
          'trigger binary-hasher 5',
          'completed 6',
        ],
      ],
    ],
  },
  {
    story: 'with --emit changes findings are told all the same',
    cycles: [
      [{ config: { emit: 'changes' }, processes: [INIT, APP] }, ['baseline first_run', 'observed 1 5', 'completed 3']],
      [{ processes: [INIT, MEMFD] }, ['found memfd-executable 5', 'completed 2']],
    ],
  },
  {
    story: 'a rule that is switched off finds nothing, and finds it when it is switched on',
    settings: { disabled: ['memfd-executable'] },
    cycles: [
      [{ processes: [INIT, MEMFD] }, ['baseline first_run', 'observed 1 5', 'completed 3']],
      [{ settings: {}, processes: [INIT, MEMFD] }, ['observed 1 5', 'found memfd-executable 5', 'completed 4']],
    ],
  },
  {
    story: 'an own rule sees what a process was before, in this run and across a restart',
    settings: { own: [own('moved', 'previous.known && previous.container.id != process.container.id')] },
    cycles: [
      [
        { processes: [INIT, { pid: 5, details: { containerId: 'a' } }] },
        ['baseline first_run', 'observed 1 5', 'completed 3'],
      ],
      [
        { restart: true, processes: [INIT, { pid: 5, details: { containerId: 'b' } }] },
        ['changed 5 while_down container.id: a -> b', 'observed 1 5', 'found moved 5', 'completed 5'],
      ],
    ],
  },
];

suite('findings from cycle to cycle', () => {
  for (const { story, settings = {}, cycles } of STORIES) {
    test(story, async (t) => {
      const history = await HostHistory.begin(t);
      let next: Partial<RuleSettings> | undefined = settings;
      for (const [{ settings: replaced, ...given }, told] of cycles) {
        next = replaced ?? next;
        const cycle = await history.cycle({ ...given, ...(next !== undefined && { rules: await compile(next) }) });
        next = undefined;
        assert.deepEqual(cycle.report === undefined ? [] : tell(cycle), told);
      }
    });
  }

  test('are in the report of the cycle, with the errors of conditions, which end no cycle and no other rule', async (t) => {
    const history = await HostHistory.begin(t);
    const rules = await compile({ own: [own('breaks', 'process.args[7] == "x"'), IS_ROOT] });
    const told = await history.cycle({ rules, processes: [INIT, { pid: 5, details: { userId: 0 } }] });
    assert.deepEqual(tell(told), ['baseline first_run', 'observed 1 5', 'found is-root 5', 'completed 4']);
    assert.deepEqual([told.report?.findings, told.report?.ruleErrors], [1, 2]);
    const last = told.events.at(-1);
    assert.ok(last?.kind === 'cycle');
    assert.deepEqual([last.findings, last.triggers, last.ruleErrors, last.events], [1, 0, 2, 4]);
  });

  test('say who did what, in one sentence, with the process as it is', async (t) => {
    const history = await HostHistory.begin(t);
    const told = await history.cycle({
      rules: builtInRules(),
      processes: [
        { ...INIT, comm: 'init' },
        { pid: 5, comm: 'x', details: { executableMemfd: true, executablePath: '/memfd:x' } },
      ],
    });
    const finding = told.events.find((event) => event.kind === 'finding');
    assert.equal(finding?.message, 'x (5) runs from memory that has no file (/memfd:x)');
    assert.deepEqual([finding.process?.pid, finding.parentName, finding.rule.id], [5, 'init', 'memfd-executable']);
  });
});

suite('rules', () => {
  test('of the library are checked as those of a file are', async () => {
    await assert.rejects(
      compile({
        disabled: ['memfd-executable', 'nothing'],
        own: [own('is-root', 'process.uid == 0'), own('gained-root', 'true'), own('Bad Id', 'started')],
      }),
      (error) =>
        error instanceof ProcmondError &&
        error.code === 'CONFIG_INVALID' &&
        error.message ===
          '"Bad Id" is not of lower-case letters, digits and "-", 64 at most; rule gained-root: another rule has this id; ' +
            'there is no rule nothing to switch off or on; rule is-root: its condition at character 9 cannot be understood: No such key: uid',
    );
  });

  test('are those of the table, but for what is off by default', () => {
    assert.deepEqual(
      builtInRules().rules.map(({ about }) => about.id),
      [
        'deleted-executable',
        'memfd-executable',
        'world-writable-executable',
        'kernel-thread-masquerade',
        'executable-hash-changed',
        'gained-root',
        'future-start',
        'suspicious-child',
      ],
    );
  });
});

const PLAN_OPTIONS = {
  cycleId: 'c',
  enhanced: true,
  userName: () => undefined,
  groupName: () => undefined,
  inventoryDue: () => false,
};

suite('the cost of rules', () => {
  test('is nothing in a steady cycle, and milliseconds for 10,000 processes that are new', async (t) => {
    const store = await openStore(t);
    const tracker = new SnapshotTracker(store.snapshot, testRedactor());
    const { rules } = await compile({
      own: [IS_ROOT, own('shell', 'process.args.exists(a, a == "-i") && parent.user.id == 33')],
    });
    const processes = Array.from({ length: 10_000 }, (_, index) =>
      processOf({ pid: index + 1, comm: `app${index % 50}` }),
    );
    const enumeration = enumerationOf(processes, { endedAtMillis: BOOT.timeMillis + 3_600_000 });
    const first = tracker.plan(enumeration, PLAN_OPTIONS);
    let begun = performance.now();
    assert.equal(find(first, rules, { everything: true }).found.length, 0);
    assert.ok(performance.now() - begun < 2_000, `all of them took ${performance.now() - begun} ms`);
    tracker.adopt(first);
    let asked = 0;
    const counted = rules.map((rule) => ({
      ...rule,
      finds: (...subject: Parameters<typeof rule.finds>) => (asked++, rule.finds(...subject)),
    }));
    const steady = tracker.plan(enumeration, PLAN_OPTIONS);
    begun = performance.now();
    find(steady, counted, { everything: false });
    assert.equal(asked, 0);
    assert.ok(performance.now() - begun < 5, `a steady cycle took ${performance.now() - begun} ms`);
  });
});
