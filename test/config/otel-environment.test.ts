import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logs } from '@opentelemetry/api';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { checkOtelEnvironment } from '../../src/config/otel-environment.ts';
import { describeProblem } from '../../src/config/problem.ts';

const GENERAL = 'OTEL_EXPORTER_OTLP_PROTOCOL';
const LOGS = 'OTEL_EXPORTER_OTLP_LOGS_PROTOCOL';

const CASES: readonly (readonly [story: string, env: Record<string, string>, problem: RegExp | undefined])[] = [
  ['nothing set', {}, undefined],
  ['the SDK disabled', { OTEL_SDK_DISABLED: 'true' }, /^environment OTEL_SDK_DISABLED: "true" would drop every record/],
  ['the SDK disabled in capitals', { OTEL_SDK_DISABLED: ' TRUE ' }, /OTEL_SDK_DISABLED/],
  ['the SDK not disabled', { OTEL_SDK_DISABLED: 'false' }, undefined],
  ['a count limit', { OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT: '128' }, /COUNT_LIMIT: "128" would cut attributes/],
  ['a length limit', { OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT: '1' }, /VALUE_LENGTH_LIMIT: "1" would cut/],
  ['a general count limit', { OTEL_ATTRIBUTE_COUNT_LIMIT: '128' }, /OTEL_ATTRIBUTE_COUNT_LIMIT/],
  ['a general length limit', { OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '9' }, /OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT/],
  ['an empty limit', { OTEL_ATTRIBUTE_COUNT_LIMIT: '' }, undefined],
  ['grpc', { [GENERAL]: 'grpc' }, /OTLP_PROTOCOL: "grpc" is a protocol procmond does not speak.*port 4318.*http\/json/],
  ['protobuf', { [GENERAL]: 'http/protobuf' }, /http\/protobuf/],
  ['grpc for logs', { [LOGS]: 'grpc' }, /OTLP_LOGS_PROTOCOL: "grpc"/],
  ['json', { [GENERAL]: 'http/json' }, undefined],
  ['json for logs, grpc for the rest', { [LOGS]: 'http/json', [GENERAL]: 'grpc' }, undefined],
  ['grpc for logs, json for the rest', { [LOGS]: 'grpc', [GENERAL]: 'http/json' }, /LOGS_PROTOCOL/],
];
for (const [story, env, problem] of CASES) {
  test(`keeps records from being lost through the environment: ${story}`, () => {
    const problems = checkOtelEnvironment(env).map(describeProblem);
    assert.equal(problems.length, problem === undefined ? 0 : 1);
    if (problem !== undefined) assert.match(problems[0] ?? '', problem);
  });
}

test('keeps all of them told at once', () => {
  const env = { OTEL_SDK_DISABLED: 'true', OTEL_ATTRIBUTE_COUNT_LIMIT: '1', [GENERAL]: 'grpc' };
  assert.equal(checkOtelEnvironment(env).length, 3);
});

for (const name of ['OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT', 'OTEL_ATTRIBUTE_COUNT_LIMIT']) {
  test(`keeps refusing ${name} for a reason: NodeSDK cuts log records by it`, async () => {
    const records: ReadableLogRecord[] = [];
    process.env[name] = '1';
    const sdk = new NodeSDK({
      autoDetectResources: false,
      metricReaders: [],
      spanProcessors: [],
      logRecordProcessors: [
        { onEmit: (record) => void records.push(record), forceFlush: async () => {}, shutdown: async () => {} },
      ],
    });
    sdk.start();
    delete process.env[name];
    logs.getLogger('test').emit({ attributes: { a: 1, b: 2 } });
    await sdk.shutdown();
    logs.disable();
    assert.deepEqual(
      records.map(({ attributes }) => attributes),
      [{ a: 1 }],
    );
  });
}
