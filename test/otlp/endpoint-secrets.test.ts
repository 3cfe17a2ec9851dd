import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hideSecretsOf } from '../../src/otlp/endpoint-secrets.ts';

const URL_TEXT = 'https://user-name:pass%20word@collector:4318/v1/logs?token=t0k%2Fen-1&x=1';

const cases: readonly [string, string][] = [
  ['user-name has no right', '*** has no right'],
  ['pass word, pass%20word', '***, ***'],
  ['cannot POST /v1/logs?token=t0k%2Fen-1&x=1', 'cannot POST /v1/logs?token=***&x=1'],
  ['token t0k/en-1', 'token ***'],
  ['Bearer a-secret+of/mine= is not known', '*** is not known'],
  ['a-secret+of/mine= is not known', '*** is not known'],
  ['general-secret', '***'],
  ['all is well at collector:4318', 'all is well at collector:4318'],
  ['1 and on', '1 and on'],
];

for (const [said, expected] of cases) {
  test(`"${said}" is quoted as "${expected}"`, () => {
    const hide = hideSecretsOf(URL_TEXT, {
      OTEL_EXPORTER_OTLP_LOGS_HEADERS: 'authorization=Bearer%20a-secret+of/mine=, x-flag=on',
      OTEL_EXPORTER_OTLP_HEADERS: 'api-key = general-secret,broken%',
    });
    assert.equal(hide(said), expected);
  });
}

test('without secrets nothing is hidden', () => {
  assert.equal(hideSecretsOf('http://collector:4318', {})('a=b'), 'a=b');
});
