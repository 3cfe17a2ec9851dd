import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { suite, test } from 'node:test';
import type { ReceivedRecord } from '../../fake/received-record.ts';
import { scratchDirectory } from '../../fake/scratch-store.ts';
import { seededRandom } from '../../fake/seeded-random.ts';
import { DeliveredRecords } from './delivered-records.ts';
import { runSoak, type SoakResult, type TimedHoldings } from './run-soak.ts';
import { soakProblems } from './soak-problems.ts';
import { soakReport } from './soak-report.ts';
import { isWithinNoise, type Sample, trendOf } from './trend.ts';

test('loses nothing, and holds no more files and handles, in minutes of churn, outages, kills and reloads', async (t) => {
  if (process.platform !== 'linux') return t.skip('there is no /proc to read on this platform');
  const seed = Number(process.env['PROCMOND_TEST_SEED'] ?? randomInt(2 ** 31));
  t.diagnostic(`PROCMOND_TEST_SEED=${seed}`);
  const result = await runSoak(t, { minutes: 3, processesPerSecond: 20, seed, directory: scratchDirectory(t) });
  for (const line of soakReport(result).split('\n')) t.diagnostic(line);
  assert.deepEqual(soakProblems(result), []);
  assert.ok(result.lives >= 2, 'it was killed');
  assert.ok(result.reloads > 0 && result.outages.size > 0);
  for (const kind of ['observed', 'started', 'stopped']) assert.ok(result.eventNames.has(`procmond.process.${kind}`));
});

suite('a soak', () => {
  const held: TimedHoldings = {
    atSeconds: 0,
    anonymousBytes: 1,
    residentBytes: 1,
    fileDescriptors: 30,
    activeResources: 9,
    cpuSeconds: 1,
    processes: 80,
  };
  const well: SoakResult = {
    seconds: 180,
    lives: 3,
    reloads: 5,
    outages: new Map([['refused', 1]]),
    balance: balanceOf([1, 2, 3]),
    eventNames: new Map(),
    watched: Array.from({ length: 30 }, (_, index) => ({ ...held, atSeconds: index })),
    exit: 0,
    errors: [],
  };
  const grown = (key: 'fileDescriptors' | 'activeResources') =>
    well.watched.map((one, index) => ({ ...one, [key]: one[key] + index }));

  for (const [fault, result, problems] of [
    ['none', well, []],
    ['a lost record', { ...well, balance: balanceOf([1, 3]) }, ['1 records, 2, were committed and never arrived']],
    ['an altered one', { ...well, balance: balanceOf([1, 2, 3], 2) }, ['1 records, 2, came again with other content']],
    ['disorder', { ...well, balance: balanceOf([1, 3, 2]) }, ['1 records, 2, came after later ones']],
    ['no record', { ...well, balance: balanceOf([]) }, ['nothing was committed']],
    ['files that stay open', { ...well, watched: grown('fileDescriptors') }, ['open files grow from 34.5 to 54.5']],
    ['handles that stay', { ...well, watched: grown('activeResources') }, ['handles grow from 13.5 to 33.5']],
    ['a crash', { ...well, exit: 'SIGSEGV' }, ['the last life ended with SIGSEGV']],
    ['an error in the log', { ...well, errors: ['oh'] }, ['the log has oh']],
  ] as const) {
    test(`finds ${fault}`, () => assert.deepEqual(soakProblems(result), problems));
  }

  test('tells a leak from a heap that is collected every now and then', () => {
    const random = seededRandom(3);
    const sawtooth = (leak: number): readonly Sample[] =>
      Array.from({ length: 450 }, (_, at) => ({ at, value: 50 + (at % 17) + random() + leak * at }));
    assert.ok(isWithinNoise(trendOf(sawtooth(0))));
    assert.ok(!isWithinNoise(trendOf(sawtooth(0.05))));
    assert.ok(isWithinNoise(trendOf(sawtooth(-0.05))), 'what falls does not leak');
    const { slope, rise, noise } = trendOf([3, 5, 7, 9].map((value, at) => ({ at, value })));
    assert.deepEqual([slope, rise, noise], [2, 6, 0]);
  });
});

/** Of three that were committed, those that came, in this order; one may come again, other than before. */
function balanceOf(seqs: readonly number[], altered?: number) {
  const records = new DeliveredRecords();
  const record = (seq: number, content = `${seq}`) =>
    ({ seq, uid: `u${seq}`, eventName: 'e', content }) as ReceivedRecord;
  records.take(seqs.map((seq) => record(seq)));
  if (altered !== undefined) records.take([record(altered), record(altered, 'other')]);
  return records.balance(seqs.length === 0 ? 0 : 3, new Set());
}
