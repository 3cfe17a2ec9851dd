import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitUntil } from '../fake/wait-until.ts';
import { otelCollector } from './components/otel-collector.ts';
import { runProgram } from './components/run-program.ts';
import { backend, ROUTES, type Route } from './harness/backend.ts';
import { fillQueue } from './harness/fill-queue.ts';
import { postLogs, type StandInRecord, standInRecord } from './harness/post-logs.ts';
import { PROJECT_CONFIG_FILE, projectCollector } from './harness/project-collector.ts';
import { type ReceivedRecord, readOtlpFile, uidOf } from './harness/read-otlp-file.ts';
import { scratchDirectory } from './harness/scratch-directory.ts';
import { startOtelCollector } from './harness/start-otel-collector.ts';
import { startPipeline } from './harness/start-pipeline.ts';

test('the configuration is valid as it stands, without any environment', async (t) => {
  const binary = await otelCollector(process.env, (line) => t.diagnostic(line));
  const { code, stderr } = await runProgram(binary, ['validate', '--config', PROJECT_CONFIG_FILE], { env: {} });
  assert.equal(code, 0, stderr);
});

test('sends each topic to its route, and what has no route to the default', async (t) => {
  const { collector, to } = await startPipeline(t, await scratchDirectory(t));
  const expected = new Map<Route, readonly StandInRecord[]>([
    [
      'security',
      [
        'collector/process/lifecycle',
        'collector/process/findings',
        'collector/triggers/binary-hasher',
        'collector/triggers/anything-else',
        'collector/binary-hasher/results',
      ].map((topic) => standInRecord(topic)),
    ],
    ['inventory', [standInRecord('collector/process/events')]],
    [
      'agent',
      [
        'collector/process/cycles',
        'collector/agent/health',
        'collector/of/tomorrow',
        'collector/process/events/below',
        'xcollector/triggers/binary-hasher',
        '',
        undefined,
      ].map((topic) => standInRecord(topic)),
    ],
  ]);

  const { status, text } = await postLogs(collector.endpoint, [...expected.values()].flat());

  assert.equal(status, 200, text);
  for (const route of ROUTES) {
    const uids = (expected.get(route) ?? []).map(({ uid }) => uid);
    await waitUntil(
      `${route} has its ${uids.length} records`,
      async () => (await uidsIn(to.file[route])).size >= uids.length,
    );
    assert.deepEqual([...(await uidsIn(to.file[route]))].toSorted(), uids.toSorted(), route);
  }
});

test('keeps the event name as an attribute for backends that drop the field', async (t) => {
  const { collector, to } = await startPipeline(t, await scratchDirectory(t));
  const named = standInRecord('collector/process/lifecycle', { eventName: 'procmond.process.started' });
  const nameless = standInRecord('collector/process/lifecycle');

  await postLogs(collector.endpoint, [named, nameless]);

  const received = await waitUntil('both records are there', () => byUid(to.file.security, [named, nameless]));
  assert.equal(received.get(named.uid)?.attributes['event.name'], 'procmond.process.started');
  assert.equal(received.get(named.uid)?.eventName, 'procmond.process.started');
  assert.ok(!('event.name' in (received.get(nameless.uid)?.attributes ?? {})));
});

test("moves a record's container and pod to the resource, apart for each, and leaves the others on the host", async (t) => {
  const { collector, to } = await startPipeline(t, await scratchDirectory(t));
  const places: readonly Readonly<Record<string, string>>[] = [
    { 'container.id': 'c0ffee', 'k8s.pod.uid': 'f00d' },
    { 'container.id': 'decade', 'k8s.pod.uid': 'f00d' },
    { 'container.id': 'facade', 'k8s.pod.uid': 'feed' },
    { 'k8s.pod.uid': 'feed' },
    { 'container.id': 'c0ffee' },
    {},
  ];
  // Twice, so that those of one place are not side by side in the request.
  const sent = [...places, ...places].map((place) => ({
    place,
    record: standInRecord('collector/process/events', { attributes: place }),
  }));
  const records = sent.map(({ record }) => record);

  await postLogs(collector.endpoint, records);

  const received = await waitUntil('all records are there', () => byUid(to.file.inventory, records));
  for (const { place, record } of sent) {
    const { resource, attributes } = received.get(record.uid) ?? {};
    assert.deepEqual(resource, { 'service.name': 'procmond', ...place });
    assert.deepEqual(Object.keys(attributes ?? {}).toSorted(), ['log.record.uid', 'procmond.topic']);
  }
});

test('answers 503 when a queue is full, and loses nothing that it accepted through kill -9 and a late backend', async (t) => {
  const directory = await scratchDirectory(t);
  const to = await backend(directory);
  const collector = await projectCollector(directory, to, { queueBytes: 600_000 });
  const first = await startOtelCollector(t, collector.settings);

  const { accepted, refusal } = await fillQueue(collector.endpoint, 'collector/process/lifecycle');
  assert.equal(refusal.status, 503);
  assert.match(refusal.text, /sending queue is full/);
  assert.ok(accepted.length > 0);

  assert.equal(await first.stop('SIGKILL'), 'SIGKILL');
  await startOtelCollector(t, collector.settings);
  await startOtelCollector(t, to.settings);

  await waitUntil('everything accepted is in the backend', () => byUid(to.file.security, accepted));
});

test('keeps taking the other topics while one route is full', async (t) => {
  const directory = await scratchDirectory(t);
  const to = await backend(directory);
  const collector = await projectCollector(directory, to, { queueBytes: 600_000 });
  await startOtelCollector(t, collector.settings);

  await fillQueue(collector.endpoint, 'collector/process/lifecycle');

  const { status } = await postLogs(collector.endpoint, [standInRecord('collector/process/events')]);
  assert.equal(status, 200);
});

async function uidsIn(file: string): Promise<ReadonlySet<string>> {
  return new Set((await readOtlpFile(file)).map(uidOf));
}

/** The received records by uid once all that are wanted are there, undefined before. */
async function byUid(file: string, wanted: readonly StandInRecord[]): Promise<Map<string, ReceivedRecord> | undefined> {
  const received = new Map((await readOtlpFile(file)).map((record) => [uidOf(record), record]));
  return wanted.every(({ uid }) => received.has(uid)) ? received : undefined;
}
