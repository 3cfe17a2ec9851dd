import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  readableCommandLine,
  readableName,
  readablePath,
} from '../../../../src/process/enumerate/portable/readable-text.ts';
import { createRedactor } from '../../../../src/process/redact/redactor.ts';
import { secretTable } from '../../redact/secret-table.ts';
import { testRedactor } from '../../test-redactor.ts';

test('redacts, and counts it', () => {
  for (const readable of [readableName, readablePath, readableCommandLine]) {
    assert.deepEqual(readable('a secret', testRedactor()), {
      value: 'a [redacted]',
      redactions: 1,
      escaped: false,
      cut: false,
    });
  }
});

test('makes text of what is none, and says so', () => {
  for (const [raw, value] of [
    ['caf\ufffd', 'caf\ufffd'],
    ['half \ud83d pair', 'half \ufffd pair'],
  ] as const) {
    const { value: readable, escaped } = readableCommandLine(raw, testRedactor());
    assert.deepEqual([readable, escaped], [value, true]);
  }
  assert.equal(readableName('café 🔑', testRedactor()).escaped, false);
});

test('cuts what is longer than is kept, between characters, after it was redacted', () => {
  const long = readableCommandLine(`${'é'.repeat(4_095)} secret`, testRedactor());
  assert.deepEqual([Buffer.byteLength(long.value), long.cut, long.redactions], [8_192, true, 1]);
  assert.ok(long.value.endsWith('é ['));
  const fits = readableCommandLine('x'.repeat(8_192), testRedactor());
  assert.deepEqual([fits.value.length, fits.cut], [8_192, false]);
  assert.equal(readableName('x'.repeat(300), testRedactor()).value.length, 255);
  assert.equal(readablePath('x'.repeat(4_096), testRedactor()).cut, false);
  assert.equal(readablePath('x'.repeat(4_097), testRedactor()).value.length, 4_096);
});

test('keeps the program alone where arguments are not kept', () => {
  const none = createRedactor('none');
  for (const [raw, kept] of [
    ['/usr/bin/python3 manage.py --workers 3', '/usr/bin/python3'],
    ['"C:\\Program Files\\x.exe" -k', '"C:\\Program Files\\x.exe"'],
    ['-zsh', '-zsh'],
  ] as const) {
    assert.equal(readableCommandLine(raw, none).value, kept);
    assert.equal(readableCommandLine(raw, createRedactor('redacted')).value, raw);
  }
});

/** Without the borders of arguments some secrets are not told from what stands beside them; README says so. */
test('hides at least 94 in 100 of the secrets that are found in argument arrays', () => {
  const redactor = createRedactor('redacted');
  const hidden = secretTable.filter(({ args, secrets }) => {
    const { value } = readableCommandLine(args.join(' '), redactor);
    return !secrets.some((secret) => value.includes(secret));
  });
  assert.ok(hidden.length >= secretTable.length * 0.94, `${hidden.length} of ${secretTable.length}`);
});
