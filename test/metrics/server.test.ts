import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { ProcmondError } from '../../src/base/errors.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { exchange, open, readToEnd } from '../fake/raw-client.ts';
import { HOST, startServer } from './metrics-listener.ts';

test('answers a scrape with the text format of Prometheus', async (t) => {
  const { url } = await startServer(t);
  const response = await fetch(`${url}/metrics`);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  assert.match(await response.text(), /^procmond_processes\{state="running"\} 0$/m);
});

test('answers probes with JSON that says why, 503 when it fails', async (t) => {
  const { url } = await startServer(t);
  const live = await fetch(`${url}/healthz`);
  assert.equal(live.status, 200);
  assert.equal(live.headers.get('content-type'), 'application/json');
  assert.partialDeepStrictEqual(await live.json(), { status: 'ok', limitSeconds: 90, lastCommitSecondsAgo: null });
  const ready = await fetch(`${url}/readyz?verbose`);
  assert.equal(ready.status, 503);
  assert.partialDeepStrictEqual(await ready.json(), { status: 'failing', lastCycleEndedSecondsAgo: null });
});

test('names its paths to whoever looks', async (t) => {
  const { url } = await startServer(t);
  assert.match(await (await fetch(url)).text(), /\/metrics.*\/healthz.*\/readyz/s);
  const missing = await fetch(`${url}/metrics/x`);
  assert.equal(missing.status, 404);
  assert.match(await missing.text(), /\/metrics/);
});

test('answers HEAD like GET, without the body', async (t) => {
  const { url } = await startServer(t);
  for (const path of ['/', '/nowhere']) {
    const get = await fetch(url + path);
    const head = await fetch(url + path, { method: 'HEAD' });
    assert.equal(head.status, get.status);
    assert.equal(head.headers.get('content-type'), get.headers.get('content-type'));
    assert.equal(Number(head.headers.get('content-length')), (await get.text()).length);
    assert.equal(await head.text(), '');
  }
});

test('refuses every other method and says which there are', async (t) => {
  const { url } = await startServer(t);
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
    const response = await fetch(`${url}/metrics`, { method });
    assert.equal(response.status, 405);
    assert.equal(response.headers.get('allow'), 'GET, HEAD');
    await response.text();
  }
});

test('answers without waiting for a body', async (t) => {
  const server = await startServer(t);
  for (const request of [
    'POST /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
    'GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nhello',
  ]) {
    assert.match(await exchange(server, request), /^HTTP\/1\.1 (405|200) /);
  }
});

test('answers 500 and logs it when the metrics cannot be rendered, and goes on', async (t) => {
  const logged: string[] = [];
  const { url } = await startServer(t, {
    metrics: { contentType: 'text/plain', render: () => Promise.reject(new Error('no registry')) },
    logger: { ...silentLogger, error: (message) => logged.push(message) },
  });
  assert.equal((await fetch(`${url}/metrics`)).status, 500);
  assert.deepEqual(logged, ['cannot answer /metrics: no registry']);
  assert.equal((await fetch(`${url}/healthz`)).status, 200);
});

test('says host, port and the way out when the port is taken', async (t) => {
  const { port } = await startServer(t);
  await assert.rejects(startServer(t, { port }), (error) => {
    assert.ok(error instanceof ProcmondError);
    assert.equal(error.code, 'LISTENER_FAILED');
    assert.match(error.message, new RegExp(`^cannot listen for metrics on ${HOST} port ${port}: .*--metrics-port 0`));
    return true;
  });
});

test('says that an address is not of this host', async (t) => {
  // 192.0.2.0/24 belongs to nobody (RFC 5737).
  await assert.rejects(startServer(t, { host: '192.0.2.1' }), {
    code: 'LISTENER_FAILED',
    message: /^cannot listen for metrics on 192\.0\.2\.1 port 0: that is no address of this host .*--metrics-host/,
  });
});

test('closes although a client holds its connection open, and may be closed twice', async (t) => {
  const server = await startServer(t, { limits: { closeMillis: 20 } });
  const idle = await open(server);
  const half = await open(server);
  half.write('GET /metrics HTTP/1.1\r\n');
  const ended = Promise.all([readToEnd(idle), readToEnd(half)]);
  await Promise.all([server.close(), server.close()]);
  await server.close();
  await ended;
  await startServer(t, { port: server.port });
});

test('finishes an answer that is under way when it is closed', async (t) => {
  const rendering = Promise.withResolvers<void>();
  const rendered = Promise.withResolvers<string>();
  const server = await startServer(t, {
    metrics: {
      contentType: 'text/plain',
      render: () => {
        rendering.resolve();
        return rendered.promise;
      },
    },
    limits: { closeMillis: 60_000 },
  });
  const response = exchange(server, 'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
  await rendering.promise;
  const closed = server.close();
  rendered.resolve('procmond_threads 1\n');
  assert.match(await response, /procmond_threads 1\n$/);
  await closed;
});

test('gives the place of who does not take its answer to who comes', async (t) => {
  const server = await startServer(t, {
    metrics: { contentType: 'text/plain', render: async () => 'x'.repeat(2 ** 25) },
    limits: { connections: 1 },
  });
  const slow = await open(server);
  slow.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(slow, 'readable');
  assert.match(await exchange(server, 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'), /^HTTP\/1\.1 200 /);
  assert.ok((await readToEnd(slow)).length < 2 ** 25);
});
