import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { exchange, open, readToEnd } from '../fake/raw-client.ts';
import { ask, startServer } from './control-socket.ts';
import { EventReader } from './event-reader.ts';
import { eventOf } from './scripted-agent.ts';

const GET = 'GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n';

test('answers a path with hostile bytes in it safely', async (t) => {
  const { path } = await startServer(t);
  for (const url of ['/\u00ff%1b[2J', '/v1/events?topic=%1b%5B2J%00*', 'http://user@other/x', '*', '/%']) {
    const answer = await exchange({ path }, `GET ${url} HTTP/1.1\r\nHost: x\r\n\r\n`);
    assert.match(answer, /^HTTP\/1\.1 40[04] /);
    assert.doesNotMatch(answer, /[^\P{Cc}\r\n]/u);
  }
});

test('refuses a body that is larger than 64 KiB and does nothing of it', async (t) => {
  const { path, agent } = await startServer(t);
  const room = JSON.stringify({ seconds: 10 });
  const fits = room + ' '.repeat(64 * 1024 - room.length);
  assert.equal((await ask(path, 'PUT', '/v1/interval', fits)).status, 200);
  agent.intervalMillis = 30_000;
  const { status, body } = await ask(path, 'PUT', '/v1/interval', `${fits} `);
  assert.equal(status, 413);
  assert.partialDeepStrictEqual(body, { error: { code: 'too_large' } });
  const chunk = `${(70_000).toString(16)}\r\n${'x'.repeat(70_000)}\r\n`;
  const chunked = `PUT /v1/interval HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}0\r\n\r\n`;
  assert.match(await exchange({ path }, chunked), /^HTTP\/1\.1 413 /);
  assert.equal(agent.intervalMillis, 30_000);
});

test('cuts off a body without end', async (t) => {
  const { path } = await startServer(t);
  const socket = await open({ path });
  const piece = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
  socket.write('POST /v1/triggers HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
  const pour = () => {
    while (!socket.destroyed && socket.write(piece));
  };
  socket.on('drain', pour);
  pour();
  assert.equal(await readToEnd(socket), '');
  assert.equal((await ask(path, 'GET', '/v1/health')).status, 200);
});

test('refuses a body that is no JSON', async (t) => {
  const { path } = await startServer(t);
  for (const body of ['{', 'seconds=10', '{"seconds":10}x', '\u0000']) {
    const { status } = await ask(path, 'PUT', '/v1/interval', body);
    assert.equal(status, 400, body);
  }
  const socket = await open({ path });
  socket.write('PUT /v1/interval HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n');
  socket.write(Buffer.from([0xff, 0xfe]));
  assert.match(await readToEnd(socket), /^HTTP\/1\.1 400 .*is not UTF-8/s);
});

test('is not led astray by names that every object has', async (t) => {
  const { path, agent } = await startServer(t);
  const body = '{"__proto__":{"seconds":10},"seconds":10}';
  assert.equal((await ask(path, 'PUT', '/v1/interval', body)).status, 400);
  assert.equal((await ask(path, 'PUT', '/v1/interval', '{"constructor":1,"seconds":10}')).status, 400);
  assert.equal(agent.intervalMillis, 30_000);
});

test('drops a client that never finishes its body, however busy it looks', async (t) => {
  const { path } = await startServer(t, { limits: { headersMillis: 50, requestMillis: 50, checkMillis: 10 } });
  const socket = await open({ path });
  const drip = setInterval(() => socket.write(' '), 5);
  t.after(() => clearInterval(drip));
  socket.write('PUT /v1/interval HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n');
  assert.match(await readToEnd(socket), /^(HTTP\/1\.1 408 |$)/);
});

test('does only the first of several requests on one connection', async (t) => {
  const { path, agent } = await startServer(t);
  const stop = 'POST /v1/stop HTTP/1.1\r\nHost: x\r\n\r\n';
  const answers = await exchange({ path }, GET + stop + stop);
  assert.deepEqual(answers.match(/^(HTTP|Connection).*$/gm), ['HTTP/1.1 200 OK', 'Connection: close']);
  assert.equal(agent.stops, 0);
  // Nor is it kept from its answer, whatever is behind it.
  assert.match(await exchange({ path }, `${GET}\u0000\u0001rubbish\r\n\r\n`), /^HTTP\/1\.1 200 /);
  const body = `${stop.slice(0, -2)}Content-Length: 2\r\n\r\n{}`;
  assert.match(await exchange({ path }, `${body} rubbish\r\n\r\n`), /^HTTP\/1\.1 202 /);
  assert.equal(agent.stops, 1);
  const events = 'GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\nP';
  const socket = await open({ path });
  socket.end(events);
  await readToEnd(socket);
});

test('serves a hundred clients at once, and the others while they are there', async (t) => {
  const { path } = await startServer(t);
  const held: Socket[] = await Promise.all(Array.from({ length: 27 }, () => open({ path })));
  const answers = await Promise.all(Array.from({ length: 100 }, () => exchange({ path }, GET)));
  assert.deepEqual(new Set(answers.map((answer) => answer.split('\r\n')[0])), new Set(['HTTP/1.1 200 OK']));
  for (const socket of held) socket.destroy();
});

test('answers or closes a connection whose client has half closed it', async (t) => {
  const { path, agent } = await startServer(t);
  for (const request of [
    GET,
    'GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n',
    'POST /v1/cycle HTTP/1.1\r\nHost: x\r\n\r\n',
  ]) {
    const socket = await open({ path });
    socket.end(request);
    assert.match(await readToEnd(socket), /^(HTTP\/1\.1 200 |$)/);
  }
  for (const cycle of agent.cycles) cycle.resolve(undefined);
  agent.publish(eventOf(1));
  assert.equal((await ask(path, 'GET', '/v1/health')).status, 200);
});

test('forgets a client that goes away in the middle of anything', async (t) => {
  const { path, agent } = await startServer(t);
  for (const request of [
    'PUT /v1/interval HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{"',
    'POST /v1/cycle HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET /v1/processes HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n',
  ]) {
    const socket = await open({ path });
    socket.write(request);
    await new Promise(setImmediate);
    socket.destroy();
    await once(socket, 'close');
  }
  while (agent.subscriptions.some(({ closed }) => !closed)) await new Promise(setImmediate);
  agent.publish(eventOf(1));
  assert.equal((await ask(path, 'GET', '/v1/status')).status, 200);
});

test('lets a table go whose reader takes nothing of it', async (t) => {
  const { path, agent } = await startServer(t, { limits: { silenceMillis: 1_000 } });
  const [one] = agent.hosts ?? [];
  agent.hosts = Array.from({ length: 5_000 }, (_, index) => ({ ...one, pid: index }) as never);
  const stuck = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const socket = await open({ path });
      socket.pause();
      socket.write('GET /v1/processes HTTP/1.1\r\nHost: x\r\n\r\n');
      return socket;
    }),
  );
  let status = 0;
  while (status !== 200) ({ status } = await ask(path, 'GET', '/v1/processes?limit=1'));
  for (const socket of stuck) socket.destroy();
});

test('gives the place of who is still sending a body to who comes', async (t) => {
  const { path, agent } = await startServer(t, { limits: { connections: 2 } });
  const body = 'PUT /v1/interval HTTP/1.1\r\nHost: x\r\nContent-Length: 14\r\n\r\n';
  const slow = await open({ path });
  slow.write(body);
  const cycle = await open({ path });
  cycle.write('POST /v1/cycle HTTP/1.1\r\nHost: x\r\n\r\n');
  while (agent.cycles.length === 0) await new Promise(setImmediate);
  assert.equal((await ask(path, 'GET', '/v1/health')).status, 200);
  assert.equal(await readToEnd(slow), '');
  agent.cycles[0]?.resolve(undefined);
  assert.match(await readToEnd(cycle), /^HTTP\/1\.1 503 .*stopping/s);
});

test('closes who comes while everybody there waits for an answer', async (t) => {
  const { path, agent } = await startServer(t, { limits: { connections: 2 } });
  const waiting = await Promise.all([open({ path }), open({ path })]);
  for (const socket of waiting) socket.write('POST /v1/cycle HTTP/1.1\r\nHost: x\r\n\r\n');
  while (agent.cycles.length === 0) await new Promise(setImmediate);
  // The other one has been read by then too.
  await new Promise(setImmediate);
  assert.equal(await exchange({ path }, GET), '');
  for (const socket of waiting) socket.destroy();
});

test('takes so many requests for a cycle and no more, so that they cannot take all places', async (t) => {
  const { path, agent } = await startServer(t);
  const asked = Array.from({ length: 33 }, () => exchange({ path }, 'POST /v1/cycle HTTP/1.1\r\nHost: x\r\n\r\n'));
  assert.match(await Promise.race(asked), /^HTTP\/1\.1 503 .*32 of these are under way/s);
  agent.cycles[0]?.resolve(undefined);
  while (agent.cycles.length < 2) await new Promise(setImmediate);
  agent.cycles[1]?.resolve(undefined);
  const answers = await Promise.all(asked);
  assert.equal(answers.filter((answer) => answer.includes('"stopping"')).length, 32);
});

test('lets a stream go whose reader takes nothing, when another one is wanted', async (t) => {
  const { path, agent } = await startServer(t, { limits: { silenceMillis: 1_000 } });
  const stuck = await Promise.all(Array.from({ length: 16 }, () => EventReader.open(t, path, '')));
  for (const reader of stuck) reader.pause();
  const events = Array.from({ length: 2_000 }, (_, index) => eventOf(index + 1, { body: 'x'.repeat(1_000) }));
  agent.publish(...events);
  let reader = await EventReader.tryOpen(path, '');
  while (reader === undefined) reader = await EventReader.tryOpen(path, '');
  agent.publish(eventOf(9_999));
  assert.deepEqual(await reader.next(1), [eventOf(9_999)]);
  reader.close();
  while (agent.subscriptions.filter(({ closed }) => closed).length < 2) await new Promise(setImmediate);
  for (const one of stuck) one.resume();
  const ends = await Promise.race(stuck.map(({ ended }) => ended));
  assert.equal(ends, 'cut');
});

test('lets nobody hold what a path takes at once with bodies that do not end', async (t) => {
  const { path } = await startServer(t);
  const slow = await Promise.all(Array.from({ length: 40 }, () => open({ path })));
  for (const socket of slow) socket.write('POST /v1/reload HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{');
  assert.equal((await ask(path, 'GET', '/v1/health')).status, 200);
  assert.equal((await ask(path, 'POST', '/v1/reload')).status, 200);
  for (const socket of slow) socket.destroy();
});
