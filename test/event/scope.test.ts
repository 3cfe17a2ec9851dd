import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type Scope, scopeDifferences } from '../../src/event/scope.ts';

const SCOPE: Scope = { procRoot: '/proc', enumerator: 'linux-proc', hostId: 'a', pidNamespace: 1, sight: 'euid=0' };

suite('two scopes', () => {
  test('are the same when all parts are', () => assert.deepEqual(scopeDifferences(SCOPE, { ...SCOPE }), []));

  for (const part of ['hostId', 'pidNamespace', 'procRoot', 'enumerator', 'sight'] as const) {
    test(`differ by ${part}, seen from either side`, () => {
      const other: Scope = { ...SCOPE, [part]: part === 'pidNamespace' ? 2 : 'other' };
      assert.deepEqual(scopeDifferences(SCOPE, other), [part]);
      assert.deepEqual(scopeDifferences(other, SCOPE), [part]);
    });
  }

  test('are the same where host or pid namespace is unknown to one of them', () => {
    const { hostId: _, pidNamespace: __, ...unknown } = SCOPE;
    assert.deepEqual(scopeDifferences(SCOPE, unknown), []);
    assert.deepEqual(scopeDifferences(unknown, SCOPE), []);
  });

  test('differ where only one of them hides processes', () => {
    const { sight: _, ...open } = SCOPE;
    assert.deepEqual(scopeDifferences(SCOPE, open), ['sight']);
    assert.deepEqual(scopeDifferences(open, SCOPE), ['sight']);
  });
});
