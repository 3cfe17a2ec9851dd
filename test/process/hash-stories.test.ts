import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { HandHasher } from './hand-hasher.ts';
import { type CycleGiven, type CycleTold, HostHistory, tell } from './host-history.ts';
import { BOOT, type GivenProcess, OTHER_BOOT } from './process-table.ts';

const HASH = 'procmond.executable.hash.sha256';

/** Runs the file of that version. */
const app = (version: string, given: Partial<GivenProcess> = {}): GivenProcess => ({
  pid: 5,
  ...given,
  details: { executableVersion: version, ...given.details },
});

interface Story {
  readonly story: string;
  readonly emit?: 'all' | 'changes';
  readonly cycles: readonly {
    readonly given: CycleGiven;
    /** From now on known at once, by version; a restart forgets all others. */
    readonly known?: Readonly<Record<string, string>>;
    readonly told: readonly string[];
    /** Of pid 5, as it was observed. */
    readonly hash?: string;
    /** Made after the cycle, for those who have waited longest. */
    readonly late?: readonly string[];
  }[];
}

const BASELINE = ['baseline first_run', 'observed 5', 'completed 2'] as const;

const STORIES: readonly Story[] = [
  {
    story: 'a hash that is late comes with the next observed, and is no change',
    cycles: [
      { given: { processes: [app('v1')] }, told: BASELINE, late: ['aa'] },
      { given: { processes: [app('v1')] }, told: ['observed 5', 'completed 2'], hash: 'aa' },
      { given: { processes: [app('v1')] }, told: ['observed 5', 'completed 2'], hash: 'aa' },
    ],
  },
  {
    story: 'a hash that is late is told once, also where only changes are told',
    emit: 'changes',
    cycles: [
      { given: { processes: [app('v1')] }, told: BASELINE, late: ['aa'] },
      { given: { processes: [app('v1')] }, told: ['observed 5', 'completed 2'], hash: 'aa' },
      { given: { processes: [app('v1')] }, told: ['completed 1'] },
    ],
  },
  {
    story: 'a hash that is late is told by the next cycle that can be committed',
    emit: 'changes',
    cycles: [
      { given: { processes: [app('v1')] }, told: BASELINE, late: ['aa'] },
      { given: { processes: [app('v1')], diskFull: true }, told: [] },
      { given: { processes: [app('v1')] }, told: ['observed 5', 'completed 2'], hash: 'aa' },
      { given: { processes: [app('v1')] }, told: ['completed 1'] },
    ],
  },
  {
    story: 'what was told is not told again after a restart, and what was late at the end of a run is',
    emit: 'changes',
    cycles: [
      {
        given: { processes: [app('v1'), app('v2', { pid: 6 })] },
        told: ['baseline first_run', 'observed 5 6', 'completed 3'],
        late: ['aa'],
      },
      { given: { processes: [app('v1'), app('v2', { pid: 6 })] }, told: ['observed 5', 'completed 2'], hash: 'aa' },
      {
        given: { restart: true, processes: [app('v1'), app('v2', { pid: 6 })] },
        known: { v1: 'aa', v2: 'bb' },
        told: ['observed 6', 'completed 2'],
      },
    ],
  },
  {
    story: 'another content under the same path and inode is a change',
    cycles: [
      { given: { processes: [app('v1')] }, known: { v1: 'aa' }, told: BASELINE, hash: 'aa' },
      {
        given: { processes: [app('v2')] },
        known: { v1: 'aa', v2: 'bb' },
        told: [`changed 5 live ${HASH}: aa -> bb`, 'observed 5', 'completed 3'],
        hash: 'bb',
      },
      { given: { processes: [app('v2')] }, told: ['observed 5', 'completed 2'], hash: 'bb' },
    ],
  },
  {
    story: 'it is a change when its hash is late as well, and is told without a hash until then',
    emit: 'changes',
    cycles: [
      { given: { processes: [app('v1')] }, known: { v1: 'aa' }, told: BASELINE, hash: 'aa' },
      { given: { processes: [app('v2')] }, told: ['completed 1'] },
      { given: { processes: [app('v2')] }, told: ['completed 1'], late: ['bb'] },
      {
        given: { processes: [app('v2')] },
        told: [`changed 5 live ${HASH}: aa -> bb`, 'observed 5', 'completed 3'],
        hash: 'bb',
      },
      { given: { processes: [app('v2')] }, told: ['completed 1'] },
    ],
  },
  {
    story: 'it is a change across a restart, told as of while procmond did not run',
    cycles: [
      { given: { processes: [app('v1')] }, known: { v1: 'aa' }, told: BASELINE, hash: 'aa' },
      {
        given: { restart: true, processes: [app('v2')] },
        known: { v1: 'aa', v2: 'bb' },
        told: [`changed 5 while_down ${HASH}: aa -> bb`, 'observed 5', 'completed 3'],
        hash: 'bb',
      },
    ],
  },
  {
    story: 'it is a change across a restart that came before its hash, and when the cache has forgotten the old one',
    cycles: [
      { given: { processes: [app('v1')] }, known: { v1: 'aa' }, told: BASELINE, hash: 'aa' },
      { given: { processes: [app('v2')] }, told: ['observed 5', 'completed 2'] },
      { given: { restart: true, processes: [app('v2')] }, told: ['observed 5', 'completed 2'], late: ['bb'] },
      {
        given: { processes: [app('v2')] },
        told: [`changed 5 live ${HASH}: aa -> bb`, 'observed 5', 'completed 3'],
        hash: 'bb',
      },
    ],
  },
  {
    story: 'a change whose commit failed is told by the next cycle',
    cycles: [
      { given: { processes: [app('v1')] }, known: { v1: 'aa' }, told: BASELINE, hash: 'aa' },
      { given: { diskFull: true, processes: [app('v2')] }, known: { v2: 'bb' }, told: [] },
      {
        given: { processes: [app('v2')] },
        told: [`changed 5 live ${HASH}: aa -> bb`, 'observed 5', 'completed 3'],
        hash: 'bb',
      },
    ],
  },
  {
    story: 'another version of the same content (a chmod, a new link) is no change',
    cycles: [
      { given: { processes: [app('v1')] }, known: { v1: 'aa' }, told: BASELINE, hash: 'aa' },
      { given: { processes: [app('v2')] }, known: { v2: 'aa' }, told: ['observed 5', 'completed 2'], hash: 'aa' },
    ],
  },
  {
    story: 'a file that cannot be hashed any more is no change',
    cycles: [
      { given: { processes: [app('v1')] }, known: { v1: 'aa' }, told: BASELINE, hash: 'aa' },
      { given: { processes: [app('v2')] }, told: ['observed 5', 'completed 2'] },
    ],
  },
  {
    story: 'an exec is one change when both hashes are known',
    cycles: [
      { given: { processes: [app('v1')] }, known: { v1: 'aa' }, told: BASELINE, hash: 'aa' },
      {
        given: { processes: [app('v2', { details: { executableInode: 71 } })] },
        known: { v2: 'bb' },
        told: [`changed 5 live procmond.executable.inode: 70 -> 71, ${HASH}: aa -> bb`, 'observed 5', 'completed 3'],
        hash: 'bb',
      },
    ],
  },
  {
    story: 'a reused pid and a reboot compare with nothing',
    cycles: [
      { given: { processes: [app('v1')] }, known: { v1: 'aa', v2: 'bb' }, told: BASELINE, hash: 'aa' },
      {
        given: { processes: [app('v2', { startTicks: 101 })] },
        told: ['stopped 5 live', 'started 5 live', 'observed 5', 'completed 4'],
        hash: 'bb',
      },
      {
        given: { boot: { ...OTHER_BOOT, timeMillis: BOOT.timeMillis }, processes: [app('v1', { startTicks: 101 })] },
        told: ['stopped 5 reboot', 'started 5 reboot', 'observed 5', 'completed 4'],
        hash: 'aa',
      },
    ],
  },
];

suite('hashes from cycle to cycle', () => {
  for (const { story, emit = 'all', cycles } of STORIES) {
    test(story, async (t) => {
      const history = await HostHistory.begin(t, { computeExecutableHashes: true, hashBudgetMillis: 0, emit });
      let hasher = new HandHasher();
      for (const { given, known = {}, told, hash, late = [] } of cycles) {
        if (given.restart) hasher = new HandHasher();
        hasher.learn(known);
        const cycle = await history.cycle({ ...given, hasher });
        // A commit that fails has told nothing, whatever was made for it.
        assert.deepEqual(cycle.report === undefined ? [] : tell(cycle), told);
        if (cycle.report !== undefined) assert.equal(hashObserved(cycle), hash);
        hasher.answer(...late);
        await nextTurn();
      }
    });
  }
});

function hashObserved({ events }: CycleTold): string | undefined {
  const of5 = events.filter((event) => event.kind === 'process').filter(({ process }) => process.pid === 5);
  return of5.find(({ action }) => action === 'observed')?.process.executableHash;
}
