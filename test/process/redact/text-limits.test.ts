import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { SETTING_OPTIONS } from '../../../src/config/option-table.ts';
import { DEFAULT_MAX_RECORD_BYTES } from '../../../src/otlp/fit-attributes.ts';
import { createRedactor, DEFAULT_TEXT_LIMITS } from '../../../src/process/redact/redactor.ts';

suite('the limits of texts', () => {
  test('are by default the same for the library and the program', () => {
    const limits = { ...DEFAULT_TEXT_LIMITS, maxRecordBytes: DEFAULT_MAX_RECORD_BYTES };
    const rows = SETTING_OPTIONS.filter(({ key }) => key !== undefined && Object.keys(limits).includes(key));
    assert.deepEqual(Object.fromEntries(rows.map((row) => [row.key, row.default])), limits);
  });

  test('are told from others by the version of the redactor, so that what is stored is made anew with them', () => {
    const versionOf = (limits?: object) => createRedactor('redacted', { ...(limits && { limits }) }).version;
    const others = [{}, { maxArguments: 255 }, { maxArgumentBytes: 8_191 }, { maxTextBytes: 4_095 }];
    assert.equal(new Set(others.map(versionOf)).size, others.length);
    assert.equal(versionOf(), versionOf({}));
    assert.equal(versionOf(), versionOf(DEFAULT_TEXT_LIMITS));
  });

  test('are kept in every mode, and nothing else of what they were given with', () => {
    for (const mode of ['none', 'redacted', 'full'] as const) {
      const limits = { maxTextBytes: 300, endpoint: 'http://user:password@host' };
      assert.deepEqual(createRedactor(mode, { limits }).limits, { ...DEFAULT_TEXT_LIMITS, maxTextBytes: 300 });
    }
  });
});
