import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cycleSentence } from '../src/cli/cycle-line.ts';
import { reportText } from '../src/cli/report-lines.ts';
import { statusLines } from '../src/cli/status-lines.ts';
import type { TriggerRequest } from '../src/event/trigger-request.ts';
import { CYCLE } from './fake/committed-cycle.ts';
import { DeliveringDaemon } from './fake/delivering-daemon.ts';
import { openAgent } from './fake/open-agent.ts';
import { BUSY, OtlpEndpoint } from './fake/otlp-endpoint.ts';

const REQUEST = { target: 'binary-hasher', analysisType: 'binary_hash', priority: 'high', metadata: { case: '12' } };

test('has nothing of processes before the first cycle, and those of the last one after it', async (t) => {
  const { control, clock } = await openAgent(t);
  assert.equal(control.processes(), undefined);
  assert.equal(control.status().lastCycle, undefined);
  const report = await control.runCycle();
  assert.equal(report?.outcome, 'committed');
  const { cycleId, processes, sampledAtMillis } = control.processes() ?? assert.fail();
  assert.deepEqual(
    [cycleId, [...processes].map(({ pid }) => pid), sampledAtMillis],
    [report?.outcome === 'committed' && report.cycleId, [1, 7], clock.wallMillis()],
  );
  assert.equal(control.status().lastCycle?.committed?.processes, 2);
});

test('names the process that is meant by more than its pid, and draws what the request did not bring', async (t) => {
  const asked: TriggerRequest[] = [];
  const { control, clock, collector } = await openAgent(t);
  collector.requestAnalysis = (request) => {
    asked.push(request);
    return { triggerId: request.triggerId, outcome: asked.length === 1 ? 'delivered' : 'no_target' };
  };
  await control.runCycle();
  const decision = control.requestAnalysis({ ...REQUEST, pid: 7 });
  const { triggerId } = asked[0] ?? assert.fail();
  assert.match(triggerId, /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  assert.deepEqual(asked[0], {
    ...REQUEST,
    triggerId,
    correlationId: triggerId,
    requestedAtMillis: clock.wallMillis(),
    process: { pid: 7, startTicks: 700, cpid: 'c-7', creationTimeMillis: asked[0]?.process?.creationTimeMillis },
  });
  assert.deepEqual(decision, {
    outcome: 'delivered',
    receipt: { triggerId, target: 'binary-hasher', correlationId: triggerId, delivered: true },
  });
  const file = control.requestAnalysis({ ...REQUEST, path: '/bin/sh', correlationId: 'mine' });
  assert.deepEqual([asked[1]?.path, asked[1]?.correlationId, asked[1]?.process], ['/bin/sh', 'mine', undefined]);
  assert.partialDeepStrictEqual(file, { outcome: 'no_target', receipt: { correlationId: 'mine', delivered: false } });
});

test('asks nobody about a process that is not there, and hands on a refusal', async (t) => {
  let asked = 0;
  const { control, collector } = await openAgent(t);
  collector.requestAnalysis = ({ triggerId }) => {
    asked += 1;
    return { triggerId, outcome: 'rate_limited' };
  };
  await control.runCycle();
  assert.deepEqual(control.requestAnalysis({ ...REQUEST, pid: 8 }), { outcome: 'no_process' });
  assert.equal(asked, 0);
  assert.deepEqual(control.requestAnalysis({ ...REQUEST, pid: 7 }), { outcome: 'rate_limited' });
});

test('asks through the Collector, which records what nobody here can answer, and tells subscribers of it', async (t) => {
  const { control, store } = await openAgent(t);
  await control.runCycle();
  const events = control.subscribe('collector/triggers/#', { maxQueued: 5 });
  const { outcome } = control.requestAnalysis({ ...REQUEST, pid: 7 });
  assert.equal(outcome, 'no_target');
  for await (const { message } of events) {
    assert.deepEqual([message.topic, message.seq], ['collector/triggers/binary-hasher', store.outbox.nextSeq - 1]);
    break;
  }
  assert.throws(() => control.requestAnalysis({ ...REQUEST, path: 'relative' }), { code: 'TRIGGER_INVALID' });
  assert.throws(() => control.subscribe('collector/*', { maxQueued: 5 }), { code: 'TOPIC_INVALID' });
});

test('tells the interval that holds as a setting, and refuses one out of range without changing anything', async (t) => {
  const { control, logger } = await openAgent(t);
  assert.deepEqual(control.setInterval(10_000), { seconds: 10, before: 30 });
  const interval = () => control.settings().find(({ name }) => name === 'interval');
  assert.deepEqual(interval(), { name: 'interval', value: '10', origin: 'control socket' });
  assert.deepEqual(logger.messages('info'), ['the control socket asks for a cycle every 10 s instead of 30 s']);
  assert.throws(() => control.setInterval(1_000), { code: 'CONFIG_INVALID' });
  assert.equal(interval()?.value, '10');
});

test('shows no secret of its settings', async (t) => {
  const { control } = await openAgent(t);
  assert.doesNotMatch(JSON.stringify([control.settings(), control.status(), control.outbox()]), /hunter2/);
  assert.equal(control.outbox().endpoint, 'http://***@h/v1/logs');
});

test('answers for the rest when the store file is gone from under it', async (t) => {
  const { control, store } = await openAgent(t);
  store.fileBytes = () => {
    throw new Error('ENOENT');
  };
  const status = control.status();
  assert.equal('storeBytes' in status, false);
  assert.equal(status.watched.enhancedMetadata, true);
});

test('runs no cycle once it is being stopped', async (t) => {
  const { control, stop } = await openAgent(t);
  control.stop();
  assert.equal(stop.signal.aborted, true);
  assert.equal(await control.runCycle(), undefined);
});

test('says of each topic what was given up, for which reason and with which range, in the log and in the status', async (t) => {
  const { control, store, clock, logger } = await openAgent(t);
  store.outbox.maxAgeMillis = 60_000;
  await control.runCycle();
  assert.equal(control.outbox().givenUp, undefined);
  const waiting = store.outbox.backlog;
  clock.advance(60_001);
  await control.runCycle();
  const given = control.outbox().givenUp ?? [];
  assert.deepEqual(
    given.map(({ topic, reason, records }) => ({ topic, reason, records })),
    waiting.map(({ topic, records }) => ({ topic, reason: 'expired', records })),
  );
  const told = given.map(
    ({ topic, records, first, last }) =>
      `${records} records of ${topic} with sequence numbers from ${first} to ${last} will not be delivered: they waited longer than --outbox-max-age allows`,
  );
  assert.deepEqual(logger.messages('warn'), told);
  const printed = reportText(statusLines(control.status()), { color: false });
  for (const line of told) assert.ok(printed.includes(line), printed);
});

test('says when delivery is tried again, wherever the wall clock is set', async (t) => {
  const endpoint = await OtlpEndpoint.start(t);
  endpoint.otherwise = () => BUSY;
  const daemon = await DeliveringDaemon.start(t, { deliverTo: endpoint.url });
  const { pauseMillis } = await daemon.blocked();
  const { clock, collector, control } = daemon.agent;
  const seconds = Math.round(pauseMillis / 1000);
  for (const stepMillis of [-3_600_000, 7_200_000]) {
    clock.stepWall(stepMillis);
    assert.equal(control.outbox().blocked?.retryInSeconds, seconds);
    assert.match(daemon.status, new RegExp(`; next try in ${seconds} s$`, 'm'));
    const block = collector.exportBlock;
    const line = { cycle: CYCLE, outboxRecords: 1, block, nowMonotonicMillis: clock.monotonicMillis() };
    assert.match(cycleSentence(line), new RegExp(`; next try in ${seconds} s\\)$`));
  }
});
