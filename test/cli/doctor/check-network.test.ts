import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { suite, type TestContext, test } from 'node:test';
import { systemClock } from '../../../src/base/clock.ts';
import { checkEndpoint } from '../../../src/cli/doctor/check-endpoint.ts';
import { checkMetricsListener } from '../../../src/cli/doctor/check-metrics-listener.ts';
import { ACCEPT, type Answer, BUSY, LOGIN_PAGE, OtlpEndpoint, status } from '../../fake/otlp-endpoint.ts';

const { signal } = new AbortController();

function check(url: string, timeoutMillis = 10_000) {
  return checkEndpoint({ url, timeoutMillis, clock: systemClock, signal });
}

suite('an endpoint', () => {
  test('that takes records is fine, and is sent none', async (t) => {
    const endpoint = await OtlpEndpoint.start(t);
    const finding = await check(endpoint.url);
    assert.deepEqual([finding.status, finding.message], ['ok', `${endpoint.url} takes records`]);
    assert.deepEqual(
      endpoint.requests.map(({ path, records }) => [path, records.length]),
      [['/v1/logs', 0]],
    );
  });

  const answers: readonly (readonly [string, Answer, RegExp])[] = [
    ['that wants credentials', status(401), /answered 401: check OTEL_EXPORTER_OTLP_HEADERS$/],
    ['of another path', status(404), /answered 404: check the path of the endpoint$/],
    ['that is none', LOGIN_PAGE, /this is no OTLP receiver/],
    ['that is busy', BUSY, /answered 503/],
    ['that is overloaded', status(503), /answered 503/],
    ['that cuts the connection', { kind: 'cut_before' }, /closed the connection/],
  ];
  for (const [what, answer, message] of answers) {
    test(`${what} is noted after one try, since records wait for it`, async (t) => {
      const endpoint = await OtlpEndpoint.start(t);
      endpoint.otherwise = () => answer;
      const finding = await check(endpoint.url);
      assert.equal(finding.status, 'note');
      assert.match(finding.message, message);
      assert.match(finding.advice ?? '', /^records wait in the outbox/);
      assert.ok(endpoint.connections.opened <= 1 && endpoint.requests.length <= 1);
    });
  }

  test('where nobody listens is noted', async (t) => {
    const url = `http://127.0.0.1:${await freePort()}/v1/logs`;
    const finding = await check(url);
    assert.deepEqual([finding.status, finding.facts?.['reason']], ['note', 'refused']);
    t.diagnostic(finding.message);
  });

  test('that says nothing is waited for no longer than its time', async (t) => {
    const endpoint = await OtlpEndpoint.start(t);
    endpoint.otherwise = () => ({ kind: 'silent' });
    const finding = await check(endpoint.url, 200);
    assert.match(finding.message, /did not answer within /);
  });

  test('is told without the password in its URL', async (t) => {
    const endpoint = await OtlpEndpoint.start(t);
    endpoint.next(ACCEPT);
    const url = new URL(endpoint.url);
    url.password = 'hunter2';
    url.search = '?key=hunter3';
    const finding = await check(url.href);
    assert.doesNotMatch(JSON.stringify(finding), /hunter/);
  });
});

suite('the listener for metrics', () => {
  const listener = (port: number, daemonRuns: boolean) =>
    checkMetricsListener({ host: '127.0.0.1', port, clock: systemClock, daemonRuns });

  test('is fine where the port is free, and leaves it free', async () => {
    const port = await freePort();
    for (let time = 0; time < 2; time++) {
      const { status: found, message } = await listener(port, false);
      assert.deepEqual([found, message], ['ok', `127.0.0.1, port ${port}, which is free`]);
    }
    assert.equal((await listener(0, false)).message, '127.0.0.1, any free port');
  });

  test('is a problem where another program has the port, and none where procmond runs', async (t) => {
    const port = await takenPort(t);
    const { status: found, message } = await listener(port, false);
    assert.equal(found, 'problem');
    assert.match(message, /something listens there already.*--metrics-port/);
    assert.deepEqual((await listener(port, true)).status, 'ok');
  });

  test('is a problem where the host has no such address', async () => {
    const { status: found } = await checkMetricsListener({
      host: '203.0.113.7',
      port: 0,
      clock: systemClock,
      daemonRuns: false,
    });
    assert.equal(found, 'problem');
  });
});

async function takenPort(t: TestContext): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
