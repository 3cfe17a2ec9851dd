import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ProcessSourceConfig } from '../../src/process/process-source-config.ts';
import { type CycleGiven, HostHistory, tell } from './host-history.ts';
import { BOOT, type GivenProcess, OTHER_BOOT, SCOPE } from './process-table.ts';
import { testRedactor } from './test-redactor.ts';

interface Story {
  readonly story: string;
  readonly config?: Partial<ProcessSourceConfig>;
  /** Each cycle, and what is told of it. */
  readonly cycles: readonly (readonly [given: CycleGiven, told: readonly string[]])[];
}

const INIT: GivenProcess = { pid: 1, ppid: 0, startTicks: 1 };
const APP: GivenProcess = { pid: 5 };
/** Created after the run began: the boot was an hour before it. */
const LATE_TICKS = 3_700 * 100;
const KERNEL: GivenProcess = {
  pid: 2,
  ppid: 0,
  startTicks: 1,
  kernelThread: true,
  comm: 'kworker/0:1',
  details: { args: [] },
};

const BASELINE = ['baseline first_run', 'observed 1 5', 'completed 3'] as const;
const first = [{ processes: [INIT, APP] }, BASELINE] as const;

const STORIES: readonly Story[] = [
  {
    story: 'a first run is a baseline: nothing has started',
    cycles: [first],
  },
  {
    story: 'a quiet cycle tells every process as observed and nothing else',
    cycles: [first, [{ processes: [INIT, APP] }, ['observed 1 5', 'completed 3']]],
  },
  {
    story: 'starts and stops between two cycles are live',
    cycles: [
      first,
      [
        { processes: [INIT, { pid: 9, startTicks: LATE_TICKS }] },
        ['stopped 5 live', 'started 9 live', 'observed 1 9', 'completed 5'],
      ],
    ],
  },
  {
    story: 'what came and went while procmond did not run is told so after a restart',
    cycles: [
      first,
      [
        { restart: true, processes: [INIT, { pid: 9, startTicks: 350_000 }] },
        ['stopped 5 while_down', 'started 9 while_down', 'observed 1 9', 'completed 5'],
      ],
      [{ processes: [INIT] }, ['stopped 9 live', 'observed 1', 'completed 3']],
    ],
  },
  {
    story: 'what was created after the run began is live, also in the first cycle of the run',
    cycles: [
      first,
      [{ restart: true, diskFull: true, processes: [INIT, APP] }, []],
      [
        { processes: [INIT, APP, { pid: 8, startTicks: 350_000 }, { pid: 9, startTicks: 365_500 }] },
        ['started 8 while_down', 'started 9 live', 'observed 1 5 8 9', 'completed 7'],
      ],
    ],
  },
  {
    story: 'a start while procmond did not run stays one when the wall clock was set back before',
    cycles: [
      first,
      [
        {
          restart: true,
          stepMillis: -600_000,
          boot: { ...BOOT, timeMillis: BOOT.timeMillis - 600_000 },
          // By the clock of the baseline it was created after this run began.
          processes: [INIT, APP, { pid: 9, startTicks: 361_000 }],
        },
        ['degraded', 'started 9 while_down', 'observed 1 5 9', 'completed 5'],
      ],
    ],
  },
  {
    story: 'a reused pid is a stop and a start, never a change, whatever else is equal',
    cycles: [
      first,
      [
        { processes: [INIT, { ...APP, startTicks: 101 }] },
        ['stopped 5 live', 'started 5 live', 'observed 1 5', 'completed 5'],
      ],
    ],
  },
  {
    story: 'an exec in place is one change with old and new values',
    cycles: [
      first,
      [
        {
          processes: [
            INIT,
            {
              ...APP,
              comm: 'curl',
              details: { executablePath: '/usr/bin/curl', executableInode: 71, args: ['curl', 'x'] },
            },
          ],
        },
        [
          'changed 5 live procmond.process.comm: app -> curl, ' +
            'process.executable.path: /usr/bin/app -> /usr/bin/curl, ' +
            'procmond.executable.inode: 70 -> 71, process.command_args: app,-v -> curl,x',
          'observed 1 5',
          'completed 4',
        ],
      ],
      [
        {
          processes: [
            INIT,
            {
              ...APP,
              comm: 'curl',
              details: { executablePath: '/usr/bin/curl', executableInode: 71, args: ['curl', 'x'] },
            },
          ],
        },
        ['observed 1 5', 'completed 3'],
      ],
    ],
  },
  {
    story: 'a change while procmond did not run is told so',
    cycles: [
      first,
      [
        { restart: true, processes: [INIT, { ...APP, details: { userId: 0 } }] },
        ['changed 5 while_down process.user.id: 1000 -> 0', 'observed 1 5', 'completed 4'],
      ],
    ],
  },
  {
    story: 'a deleted executable, a new parent and a new session are changes',
    cycles: [
      first,
      [
        { processes: [INIT, { ...APP, ppid: 7, sessionId: 5, details: { executableDeleted: true } }] },
        [
          'changed 5 live process.parent_pid: 1 -> 7, procmond.executable.deleted: false -> true, ' +
            'process.session_leader.pid: 1 -> 5',
          'observed 1 5',
          'completed 4',
        ],
      ],
    ],
  },
  {
    story: 'another container, and a parent lost to init, are changes',
    cycles: [
      [
        { processes: [INIT, { ...APP, ppid: 7, details: { cgroup: '0::/a', containerId: 'a' } }] },
        ['baseline first_run', 'observed 1 5', 'completed 3'],
      ],
      [
        { processes: [INIT, { ...APP, details: { cgroup: '0::/b', containerId: 'b' } }] },
        [
          'changed 5 live process.parent_pid: 7 -> 1, process.linux.cgroup: 0::/a -> 0::/b, container.id: a -> b',
          'observed 1 5',
          'completed 4',
        ],
      ],
    ],
  },
  {
    story: 'fields that a newer procmond reads, or one with more rights, are no change',
    cycles: [
      first,
      [
        {
          restart: true,
          processes: [
            INIT,
            {
              ...APP,
              details: {
                executableReplaced: false,
                executableWorldWritable: true,
                containerId: 'c',
                noNewPrivileges: true,
              },
            },
          ],
        },
        ['observed 1 5', 'completed 3'],
      ],
    ],
  },
  {
    story: 'counters, state, terminal, working directory and process group are no change',
    cycles: [
      first,
      [
        {
          processes: [
            INIT,
            {
              ...APP,
              stateCode: 'R',
              userTicks: 9_999,
              rssBytes: 1,
              threads: 64,
              nice: 19,
              terminal: 34_816,
              processGroupId: 5,
              details: { workingDirectory: '/elsewhere', loginUserId: 4 },
            },
          ],
        },
        ['observed 1 5', 'completed 3'],
      ],
    ],
  },
  {
    story: 'a field that was unknown, or no longer is known, is no change',
    cycles: [
      first,
      [
        {
          processes: [
            INIT,
            {
              ...APP,
              details: {
                cgroup: '0::/x',
                pidNamespace: 3,
                seccompMode: 2,
                args: undefined,
                executablePath: undefined,
                executableInode: undefined,
              },
            },
          ],
        },
        ['observed 1 5', 'completed 3'],
      ],
      [first[0], ['observed 1 5', 'completed 3']],
    ],
  },
  {
    story: 'kernel threads never change, though their names do all the time',
    cycles: [
      [{ processes: [INIT, KERNEL] }, ['baseline first_run', 'observed 1 2', 'completed 3']],
      [{ processes: [INIT, { ...KERNEL, comm: 'kworker/0:1-events', ppid: 7 }] }, ['observed 1 2', 'completed 3']],
      [
        { processes: [INIT, { ...KERNEL, startTicks: 2 }] },
        ['stopped 2 live', 'started 2 live', 'observed 1 2', 'completed 5'],
      ],
    ],
  },
  {
    story: 'another redaction is no change of text, but what is no text is still compared',
    cycles: [
      first,
      [
        {
          redactor: testRedactor('test:2'),
          processes: [
            { ...INIT, details: { redaction: 'test:2', args: ['other'], executablePath: '/x' }, comm: 'y' },
            {
              ...APP,
              details: { redaction: 'test:2', args: ['other'], effectiveCapabilities: '000001ffffffffff', userId: 0 },
            },
          ],
        },
        [
          'changed 5 while_down process.user.id: 1000 -> 0, ' +
            'procmond.process.capabilities.effective: 0000000000000000 -> 000001ffffffffff',
          'observed 1 5',
          'completed 4',
        ],
      ],
    ],
  },
  {
    story: 'a narrower sight is a baseline and a changed scope, not the death of those out of sight',
    cycles: [
      first,
      [
        { scope: { ...SCOPE, sight: 'euid=1000 groups= ptrace=0' }, processes: [INIT] },
        ['scope_changed', 'baseline scope_changed', 'observed 1', 'completed 2'],
      ],
      [
        { scope: { ...SCOPE, sight: 'euid=1000 groups= ptrace=0' }, processes: [INIT, APP] },
        ['started 5 live', 'observed 1 5', 'completed 4'],
      ],
    ],
  },
  ...(
    [
      ['hostId', 'b'],
      ['pidNamespace', 9],
      ['procRoot', '/host/proc'],
      ['enumerator', 'other'],
    ] as const
  ).map(([part, value]) => ({
    story: `another ${part} is another scope, even after a reboot`,
    cycles: [
      first,
      [
        { restart: true, boot: OTHER_BOOT, scope: { ...SCOPE, [part]: value }, processes: [INIT] },
        ['scope_changed', 'baseline scope_changed', 'observed 1', 'completed 2'],
      ] as const,
    ],
  })),
  {
    story: 'an unknown host id equals any, and does not make the known one forgotten',
    cycles: [
      first,
      [
        { restart: true, scope: { procRoot: '/proc', enumerator: 'linux-proc' }, processes: [INIT] },
        ['stopped 5 while_down', 'observed 1', 'completed 3'],
      ],
      [
        { restart: true, scope: { ...SCOPE, hostId: 'b' }, processes: [INIT, APP] },
        ['scope_changed', 'baseline scope_changed', 'observed 1 5', 'completed 3'],
      ],
    ],
  },
  {
    story: 'after a reboot all of before have stopped and all of now have started with it',
    cycles: [
      first,
      [
        { restart: true, boot: OTHER_BOOT, processes: [INIT, { pid: 9 }] },
        ['stopped 1 reboot', 'stopped 5 reboot', 'started 1 reboot', 'started 9 reboot', 'observed 1 9', 'completed 7'],
      ],
      [{ boot: OTHER_BOOT, processes: [INIT] }, ['stopped 9 live', 'observed 1', 'completed 3']],
    ],
  },
  {
    story: 'where the boot cannot be known, a run is compared within itself only',
    cycles: [
      [{ boot: { ...BOOT, known: false, id: 'run-1' }, processes: [INIT, APP] }, BASELINE],
      [
        { boot: { ...BOOT, known: false, id: 'run-1' }, processes: [INIT] },
        ['stopped 5 live', 'observed 1', 'completed 3'],
      ],
      [
        { restart: true, boot: { ...BOOT, known: false, id: 'run-2' }, processes: [INIT, APP] },
        ['baseline boot_unknown', 'observed 1 5', 'completed 3'],
      ],
      [{ restart: true, processes: [INIT] }, ['baseline boot_unknown', 'observed 1', 'completed 2']],
    ],
  },
  {
    story: 'a step of the wall clock is told once, and so is its end; no process starts or stops by it',
    cycles: [
      first,
      [
        { boot: { ...BOOT, timeMillis: BOOT.timeMillis + 1_000 }, processes: [INIT, APP] },
        ['observed 1 5', 'completed 3'],
      ],
      [
        { boot: { ...BOOT, timeMillis: BOOT.timeMillis + 90_000 }, stepMillis: 90_000, processes: [INIT, APP] },
        ['degraded', 'observed 1 5', 'completed 3'],
      ],
      [
        { boot: { ...BOOT, timeMillis: BOOT.timeMillis + 91_000 }, processes: [INIT, APP] },
        ['observed 1 5', 'completed 3'],
      ],
      [
        { boot: { ...BOOT, timeMillis: BOOT.timeMillis - 1_000 }, stepMillis: -91_000, processes: [INIT, APP] },
        ['recovered', 'observed 1 5', 'completed 3'],
      ],
    ],
  },
  {
    story: 'a stepped clock is told again by the next run',
    cycles: [
      first,
      [
        { boot: { ...BOOT, timeMillis: BOOT.timeMillis + 90_000 }, processes: [INIT, APP] },
        ['degraded', 'observed 1 5', 'completed 3'],
      ],
      [
        { restart: true, boot: { ...BOOT, timeMillis: BOOT.timeMillis + 90_000 }, processes: [INIT, APP] },
        ['degraded', 'observed 1 5', 'completed 3'],
      ],
    ],
  },
  {
    story: 'a commit that fails changes nothing: the next cycle tells the same difference',
    cycles: [
      first,
      [{ diskFull: true, processes: [{ ...INIT, details: { userId: 0 } }, { pid: 9 }] }, []],
      [
        { processes: [{ ...INIT, details: { userId: 0 } }, { pid: 9 }] },
        [
          'stopped 5 live',
          'started 9 live',
          'changed 1 live process.user.id: 1000 -> 0',
          'observed 1 9',
          'completed 6',
        ],
      ],
    ],
  },
  {
    story: 'a first commit that fails leaves the next cycle the first',
    cycles: [[{ diskFull: true, processes: [INIT, APP] }, []], first],
  },
  {
    story: 'a failed commit does not forget that the clock was stepped',
    cycles: [
      first,
      [{ diskFull: true, boot: { ...BOOT, timeMillis: BOOT.timeMillis + 90_000 }, processes: [INIT, APP] }, []],
      [
        { boot: { ...BOOT, timeMillis: BOOT.timeMillis + 90_000 }, processes: [INIT, APP] },
        ['degraded', 'observed 1 5', 'completed 3'],
      ],
    ],
  },
  {
    story: 'with --emit changes only what is new or changed is observed, and everything once per inventory interval',
    config: { emit: 'changes', inventoryIntervalMillis: 60_000 },
    cycles: [
      first,
      [{ processes: [INIT, APP] }, ['completed 1']],
      [{ processes: [INIT, APP] }, ['observed 1 5', 'completed 3']],
      [
        { processes: [INIT, { ...APP, details: { userId: 0 } }, { pid: 9 }] },
        ['started 9 live', 'changed 5 live process.user.id: 1000 -> 0', 'observed 5 9', 'completed 5'],
      ],
      [{ processes: [INIT, { ...APP, details: { userId: 0 } }, { pid: 9 }] }, ['observed 1 5 9', 'completed 4']],
    ],
  },
  {
    story: 'with --emit changes the inventory keeps its time over a restart, and is made up when the clock went back',
    config: { emit: 'changes', inventoryIntervalMillis: 3_600_000 },
    cycles: [
      first,
      [{ restart: true, processes: [INIT, APP] }, ['completed 1']],
      [{ stepMillis: -86_400_000, processes: [INIT, APP] }, ['observed 1 5', 'completed 3']],
      [{ processes: [INIT, APP] }, ['completed 1']],
    ],
  },
  {
    story: 'with --emit changes a reboot and a baseline tell everything',
    config: { emit: 'changes' },
    cycles: [
      first,
      [
        { scope: { ...SCOPE, pidNamespace: 9 }, processes: [INIT] },
        ['scope_changed', 'baseline scope_changed', 'observed 1', 'completed 2'],
      ],
      [
        { scope: { ...SCOPE, pidNamespace: 9 }, boot: OTHER_BOOT, processes: [INIT] },
        ['stopped 1 reboot', 'started 1 reboot', 'observed 1', 'completed 4'],
      ],
    ],
  },
  {
    story: 'kernel threads can be left out of observed; that they start and stop is told',
    config: { kernelThreads: 'exclude' },
    cycles: [
      [{ processes: [INIT, KERNEL] }, ['baseline first_run', 'observed 1', 'completed 2']],
      [{ processes: [INIT] }, ['stopped 2 live', 'observed 1', 'completed 3']],
      [{ processes: [INIT, KERNEL] }, ['started 2 live', 'observed 1', 'completed 3']],
    ],
  },
  {
    story: 'kernel threads can be told with the inventory only',
    config: { kernelThreads: 'inventory', inventoryIntervalMillis: 60_000 },
    cycles: [
      [{ processes: [INIT, KERNEL] }, ['baseline first_run', 'observed 1 2', 'completed 3']],
      [{ processes: [INIT, KERNEL] }, ['observed 1', 'completed 2']],
      [{ processes: [INIT, KERNEL] }, ['observed 1 2', 'completed 3']],
    ],
  },
  {
    story: 'beyond the maximum starts and stops are told, but neither observed nor changed',
    config: { maxProcessesPerCycle: 1 },
    cycles: [
      [
        { truncated: true, processes: [INIT, { ...APP, details: null }] },
        ['baseline first_run', 'observed 1', 'completed 2'],
      ],
      [
        { truncated: true, processes: [INIT, { ...APP, comm: 'other', ppid: 9, details: null }] },
        ['observed 1', 'completed 2'],
      ],
      [
        { truncated: true, processes: [INIT, { pid: 9, details: null }] },
        ['stopped 5 live', 'started 9 live', 'observed 1', 'completed 4'],
      ],
    ],
  },
  {
    story: 'coming within the maximum, or falling out of it, is no change and no life',
    config: { maxProcessesPerCycle: 1 },
    cycles: [
      [
        { truncated: true, processes: [INIT, { ...APP, details: null }] },
        ['baseline first_run', 'observed 1', 'completed 2'],
      ],
      [{ processes: [INIT, APP] }, ['observed 1 5', 'completed 3']],
      [{ truncated: true, processes: [INIT, { ...APP, details: null }] }, ['observed 1', 'completed 2']],
    ],
  },
];

suite('from cycle to cycle', () => {
  for (const { story, config = {}, cycles } of STORIES) {
    test(story, async (t) => {
      const history = await HostHistory.begin(t, config);
      for (const [given, told] of cycles) {
        const cycle = await history.cycle(given);
        // A commit that fails has told nothing, whatever was made for it.
        assert.deepEqual(cycle.report === undefined ? [] : tell(cycle), told);
      }
    });
  }
});
