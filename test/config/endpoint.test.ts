import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpointWarning, hasUserInfo, logsUrlBelow, wholeLogsUrl } from '../../src/config/endpoint.ts';

const BASES: readonly (readonly [base: string, url: string])[] = [
  ['http://localhost:4318', 'http://localhost:4318/v1/logs'],
  ['http://localhost:4318/', 'http://localhost:4318/v1/logs'],
  ['http://localhost:4318///', 'http://localhost:4318/v1/logs'],
  ['http://localhost:4318/v1/logs', 'http://localhost:4318/v1/logs'],
  ['http://localhost:4318/v1/logs/', 'http://localhost:4318/v1/logs'],
  ['https://h/otlp', 'https://h/otlp/v1/logs'],
  ['https://h/otlp/', 'https://h/otlp/v1/logs'],
  ['https://h/otlp/v1/logs', 'https://h/otlp/v1/logs'],
  ['https://h/?tenant=a', 'https://h/v1/logs?tenant=a'],
  ['https://h/v1/logs?tenant=a/b', 'https://h/v1/logs?tenant=a/b'],
  ['https://h/#part', 'https://h/v1/logs'],
  ['HTTP://H:80', 'http://h/v1/logs'],
  ['http://[::1]:4318', 'http://[::1]:4318/v1/logs'],
  ['http://user:pass@h', 'http://user:pass@h/v1/logs'],
  ['https://h/v1/logsx', 'https://h/v1/logsx/v1/logs'],
];
for (const [base, url] of BASES) {
  test(`keeps ${base} meaning ${url}`, () => assert.deepEqual(logsUrlBelow(base), { ok: true, url }));
}

const WHOLE: readonly (readonly [text: string, url: string])[] = [
  ['https://h/ingest', 'https://h/ingest'],
  ['https://h', 'https://h/'],
  ['https://h/v1/logs/?a=b', 'https://h/v1/logs/?a=b'],
];
for (const [text, url] of WHOLE) {
  test(`keeps the whole URL ${text} as it is`, () => assert.deepEqual(wholeLogsUrl(text), { ok: true, url }));
}

for (const text of ['localhost:4318', 'ftp://h', 'http://', 'http://h:99999', '']) {
  test(`keeps "${text}" from being an endpoint, as a base and whole`, () => {
    assert.equal(logsUrlBelow(text).ok, false);
    assert.equal(wholeLogsUrl(text).ok, false);
  });
}

test('keeps a path of nothing but slashes from taking time', { timeout: 60_000 }, () => {
  const base = `http://h/${'/'.repeat(500_000)}x`;
  assert.deepEqual(logsUrlBelow(base), { ok: true, url: `${base}/v1/logs` });
});

test('keeps a warning for the port of OTLP/gRPC, without secrets', () => {
  const warning = endpointWarning('http://u:hunter2@collector:4317/v1/logs?k=hunter2');
  assert.match(warning ?? '', /4317 usually speaks OTLP\/gRPC \(collector\).*4318/);
  assert.doesNotMatch(warning ?? '', /hunter2/);
  assert.equal(endpointWarning('http://collector:4318/v1/logs'), undefined);
});

test('keeps apart URLs with and without credentials', () => {
  assert.equal(hasUserInfo('http://u@h/'), true);
  assert.equal(hasUserInfo('http://h/@'), false);
});
