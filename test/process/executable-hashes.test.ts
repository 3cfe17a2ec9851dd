import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ExecutableHashes } from '../../src/process/executable-hashes.ts';
import { processOf } from './process-table.ts';

/** Answers when it is told to. */
class HandHasher {
  readonly asked: string[] = [];
  readonly #answers: ((hash: string | undefined) => void)[] = [];

  hash({ link }: { readonly link: string }): Promise<string | undefined> {
    this.asked.push(link);
    return new Promise((resolve) => this.#answers.push(resolve));
  }

  answer(...hashes: readonly (string | undefined)[]): void {
    for (const hash of hashes) this.#answers.shift()?.(hash);
  }
}

suite('the hashes of executables', () => {
  test('are asked for once per identity and program', async () => {
    const hasher = new HandHasher();
    const hashes = new ExecutableHashes(hasher, '/host/proc');
    const process = processOf({ pid: 5, details: { cpid: 'once' } });
    const first = hashes.request([process]);
    const second = hashes.request([process]);
    hasher.answer('ab');
    await Promise.all([first, second]);
    assert.deepEqual(hasher.asked, ['/host/proc/5/exe']);
    assert.equal(hashes.of(process.details), 'ab');
  });

  test('are asked for again when the details are new ones, as after an exec', async () => {
    const hasher = new HandHasher();
    const hashes = new ExecutableHashes(hasher, '/proc');
    const before = processOf({ pid: 5, details: { cpid: 'before' } });
    const after = processOf({ pid: 5, details: { cpid: 'after' } });
    const requested = Promise.all([hashes.request([before]), hashes.request([after])]);
    hasher.answer('ab', 'cd');
    await requested;
    assert.deepEqual([hashes.of(before.details), hashes.of(after.details)], ['ab', 'cd']);
  });

  test('are late from when they come until they are told', async () => {
    const hasher = new HandHasher();
    const hashes = new ExecutableHashes(hasher, '/proc');
    const process = processOf({ pid: 5, details: { cpid: 'late' } });
    const requested = hashes.request([process]);
    assert.equal(hashes.isLate(process.details), false);
    hasher.answer('ab');
    await requested;
    assert.equal(hashes.isLate(process.details), true);
    hashes.told([process]);
    assert.equal(hashes.isLate(process.details), false);
    assert.equal(hashes.of(process.details), 'ab');
  });

  test('are never late where there is none to be had', async () => {
    const hasher = new HandHasher();
    const hashes = new ExecutableHashes(hasher, '/proc');
    const gone = processOf({ pid: 5, details: { cpid: 'gone' } });
    const kernelThread = processOf({ pid: 2, details: { executableInode: undefined } });
    const beyondTheLimit = processOf({ pid: 6, details: null });
    const requested = hashes.request([gone, kernelThread, beyondTheLimit]);
    hasher.answer(undefined);
    await requested;
    assert.deepEqual(hasher.asked, ['/proc/5/exe']);
    for (const { details } of [gone, kernelThread, beyondTheLimit]) {
      assert.equal(hashes.isLate(details), false);
      assert.equal(hashes.of(details), undefined);
    }
  });
});
