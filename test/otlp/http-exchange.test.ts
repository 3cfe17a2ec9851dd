import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { HttpExchange } from '../../src/otlp/http-exchange.ts';
import { OtlpEndpoint, status } from '../fake/otlp-endpoint.ts';

test('sees status, headers and body of an answer, though somebody else reads it', async (t) => {
  const endpoint = await OtlpEndpoint.start(t);
  endpoint.next(status(503, 'a moment', { 'retry-after': '7', 'content-type': 'text/plain' }));
  const exchange = new HttpExchange();
  assert.equal(await exchange.observe(() => post(endpoint.url)), 'a moment');
  assert.deepEqual(exchange.response, { status: 503, retryAfter: '7', contentType: 'text/plain', body: 'a moment' });
  assert.equal(exchange.error, undefined);
});

test('holds what the last of several requests came to', async (t) => {
  const endpoint = await OtlpEndpoint.start(t);
  endpoint.next({ kind: 'cut_after' }, status(429, 'slower'), status(200, '{}'));
  const failures: (number | string | undefined)[] = [];
  const exchange = new HttpExchange((failed) => failures.push(failed.response?.status ?? failed.error?.message));
  await exchange.observe(async () => {
    for (let attempt = 0; attempt < 3; attempt++) await post(endpoint.url).catch(() => {});
  });
  assert.deepEqual([exchange.response?.status, exchange.response?.body, exchange.error], [200, '{}', undefined]);
  assert.deepEqual(failures, ['socket hang up', 429], 'each failure is told when it happens');
});

test('has no answer before one began, and the error of a request that got none', async (t) => {
  const endpoint = await OtlpEndpoint.start(t);
  endpoint.next({ kind: 'cut_before' });
  const exchange = new HttpExchange();
  assert.equal(exchange.response, undefined);
  await assert.rejects(
    exchange.observe(() => post(endpoint.url)),
    { code: 'ECONNRESET' },
  );
  assert.equal(exchange.response, undefined);
  assert.equal((exchange.error as NodeJS.ErrnoException).code, 'ECONNRESET');
});

test('keeps the first 16 KiB of a body that goes on and on', async (t) => {
  const endpoint = await OtlpEndpoint.start(t);
  endpoint.next(status(400, 'x'.repeat(1_000_000)));
  const exchange = new HttpExchange();
  assert.equal((await exchange.observe(() => post(endpoint.url))).length, 1_000_000);
  assert.equal(exchange.response?.body, 'x'.repeat(16 * 1024));
});

test('passes by the requests of others', async (t) => {
  const endpoint = await OtlpEndpoint.start(t);
  endpoint.otherwise =
    () =>
    ({ path }) =>
      status(Number(path.slice(1)));
  const [one, two] = [new HttpExchange(), new HttpExchange()];
  await Promise.all([
    one.observe(() => post(`${endpoint.baseUrl}/201`)),
    two.observe(() => post(`${endpoint.baseUrl}/202`)),
    post(`${endpoint.baseUrl}/203`),
  ]);
  assert.deepEqual([one.response?.status, two.response?.status], [201, 202]);
});

test('cuts what is under way when it is abandoned, and every request that comes after', async (t) => {
  const endpoint = await OtlpEndpoint.start(t);
  endpoint.next({ kind: 'silent' });
  const exchange = new HttpExchange();
  await exchange.observe(async () => {
    const hanging = post(endpoint.url);
    await endpoint.until(() => endpoint.requests.length === 1);
    exchange.abandon();
    await assert.rejects(hanging, /abandoned/);
    await assert.rejects(post(endpoint.url), /abandoned/);
  });
  assert.equal(endpoint.requests.length, 1);
});

test('may be abandoned before anything was sent', () => new HttpExchange().abandon());

/** Reads like the exporter, from the moment the answer begins. */
function post(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', agent: false }, (response) => {
      let body = '';
      response.on('data', (piece) => {
        body += String(piece);
      });
      response.on('end', () => resolve(body));
    });
    sent.on('error', reject);
    sent.end('{}');
  });
}
