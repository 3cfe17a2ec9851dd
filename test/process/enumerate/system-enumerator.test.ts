import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../../src/base/clock.ts';
import { LinuxEnumerator } from '../../../src/process/enumerate/linux/linux-enumerator.ts';
import { PortableEnumerator } from '../../../src/process/enumerate/portable/portable-enumerator.ts';
import { enumeratorKind, systemEnumerator } from '../../../src/process/enumerate/system-enumerator.ts';

test('takes /proc on Linux and systeminformation elsewhere, unless it is told which', () => {
  for (const platform of ['darwin', 'win32', 'freebsd'] as const) {
    assert.equal(enumeratorKind('auto', platform), 'portable');
    assert.equal(enumeratorKind('portable', platform), 'portable');
  }
  assert.equal(enumeratorKind('auto', 'linux'), 'proc');
  assert.equal(enumeratorKind('proc', 'linux'), 'proc');
  assert.equal(enumeratorKind('portable', 'linux'), 'portable');
});

test('refuses /proc where there is none, and says what to do', () => {
  assert.throws(() => enumeratorKind('proc', 'darwin'), {
    code: 'CONFIG_INVALID',
    message: '--enumerator proc reads the /proc of Linux, this is darwin; leave it at auto',
  });
});

test('makes the one that was chosen', { skip: process.platform !== 'linux' && 'there is one only' }, () => {
  const options = { procRoot: '/proc', clock: systemClock };
  assert.ok(systemEnumerator(options) instanceof LinuxEnumerator);
  assert.ok(systemEnumerator({ ...options, mode: 'portable' }) instanceof PortableEnumerator);
});
