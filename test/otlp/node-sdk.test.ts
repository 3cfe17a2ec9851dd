import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { type TestContext, test } from 'node:test';
import { scratchDirectory } from '../fake/scratch-store.ts';

// In a process of its own: NodeSDK registers itself for the whole process.
const PROGRAM = `
  import { trace } from '@opentelemetry/api';
  import { systemClock } from '${import.meta.resolve('../../src/base/clock.ts')}';
  import { Collector } from '${import.meta.resolve('../../src/collector/collector.ts')}';
  import { hostResource } from '${import.meta.resolve('../../src/otlp/host-resource.ts')}';
  import { startNodeSdk } from '${import.meta.resolve('../../src/otlp/node-sdk.ts')}';
  import { SnapshotStore } from '${import.meta.resolve('../../src/store/snapshot-store.ts')}';
  const log = [];
  const at = (level) => (message) => log.push(level + ' ' + message);
  const logger = { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') };
  const store = await SnapshotStore.open({ directory: process.argv[1] });
  const resource = hostResource({ version: '1.2.3', instanceId: 'i', hostId: 'h', env: process.env });
  const sdk = startNodeSdk(resource, logger);
  const collector = new Collector({ store, loggerProvider: sdk.loggerProvider, clock: systemClock });
  let error;
  await collector.run(AbortSignal.abort()).catch((thrown) => { error = { code: thrown.code, message: thrown.message }; });
  const records = store.outbox.take({ maxRecords: 100, maxBytes: 1e9, acrossTopics: true });
  await sdk.stop();
  process.stdout.write(JSON.stringify({
    error,
    log,
    names: records.map(({ row }) => JSON.parse(row).n),
    sender: records[0] && store.outbox.sender(records[0].senderId),
    tracing: trace.getTracer('x').startSpan('y').isRecording(),
  }));
  await store.close();
`;

interface Outcome {
  readonly error?: { readonly code: string; readonly message: string };
  readonly log: readonly string[];
  readonly names: readonly string[];
  readonly sender: { readonly resource: Record<string, string>; readonly scope: { readonly name: string } };
  readonly tracing: boolean;
}

test('takes what is emitted through the global Logs API into the outbox, and registers nothing but logs', (t) => {
  const { error, log, names, sender, tracing } = run(t, { OTEL_RESOURCE_ATTRIBUTES: 'team=blue' });
  assert.equal(error, undefined);
  assert.deepEqual(names, ['procmond.agent.started', 'procmond.agent.stopped']);
  assert.equal(sender.scope.name, 'procmond');
  assert.deepEqual([tracing, log], [false, []]);
});

test("puts the host on records, never procmond's own process", (t) => {
  const { resource } = run(t, {
    OTEL_RESOURCE_ATTRIBUTES: 'team=blue,process.pid=1',
    OTEL_NODE_RESOURCE_DETECTORS: 'all',
  }).sender;
  assert.partialDeepStrictEqual(resource, {
    'service.name': 'procmond',
    'service.version': '1.2.3',
    'service.instance.id': 'i',
    'host.id': 'h',
    team: 'blue',
  });
  assert.deepEqual(
    Object.keys(resource).filter((name) => name.startsWith('process.')),
    [],
  );
});

test('commits nothing when the SDK is disabled, and says which variable did it', (t) => {
  const { error, names } = run(t, { OTEL_SDK_DISABLED: 'true' });
  assert.equal(error?.code, 'CAPTURE_MISMATCH');
  assert.match(error.message, /OTEL_SDK_DISABLED/);
  assert.deepEqual(names, []);
});

test('commits nothing when limits of the environment would cut records, and says so', (t) => {
  for (const name of ['OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT', 'OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT']) {
    const { error, names } = run(t, { [name]: '20' });
    assert.equal(error?.code, 'CAPTURE_MISMATCH', name);
    assert.match(error.message, new RegExp(name));
    assert.deepEqual(names, []);
  }
});

test("brings the SDK's own complaints to procmond's log", (t) => {
  const { log } = run(t, { OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT: 'many' });
  assert.match(log.join('\n'), /^warn OpenTelemetry SDK: .*OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT/);
});

function run(t: TestContext, env: Readonly<Record<string, string>>): Outcome {
  const child = spawnSync(process.execPath, ['--input-type=module', '--eval', PROGRAM, scratchDirectory(t)], {
    env: { PATH: process.env['PATH'], ...env },
    cwd: import.meta.dirname,
    encoding: 'utf8',
  });
  assert.equal(child.status, 0, child.stderr);
  return JSON.parse(child.stdout) as Outcome;
}
