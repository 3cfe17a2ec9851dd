import assert from 'node:assert/strict';
import { test } from 'node:test';
import { auditVerdict } from '../../scripts/audit.ts';

const ADVISORY = {
  title: 'does what it should not',
  url: 'https://github.com/advisories/GHSA-aaaa-bbbb-cccc',
  severity: 'high',
  range: '<2.0.0',
};

const VULNERABLE = JSON.stringify({
  auditReportVersion: 2,
  vulnerabilities: { x: { via: [ADVISORY] }, y: { via: ['x'] } },
});

test('names each known vulnerability once, with what it is and where it is described', () => {
  assert.deepEqual(auditVerdict(VULNERABLE, {}), {
    kind: 'vulnerable',
    lines: ['x <2.0.0, high: does what it should not (https://github.com/advisories/GHSA-aaaa-bbbb-cccc)'],
  });
});

test('leaves out what is explained, and says how much that is', () => {
  assert.deepEqual(auditVerdict(VULNERABLE, { 'GHSA-aaaa-bbbb-cccc': 'is never called' }), {
    kind: 'clean',
    lines: ['no known vulnerability; 1 explained ones left out'],
  });
});

test('takes a registry that answers no audits for neither clean nor vulnerable', () => {
  const refused = JSON.stringify({ message: '405 Method Not Allowed', error: { summary: '' } });
  for (const [answer, why] of [
    [refused, '405 Method Not Allowed'],
    ['', 'no answer'],
    ['npm error', 'npm error'],
  ] as const) {
    assert.deepEqual(auditVerdict(answer, {}), {
      kind: 'unanswered',
      lines: [`the registry answers no audit, nothing was found out: ${why}`],
    });
  }
});
