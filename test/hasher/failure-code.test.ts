import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HASH_FAILURE_REASONS } from '../../src/base/observer.ts';
import { failureCode } from '../../src/hasher/failure-code.ts';

const TOLD_APART: Readonly<Record<string, string>> = {
  too_large: 'too_large',
  timeout: 'timeout',
  exhausted: 'resource_exhausted',
  internal: 'internal',
};

for (const reason of HASH_FAILURE_REASONS) {
  const code = TOLD_APART[reason] ?? 'unavailable';
  test(`who asks is told ${code} of a file that is ${reason}`, () => assert.equal(failureCode(reason), code));
}
