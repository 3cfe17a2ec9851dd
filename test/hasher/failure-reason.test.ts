import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HASH_FAILURE_REASONS } from '../../src/base/observer.ts';
import { failureReason } from '../../src/hasher/failure-reason.ts';

const REASONS = {
  cancelled: 'timeout',
  changed: 'changed',
  ENOENT: 'gone',
  ESRCH: 'gone',
  EACCES: 'denied',
  EPERM: 'denied',
  ELOOP: 'not_a_file',
  EISDIR: 'not_a_file',
  ENXIO: 'not_a_file',
  EMFILE: 'exhausted',
  ENFILE: 'exhausted',
  ENOMEM: 'exhausted',
  EIO: 'unreadable',
  ESTALE: 'unreadable',
  ENAMETOOLONG: 'unreadable',
  ERR_WORKER_OUT_OF_MEMORY: 'internal',
} as const;

for (const [code, reason] of Object.entries(REASONS)) {
  test(`a failure with ${code} is told as ${reason}`, () => {
    assert.equal(failureReason(code), reason);
    assert.ok(HASH_FAILURE_REASONS.includes(reason));
  });
}

test('what is no system error is told as internal', () => {
  assert.equal(failureReason(undefined), 'internal');
});
