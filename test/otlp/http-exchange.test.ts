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
  const { date, ...response } = exchange.response ?? assert.fail();
  assert.deepEqual(response, {
    status: 503,
    retryAfter: '7',
    contentType: 'text/plain',
    location: undefined,
    body: 'a moment',
    complete: true,
  });
  assert.ok(Math.abs(Date.parse(date ?? '') - Date.now()) < 60_000, date);
  assert.equal(exchange.error, undefined);
});

test('lets one request be made and no other, whatever came of it', async (t) => {
  const endpoint = await OtlpEndpoint.start(t);
  endpoint.next(status(429, 'slower'));
  const exchange = new HttpExchange();
  await exchange.observe(async () => {
    assert.equal(await post(endpoint.url), 'slower');
    await assert.rejects(post(endpoint.url), /abandoned/);
  });
  assert.deepEqual([exchange.response?.body, exchange.error, endpoint.attempts], ['slower', undefined, 1]);
});

test('has no answer before one began, and the error of a request that got none', async (t) => {
  const endpoint = await OtlpEndpoint.start(t);
  endpoint.next({ kind: 'cut_before' });
  const exchange = new HttpExchange();
  assert.equal(exchange.response, undefined);
  const failed: NodeJS.ErrnoException = await exchange.observe(() => post(endpoint.url)).catch((error) => error);
  assert.deepEqual([failed.message, failed.code], ['socket hang up', undefined], 'no code that one may act on');
  assert.equal(exchange.response, undefined);
  assert.deepEqual(exchange.error, { code: 'ECONNRESET', message: 'socket hang up' });
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
