import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type CommittedCycle, EXPORT_FAILURE_REASONS } from '../../src/base/observer.ts';
import { MAX_FURTHER_TOPICS, METRIC_TABLE, OVERFLOW_TOPIC } from '../../src/metrics/metric-table.ts';
import { createMetrics, EMPTY_STORE, scrape } from './scrape.ts';

const CYCLE: CommittedCycle = {
  outcome: 'committed',
  cycleId: '0199f2d4-7c3e-7000-8000-000000000001',
  sampledAtMillis: 1_795_305_600_123,
  durationMillis: 250,
  phaseMillis: { enumerate: 200, diff: 20, commit: 30 },
  processes: 153,
  processesByState: { running: 2, sleeping: 80, uninterruptible: 1, idle: 68, stopped: 0, defunct: 2 },
  threads: 412,
  observed: 153,
  started: 4,
  stopped: 3,
  changed: 2,
  findings: 0,
  ruleErrors: 0,
  expectedProcesses: new Map(),
  deniedFields: new Map([
    ['process.executable.path', 70],
    ['process.working_directory', 5],
  ]),
  vanished: 1,
  truncated: true,
  tasksCreated: 31,
  startsObserved: 4,
  redactions: 6,
};

const GOLDEN = fileURLToPath(new URL('../golden/metrics.txt', import.meta.url));

test('keeps the exact text of a scrape before the first cycle', async (t) => {
  const text = await createMetrics().render();
  const masked = text
    .replace(/node_version="[^"]+"/, 'node_version="24.0.0"')
    .replaceAll(/^(process_\w+) .*$/gm, '$1 0');
  t.assert.fileSnapshot(masked, GOLDEN, { serializers: [String] });
});

test('shows every metric of the table and no other', async () => {
  const text = await createMetrics().render();
  const declared = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => `${name} ${type}`);
  assert.deepEqual(
    declared,
    METRIC_TABLE.map((row) => `${row.name} ${row.type}`),
  );
});

test('has every series of a closed label from the first scrape on', async () => {
  const samples = await scrape(createMetrics());
  for (const { name, labels } of METRIC_TABLE) {
    for (const label of labels) {
      for (const value of label.values) assert.equal(samples.get(`${name}{${label.name}="${value}"}`), '0');
    }
  }
});

test('shows the last committed cycle in base units', async () => {
  const metrics = createMetrics();
  metrics.cycleEnded(CYCLE);
  assertSamples(await scrape(metrics), {
    'procmond_processes{state="running"}': '2',
    'procmond_processes{state="idle"}': '68',
    'procmond_processes{state="stopped"}': '0',
    procmond_threads: '412',
    procmond_cycle_duration_seconds: '0.25',
    'procmond_cycle_phase_seconds{phase="enumerate"}': '0.2',
    'procmond_cycle_phase_seconds{phase="diff"}': '0.02',
    'procmond_cycle_phase_seconds{phase="commit"}': '0.03',
    procmond_cycle_last_success_timestamp_seconds: '1795305600.123',
    procmond_cycle_observed: '153',
    procmond_cycle_started: '4',
    procmond_cycle_stopped: '3',
    procmond_cycle_changed: '2',
    procmond_cycle_denied: '75',
    procmond_cycle_vanished: '1',
    procmond_cycle_truncated: '1',
  });
});

test('adds up over cycles what is counted', async () => {
  const metrics = createMetrics();
  metrics.cycleEnded({ ...CYCLE, tasksCreated: undefined, startsObserved: 0 });
  metrics.cycleEnded(CYCLE);
  metrics.cycleEnded(CYCLE);
  metrics.cycleEnded({ outcome: 'failed', durationMillis: 40, message: 'no /proc' });
  assertSamples(await scrape(metrics), {
    'procmond_cycles_total{outcome="committed"}': '3',
    'procmond_cycles_total{outcome="failed"}': '1',
    procmond_kernel_tasks_created_total: '62',
    procmond_starts_observed_total: '8',
    procmond_redactions_total: '18',
  });
});

test('keeps the figures of the last committed cycle when one fails', async () => {
  const metrics = createMetrics();
  metrics.cycleEnded(CYCLE);
  metrics.cycleEnded({ outcome: 'failed', durationMillis: 40, message: 'no /proc' });
  assertSamples(await scrape(metrics), {
    procmond_cycle_duration_seconds: '0.04',
    procmond_threads: '412',
    procmond_cycle_last_success_timestamp_seconds: '1795305600.123',
  });
});

test('adds up what was hashed, known from before, and could not be hashed', async () => {
  const metrics = createMetrics();
  for (const outcome of ['hashed', 'cached', 'cached', 'changed', 'denied', 'changed'] as const)
    metrics.hashed(outcome);
  metrics.fileRead({ readBytes: 1_000, seconds: 0.25 });
  metrics.fileRead({ readBytes: 24, seconds: 0.5 });
  metrics.cycleEnded({ ...CYCLE, phaseMillis: { ...CYCLE.phaseMillis, hash: 750 } });
  assertSamples(await scrape(metrics), {
    procmond_hash_files_total: '1',
    procmond_hash_cache_hits_total: '2',
    'procmond_hash_failures_total{reason="changed"}': '2',
    'procmond_hash_failures_total{reason="denied"}': '1',
    'procmond_hash_failures_total{reason="gone"}': '0',
    procmond_hash_read_bytes_total: '1024',
    procmond_hash_seconds_total: '0.75',
    'procmond_cycle_phase_seconds{phase="hash"}': '0.75',
  });
});

test('adds up what became of requests for analyses', async () => {
  const metrics = createMetrics();
  metrics.triggered('published', 3);
  metrics.triggered('published', 1);
  metrics.triggered('rate_limited', 1);
  assertSamples(await scrape(metrics), {
    'procmond_triggers_total{outcome="published"}': '4',
    'procmond_triggers_total{outcome="rate_limited"}': '1',
    'procmond_triggers_total{outcome="answered"}': '0',
  });
});

test("survives a kernel count that went back, as a restored container's may", async () => {
  const metrics = createMetrics();
  metrics.cycleEnded({ ...CYCLE, tasksCreated: -5 });
  assertSamples(await scrape(metrics), { procmond_kernel_tasks_created_total: '0', procmond_redactions_total: '6' });
});

test('shows one cycle in a scrape during which the next one ends', async () => {
  const metrics = createMetrics();
  metrics.cycleEnded(CYCLE);
  const samples = scrape(metrics);
  metrics.cycleEnded({ ...CYCLE, observed: 7, threads: 8, vanished: 9 });
  assertSamples(await samples, {
    procmond_cycle_observed: '153',
    procmond_threads: '412',
    procmond_cycle_vanished: '1',
  });
});

test('counts events by topic from commit to acknowledgement', async () => {
  const metrics = createMetrics();
  const events = 'collector/process/events';
  metrics.committed({ emitted: new Map([[events, 100]]), discarded: new Map([[events, 7]]), expired: new Map() });
  metrics.committed({ emitted: new Map([[events, 50]]), discarded: new Map(), expired: new Map([[events, 4]]) });
  metrics.exported({ durationMillis: 80, acknowledged: new Map([[events, 90]]), rejected: new Map([[events, 1]]) });
  assertSamples(await scrape(metrics), {
    'procmond_events_emitted_total{topic="collector/process/events"}': '150',
    'procmond_events_discarded_total{topic="collector/process/events"}': '7',
    'procmond_events_expired_total{topic="collector/process/events"}': '4',
    'procmond_events_acknowledged_total{topic="collector/process/events"}': '90',
    'procmond_events_rejected_total{topic="collector/process/events"}': '1',
    'procmond_events_emitted_total{topic="collector/agent/health"}': '0',
  });
});

test('shows a topic of another source in all counters as soon as it has one', async () => {
  const metrics = createMetrics();
  metrics.committed({ emitted: new Map([['collector/network/flows', 3]]), discarded: new Map(), expired: new Map() });
  assertSamples(await scrape(metrics), {
    'procmond_events_emitted_total{topic="collector/network/flows"}': '3',
    'procmond_events_acknowledged_total{topic="collector/network/flows"}': '0',
    'procmond_events_rejected_total{topic="collector/network/flows"}': '0',
    'procmond_events_discarded_total{topic="collector/network/flows"}': '0',
    'procmond_events_expired_total{topic="collector/network/flows"}': '0',
  });
});

test('counts all triggers together, whoever they ask', async () => {
  const metrics = createMetrics();
  const before = [...(await scrape(metrics)).keys()];
  for (const target of ['binary-hasher', 'yara', 'yara/deep']) {
    metrics.committed({
      emitted: new Map([[`collector/triggers/${target}`, 2]]),
      discarded: new Map(),
      expired: new Map(),
    });
  }
  const samples = await scrape(metrics);
  assertSamples(samples, { 'procmond_events_emitted_total{topic="collector/triggers/<target>"}': '6' });
  assert.deepEqual([...samples.keys()], before);
});

test('bounds the series however many topics other sources publish on, and counts every event', async () => {
  const metrics = createMetrics();
  const before = (await scrape(metrics)).size;
  for (let pid = 0; pid < 1_000; pid++) {
    metrics.committed({ emitted: new Map([[`collector/custom/${pid}`, 1]]), discarded: new Map(), expired: new Map() });
  }
  const samples = await scrape(metrics);
  assert.equal(samples.size, before + 5 * (MAX_FURTHER_TOPICS + 1));
  assertSamples(samples, {
    'procmond_events_emitted_total{topic="collector/custom/0"}': '1',
    [`procmond_events_emitted_total{topic="${OVERFLOW_TOPIC}"}`]: String(1_000 - MAX_FURTHER_TOPICS),
  });
});

test('has as many series on a host of 100,000 processes as on an empty one', async () => {
  const metrics = createMetrics();
  const before = [...(await scrape(metrics)).keys()];
  const deniedFields = new Map(Array.from({ length: 50 }, (_, field) => [`procmond.process.field_${field}`, 100_000]));
  metrics.cycleEnded({ ...CYCLE, processes: 100_000, observed: 100_000, threads: 400_000, deniedFields });
  assert.deepEqual([...(await scrape(metrics)).keys()], before);
});

test('sorts export attempts by duration, failed ones by reason', async () => {
  const metrics = createMetrics();
  metrics.exported({ durationMillis: 80, acknowledged: new Map(), rejected: new Map() });
  metrics.exported({ durationMillis: 10_000, acknowledged: new Map(), rejected: new Map(), failure: 'timeout' });
  assertSamples(await scrape(metrics), {
    'procmond_export_duration_seconds_bucket{le="0.05"}': '0',
    'procmond_export_duration_seconds_bucket{le="0.1"}': '1',
    'procmond_export_duration_seconds_bucket{le="+Inf"}': '2',
    procmond_export_duration_seconds_sum: '10.08',
    procmond_export_duration_seconds_count: '2',
    'procmond_export_failures_total{reason="timeout"}': '1',
    'procmond_export_failures_total{reason="refused"}': '0',
  });
});

test('raises one reason while delivery is blocked, and none when it flows again', async () => {
  const metrics = createMetrics();
  const raised = async () => {
    const samples = await scrape(metrics);
    return EXPORT_FAILURE_REASONS.filter(
      (reason) => samples.get(`procmond_export_blocked{reason="${reason}"}`) === '1',
    );
  };
  metrics.exportBlocked({ reason: 'refused', message: 'nothing listens there', retryAtMonotonicMillis: 0 });
  assert.deepEqual(await raised(), ['refused']);
  metrics.exportBlocked({ reason: 'unauthorized', message: 'give a token', retryAtMonotonicMillis: 0 });
  assert.deepEqual(await raised(), ['unauthorized']);
  metrics.exportBlocked(undefined);
  assert.deepEqual(await raised(), []);
});

test('asks the store anew at each scrape', async () => {
  let records = 5;
  const metrics = createMetrics({
    outboxRecords: () => records,
    outboxBytes: () => 8_192,
    oldestAgeSeconds: () => 61.5,
    storeBytes: () => 65_536,
  });
  assertSamples(await scrape(metrics), {
    procmond_outbox_records: '5',
    procmond_outbox_bytes: '8192',
    procmond_outbox_oldest_age_seconds: '61.5',
    procmond_store_bytes: '65536',
  });
  records = 4;
  assertSamples(await scrape(metrics), { procmond_outbox_records: '4' });
});

test('answers a scrape while the store cannot be read, and says so by NaN', async () => {
  const metrics = createMetrics({ ...EMPTY_STORE, outboxRecords: unreadable, storeBytes: unreadable });
  metrics.cycleEnded(CYCLE);
  const samples = await scrape(metrics);
  assert.ok(Number.isNaN(Number.parseFloat(samples.get('procmond_outbox_records') ?? '0')));
  assert.ok(Number.isNaN(Number.parseFloat(samples.get('procmond_store_bytes') ?? '0')));
  assertSamples(samples, { procmond_outbox_bytes: '0', procmond_threads: '412' });
});

test('tells what it is and what it uses itself', async () => {
  const metrics = createMetrics();
  const first = await scrape(metrics);
  const second = await scrape(metrics);
  assert.equal(first.get(`procmond_build_info{version="1.2.3",node_version="${process.versions.node}"}`), '1');
  assert.ok(Number(first.get('process_resident_memory_bytes')) > 0);
  assert.ok(Number(first.get('process_cpu_seconds_total')) > 0);
  assert.ok(Number(second.get('process_cpu_seconds_total')) >= Number(first.get('process_cpu_seconds_total')));
  // A total added twice would be twice as much.
  assert.ok(
    Number(second.get('process_cpu_seconds_total')) <= process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6,
  );
});

function unreadable(): never {
  throw new Error('MDB_CORRUPTED');
}

function assertSamples(samples: ReadonlyMap<string, string>, expected: Readonly<Record<string, string>>): void {
  assert.deepEqual(Object.fromEntries(Object.keys(expected).map((series) => [series, samples.get(series)])), expected);
}
