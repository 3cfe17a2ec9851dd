import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProcessFigures } from '../../src/event/process-row.ts';
import { decodeFigures, encodeFigures } from '../../src/store/figures-codec.ts';

const ORDINARY: ProcessFigures = {
  stateCode: 'S',
  userTicks: 12,
  systemTicks: 3,
  nice: 0,
  threads: 4,
  virtualMemoryBytes: 1_073_741_824,
  rssBytes: 52_428_800,
};

const cases: readonly [string, readonly (ProcessFigures & { pid: number })[]][] = [
  ['nobody', []],
  ['one process', [{ pid: 1, ...ORDINARY }]],
  ['every state', Array.from('RSDZTtWXxKPI').map((stateCode, index) => ({ pid: index + 1, ...ORDINARY, stateCode }))],
  [
    'the ends of every range',
    [
      {
        pid: 4_194_304,
        stateCode: 'D',
        userTicks: Number.MAX_SAFE_INTEGER,
        systemTicks: 0,
        nice: -20,
        threads: 1,
        virtualMemoryBytes: 2 ** 47,
        rssBytes: 0,
      },
      {
        pid: 2,
        stateCode: 'I',
        userTicks: 0,
        systemTicks: Number.MAX_SAFE_INTEGER,
        nice: 19,
        threads: 65_536,
        virtualMemoryBytes: 0,
        rssBytes: 2 ** 46,
      },
    ],
  ],
  [
    'every figure there is',
    [
      {
        pid: 1,
        ...ORDINARY,
        schedulingPolicy: 2,
        realtimePriority: 99,
        minorFaults: 7,
        majorFaults: 1,
        refreshedAtMillis: 1_795_000_000_123,
        swapBytes: 4_096,
        readBytes: 2 ** 50,
        writtenBytes: 0,
        voluntarySwitches: 11,
        involuntarySwitches: 12,
        oomScore: 666,
        openFiles: 3,
      },
      { pid: 2 },
    ],
  ],
  [
    'ten thousand processes',
    Array.from({ length: 10_000 }, (_, index) => ({ pid: index + 1, ...ORDINARY, userTicks: index })),
  ],
];

for (const [name, processes] of cases) {
  test(`gives back what was packed: ${name}`, () => {
    const decoded = decodeFigures(encodeFigures(processes));
    assert.equal(decoded.size, processes.length);
    // One by one: the report of a difference between ten thousand would take all memory.
    for (const { pid, ...figures } of processes) assert.deepEqual(known(decoded.get(pid)), figures);
  });
}

/** Without what is absent. */
function known(figures: ProcessFigures | undefined): object {
  return Object.fromEntries(Object.entries(figures ?? {}).filter(([, value]) => value !== undefined));
}

test('reads a value wherever it lies in memory', () => {
  const packed = encodeFigures([{ pid: 7, ...ORDINARY }]);
  const odd = Buffer.concat([Buffer.alloc(3), packed]).subarray(3);
  assert.deepEqual(known(decodeFigures(odd).get(7)), ORDINARY);
});

test('takes no more than two hundred bytes a process, little of it where the figures are alike', () => {
  const busy = Array.from({ length: 1_000 }, (_, pid) => ({
    pid,
    ...ORDINARY,
    userTicks: Math.floor(Math.random() * 1e12),
  }));
  assert.ok(encodeFigures(busy).length < 200_000);
  assert.ok(encodeFigures(busy.map(({ pid }) => ({ pid, ...ORDINARY }))).length < 10_000);
});
