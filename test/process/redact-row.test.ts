import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { redactRow } from '../../src/process/redact-row.ts';
import { processOf } from './process-table.ts';
import { testRedactor } from './test-redactor.ts';

const STORED = processOf({
  pid: 5,
  comm: 'a secret',
  details: {
    executablePath: '/secret/app',
    args: ['app', 'secret'],
    title: 'app: secret',
    commandLineText: 'app secret',
    workingDirectory: '/home/secret',
    cgroup: '0::/secret.slice',
    effectiveCapabilities: '0000000000000000',
  },
});

suite('a stored row', () => {
  test('is given back as it is when it went through the same redaction', () => {
    assert.equal(redactRow(STORED, testRedactor('test:1')), STORED);
  });

  test('has all its texts redacted when it did not, and still says by which redaction it was stored', () => {
    const { comm, details } = redactRow(STORED, testRedactor('test:2'));
    assert.equal(comm, 'a [redacted]');
    assert.deepEqual(details, {
      ...STORED.details,
      executablePath: '/[redacted]/app',
      args: ['app', '[redacted]'],
      title: 'app: [redacted]',
      commandLineText: 'app [redacted]',
      workingDirectory: '/home/[redacted]',
      cgroup: '0::/[redacted].slice',
    });
  });

  test('has its name redacted where there are no details to say by which redaction it was stored', () => {
    const row = redactRow(processOf({ pid: 5, comm: 'secret', details: null }), testRedactor());
    assert.deepEqual([row.comm, row.details], ['[redacted]', undefined]);
  });

  test('stays without what it did not have', () => {
    const bare = processOf({ pid: 5, details: { executablePath: undefined, args: undefined } });
    const { details } = redactRow(bare, testRedactor('test:2'));
    assert.deepEqual([details?.executablePath, details?.args, details?.cgroup], [undefined, undefined, undefined]);
  });
});
