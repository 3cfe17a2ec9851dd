import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createRedactor, REDACTED, REDACTOR_VERSION } from '../../../src/process/redact/redactor.ts';
import { lookAlikeTable } from './look-alike-table.ts';
import { secretTable } from './secret-table.ts';

const redactor = createRedactor('redacted');

describe('hides the secret of', () => {
  for (const { story, args, secrets, keeps = [] } of secretTable) {
    test(story, () => {
      const { value, redactions } = redactor.arguments(args);
      const output = value.join('\n');
      for (const secret of secrets) assert.ok(!output.includes(secret), `${secret} is still in ${JSON.stringify(value)}`);
      for (const kept of keeps) assert.ok(output.includes(kept), `${kept} is gone from ${JSON.stringify(value)}`);
      assert.ok(redactions > 0 && output.includes(REDACTED));
      const innocent = args.map((arg, index) => (secrets.some((secret) => arg.includes(secret)) ? undefined : index));
      for (const index of innocent) if (index !== undefined) assert.equal(value[index], args[index]);
      assert.equal(value.length, args.length);
    });
  }
});

describe('leaves as it is', () => {
  for (const { story, args } of lookAlikeTable) {
    test(story, () => {
      const { value, redactions } = redactor.arguments(args);
      assert.deepEqual(value, args);
      assert.equal(redactions, 0);
    });
  }
});
