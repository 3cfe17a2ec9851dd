import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { systemClock } from '../../src/base/clock.ts';
import type { ExportOutcome } from '../../src/otlp/export-outcome.ts';
import { exportTimeoutMillis, OtlpSender, type OtlpSenderOptions } from '../../src/otlp/otlp-sender.ts';
import { RecordDecoder } from '../../src/otlp/stored-record.ts';
import { setEnvironment } from '../fake/environment.ts';
import { ManualClock } from '../fake/manual-clock.ts';
import { ACCEPT, type Answer, BUSY, OtlpEndpoint, status } from '../fake/otlp-endpoint.ts';

/** Too short for the exporter to try again by itself, which it does after a second. */
const NO_RETRIES = 700;

test('brings records to the endpoint whole and in order', async (t) => {
  const { endpoint, sender } = await connected(t);
  assert.deepEqual(await sender.send(records(3)), { kind: 'accepted', rejected: 0, message: undefined });
  assert.deepEqual(endpoint.takenSeqs, [1, 2, 3]);
  const [first] = endpoint.taken;
  assert.equal(first?.eventName, 'procmond.test');
  assert.equal(first?.body, 'the body 1');
  assert.deepEqual(first?.attributes['list'], ['a', 'b']);
  assert.deepEqual(first?.resource, { 'service.name': 'procmond' });
  assert.equal(first?.scopeName, 'procmond');
  assert.equal(endpoint.requests[0]?.path, '/v1/logs');
  assert.equal(endpoint.requests[0]?.headers['content-type'], 'application/json');
  assert.match(endpoint.requests[0]?.headers['user-agent'] ?? '', /^procmond /);
});

test('keeps one connection for all it sends', async (t) => {
  const { endpoint, sender } = await connected(t);
  for (let index = 0; index < 5; index++) await sender.send(records(1));
  assert.equal(endpoint.connections.opened, 1);
});

describe('one send is one request', () => {
  const cases: readonly [string, Answer][] = [
    ['429', status(429)],
    ['502', status(502)],
    ['503 that asks for no wait', status(503, '', { 'retry-after': '0' })],
    ['503 that asks for a second', status(503, '', { 'retry-after': '1' })],
    ['503 that asks for nonsense', status(503, '', { 'retry-after': 'soon' })],
    ['503 that asks for a time long gone', status(503, '', { 'retry-after': 'Fri, 31 Dec 1999 23:59:59 GMT' })],
    ['504', status(504)],
    ['a cut', { kind: 'cut_before' }],
  ];
  for (const [what, answer] of cases) {
    test(`also when the exporter would repeat it by itself: ${what}`, async (t) => {
      const { endpoint, sender } = await connected(t, { clock: new ManualClock() });
      endpoint.otherwise = () => answer;
      const timers = t.mock.method(globalThis, 'setTimeout');
      assert.equal((await sender.send(records(1))).kind, 'retry');
      assert.deepEqual([endpoint.attempts, timers.mock.callCount()], [1, 0], 'nor does it wait to do so');
      endpoint.otherwise = () => ACCEPT;
      assert.equal((await sender.send(records(1))).kind, 'accepted', 'and the next batch goes through');
      assert.equal(endpoint.attempts, 2);
    });
  }

  test('and one more, on a new connection, when the one that was kept open is found closed', async (t) => {
    const { endpoint, sender } = await connected(t);
    await sender.send(records(1));
    endpoint.next({ kind: 'cut_before' });
    assert.equal((await sender.send(records(2))).kind, 'accepted');
    assert.deepEqual([endpoint.attempts, endpoint.connections.opened, endpoint.takenSeqs], [3, 2, [1, 1, 2]]);
    endpoint.next({ kind: 'cut_before' }, { kind: 'cut_before' });
    assert.partialDeepStrictEqual(await sender.send(records(1)), { kind: 'retry', reason: 'reset' });
    assert.equal(endpoint.attempts, 5, 'no more than that');
  });
});

describe('what is not there', () => {
  test('is a refused connection that names the address', async (t) => {
    const { endpoint, sender } = await connected(t, { timeoutMillis: NO_RETRIES });
    const { url } = endpoint;
    await endpoint.close();
    const outcome = await sender.send(records(1));
    assert.partialDeepStrictEqual(outcome, { kind: 'retry', reason: 'refused' });
    assert.match(messageOf(outcome), new RegExp(`^${url} refuses connections`));
  });

  test('is a host name that does not resolve', async () => {
    const sender = new OtlpSender({
      url: 'http://nowhere.invalid:4318/v1/logs',
      timeoutMillis: NO_RETRIES,
      clock: systemClock,
    });
    assert.partialDeepStrictEqual(await sender.send(records(1)), { kind: 'retry', reason: 'dns' });
  });

  test('is an answer: that is a timeout, not a connection that somebody closed', async (t) => {
    const { endpoint, sender } = await connected(t, { timeoutMillis: 150 });
    endpoint.next({ kind: 'silent' });
    assert.partialDeepStrictEqual(await sender.send(records(1)), { kind: 'retry', reason: 'timeout' });
  });

  test('is HTTP: a server of another protocol is named as such', async (t) => {
    const server = createServer((socket) => void socket.end('SSH-2.0-OpenSSH_9.9\r\n').on('error', () => {}));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    const { port } = server.address() as { port: number };
    const sender = new OtlpSender({
      url: `http://127.0.0.1:${port}/v1/logs`,
      timeoutMillis: NO_RETRIES,
      clock: systemClock,
    });
    assert.partialDeepStrictEqual(await sender.send(records(1)), { kind: 'retry', reason: 'not_otlp' });
  });
});

describe('the watchdog', () => {
  test('cuts an answer that drips for ever, and the next batch goes through', async (t) => {
    const clock = new ManualClock();
    const { endpoint, sender } = await connected(t, { clock });
    endpoint.next({ kind: 'drip', everyMillis: 5 });
    const sending = sender.send(records(2));
    await endpoint.until(() => endpoint.taken.length === 2);
    clock.advance(await clock.sleeping((millis) => millis === 30_000));
    assert.partialDeepStrictEqual(await sending, { kind: 'retry', reason: 'timeout' });
    await endpoint.until(() => endpoint.connections.closed === 1);
    assert.equal((await sender.send(records(1))).kind, 'accepted');
    assert.deepEqual(clock.delays, [], 'no timer is left behind');
  });

  test('lets go when a batch ends, however it ends', async (t) => {
    const clock = new ManualClock();
    const { endpoint, sender } = await connected(t, { clock });
    endpoint.next(ACCEPT, status(400), BUSY);
    for (let index = 0; index < 3; index++) await sender.send(records(1));
    assert.deepEqual(clock.delays, []);
  });
});

describe('aborting', () => {
  test('cuts the connection at once and leaves a retry', async (t) => {
    const { endpoint, sender } = await connected(t);
    const stop = new AbortController();
    endpoint.next({ kind: 'silent' });
    const sending = sender.send(records(1), { signal: stop.signal });
    await endpoint.until(() => endpoint.requests.length === 1);
    stop.abort();
    assert.partialDeepStrictEqual(await sending, { kind: 'retry', reason: 'other' });
    assert.match(messageOf(await sending), /no answer before procmond had to stop/);
    await endpoint.until(() => endpoint.connections.closed === 1);
  });

  test('before the start ends it as well', async (t) => {
    const { sender } = await connected(t);
    assert.equal((await sender.send(records(1), { signal: AbortSignal.abort() })).kind, 'retry');
  });

  test('later than the answer changes nothing', async (t) => {
    const { sender } = await connected(t);
    const stop = new AbortController();
    const outcome = await sender.send(records(1), { signal: stop.signal });
    stop.abort();
    assert.equal(outcome.kind, 'accepted');
    assert.equal((await sender.send(records(1))).kind, 'accepted');
  });
});

describe('the standard variables', () => {
  test('put headers on every request', async (t) => {
    setEnvironment(t, { OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20s3cret,x-scope-orgid=tenant' });
    const { endpoint, sender } = await connected(t);
    await sender.send(records(1));
    assert.equal(endpoint.requests[0]?.headers['authorization'], 'Bearer s3cret');
    assert.equal(endpoint.requests[0]?.headers['x-scope-orgid'], 'tenant');
  });

  test('compress', async (t) => {
    setEnvironment(t, { OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip' });
    const { endpoint, sender } = await connected(t);
    assert.equal((await sender.send(records(100))).kind, 'accepted');
    assert.equal(endpoint.requests[0]?.headers['content-encoding'], 'gzip');
    assert.equal(endpoint.taken.length, 100);
  });

  test('speak of TLS when the scheme is wrong', async (t) => {
    const { endpoint } = await connected(t);
    const sender = new OtlpSender({
      url: endpoint.url.replace('http:', 'https:'),
      timeoutMillis: NO_RETRIES,
      clock: systemClock,
    });
    assert.partialDeepStrictEqual(await sender.send(records(1)), { kind: 'retry', reason: 'tls' });
  });

  const timeouts: readonly [Record<string, string>, number][] = [
    [{}, 10_000],
    [{ OTEL_EXPORTER_OTLP_TIMEOUT: '5000' }, 5_000],
    [{ OTEL_EXPORTER_OTLP_TIMEOUT: '5000', OTEL_EXPORTER_OTLP_LOGS_TIMEOUT: '7000' }, 7_000],
    [{ OTEL_EXPORTER_OTLP_TIMEOUT: ' ', OTEL_EXPORTER_OTLP_LOGS_TIMEOUT: '' }, 10_000],
    [{ OTEL_EXPORTER_OTLP_LOGS_TIMEOUT: 'soon' }, 10_000],
    [{ OTEL_EXPORTER_OTLP_LOGS_TIMEOUT: '-5' }, 10_000],
    [{ OTEL_EXPORTER_OTLP_LOGS_TIMEOUT: 'Infinity' }, 10_000],
  ];
  for (const [env, expected] of timeouts) {
    test(`allow ${expected} ms with ${JSON.stringify(env)}`, () => assert.equal(exportTimeoutMillis(env), expected));
  }
});

test('names the endpoint without what may be secret in its URL', async (t) => {
  const { endpoint } = await connected(t);
  const { url: open } = endpoint;
  await endpoint.close();
  const url = open.replace('//', '//user:s3cret@').concat('?token=s3cret');
  const sender = new OtlpSender({ url, timeoutMillis: NO_RETRIES, clock: systemClock });
  assert.equal(sender.endpoint, open);
  assert.doesNotMatch(messageOf(await sender.send(records(1))), /s3cret/);
});

async function connected(t: TestContext, options: Partial<OtlpSenderOptions> = {}) {
  const endpoint = await OtlpEndpoint.start(t);
  const sender = new OtlpSender({ url: endpoint.url, timeoutMillis: 10_000, clock: systemClock, ...options });
  return { endpoint, sender };
}

function records(count: number): ReadableLogRecord[] {
  const decoder = new RecordDecoder(() => ({ resource: { 'service.name': 'procmond' }, scope: { name: 'procmond' } }));
  return Array.from({ length: count }, (_, index) => {
    const seq = index + 1;
    const a = {
      'procmond.seq': seq,
      'log.record.uid': `uid-${seq}`,
      'procmond.topic': 'collector/test',
      list: ['a', 'b'],
    };
    return decoder.decode(
      JSON.stringify({ t: [1, 0], o: [1, 0], s: 9, n: 'procmond.test', b: `the body ${seq}`, a }),
      's',
    );
  });
}

function messageOf(outcome: ExportOutcome): string {
  return outcome.message ?? '';
}
