import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { silentLogger } from '../../src/base/logger.ts';
import type { HashFailureReason } from '../../src/base/observer.ts';
import { ExecutableHashes } from '../../src/process/executable-hashes.ts';
import { CapturedLogger } from '../fake/captured-logger.ts';
import { HandHasher } from './hand-hasher.ts';
import { processOf } from './process-table.ts';

const OPTIONS = { procRoot: '/host/proc', logger: silentLogger };

const running = (pid: number, version: string | undefined) =>
  processOf({ pid, details: { executableVersion: version } });

suite('the hashes of executables', () => {
  test('are asked for once per version of a file, through a process that runs it', async () => {
    const hasher = new HandHasher();
    const hashes = new ExecutableHashes(hasher, OPTIONS);
    const [one, other, third] = [running(5, 'v1'), running(6, 'v1'), running(7, 'v2')];
    hashes.request([one, other, third]);
    assert.deepEqual(hasher.asked, ['/host/proc/5/exe v1', '/host/proc/7/exe v2']);
    assert.equal(hashes.busy, true);
    hasher.answer('ab', 'cd');
    await hashes.settled();
    hashes.request([one, other, third]);
    assert.deepEqual([hasher.asked.length, hashes.busy], [2, false]);
    assert.deepEqual(hashes.of(other.details), { sha256: 'ab', version: 'v1' });
    assert.equal(hashes.of(other.details), hashes.of(one.details));
  });

  test('are there at once when the file is known from before', () => {
    const hasher = new HandHasher({ v1: 'ab' });
    const hashes = new ExecutableHashes(hasher, OPTIONS);
    const process = running(5, 'v1');
    hashes.request([process]);
    assert.deepEqual([hasher.asked, hashes.busy, hashes.of(process.details)?.sha256], [[], false, 'ab']);
  });

  test('are of the version a process runs: another one has to be asked for', async () => {
    const hasher = new HandHasher();
    const hashes = new ExecutableHashes(hasher, OPTIONS);
    hashes.request([running(5, 'v1')]);
    hasher.answer('ab');
    await hashes.settled();
    assert.equal(hashes.of(running(5, 'v2').details), undefined);
  });

  test('are not asked for where there is no file: kernel threads, and processes beyond the limit', () => {
    const hasher = new HandHasher();
    const hashes = new ExecutableHashes(hasher, OPTIONS);
    hashes.request([running(2, undefined), processOf({ pid: 6, details: null })]);
    assert.deepEqual([hasher.asked, hashes.of(undefined)], [[], undefined]);
  });

  const REASONS: Readonly<Record<HashFailureReason, number>> = {
    gone: 3,
    replaced: 3,
    changed: 3,
    timeout: 3,
    exhausted: 3,
    unreadable: 3,
    internal: 3,
    denied: 1,
    not_a_file: 1,
    too_large: 1,
  };
  for (const [reason, tries] of Object.entries(REASONS)) {
    test(`are tried for ${tries === 1 ? 'once' : 'three times, through whoever runs the file then'}: ${reason}`, async () => {
      const hasher = new HandHasher();
      const hashes = new ExecutableHashes(hasher, OPTIONS);
      for (let cycle = 1; cycle <= 5; cycle++) {
        hashes.request([running(cycle, 'v1')]);
        hasher.refuse(reason as HashFailureReason);
        await hashes.settled();
      }
      assert.deepEqual(
        hasher.asked,
        [1, 2, 3].slice(0, tries).map((pid) => `/host/proc/${pid}/exe v1`),
      );
      assert.equal(hashes.of(running(9, 'v1').details), undefined);
    });
  }

  test('are told of when a file changed while it was read', async () => {
    const hasher = new HandHasher();
    const logger = new CapturedLogger();
    const hashes = new ExecutableHashes(hasher, { procRoot: '/proc', logger });
    hashes.request([running(5, 'v1')]);
    hasher.refuse('changed');
    await hashes.settled();
    assert.deepEqual(logger.messages('warn'), [
      'the executable behind /proc/5/exe changed while it was read: it is not hashed as it was',
    ]);
  });

  test('of what no longer runs are forgotten when there are very many', async () => {
    const hasher = new HandHasher();
    const hashes = new ExecutableHashes(hasher, OPTIONS);
    const many = Array.from({ length: 4_097 }, (_, index) => running(index + 1, `v${index}`));
    hashes.request(many.slice(0, 4_096));
    hasher.answer(...Array<string>(4_096).fill('ab'));
    await hashes.settled();
    hashes.request([many[0], many[4_096]].filter((process) => process !== undefined));
    assert.equal(hashes.of(many[0]?.details)?.sha256, 'ab');
    assert.equal(hashes.of(many[1]?.details), undefined);
  });
});
