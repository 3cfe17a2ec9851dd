import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ControlClient } from '../../src/control/client.ts';
import type { EventLine, StatusReport } from '../../src/control/protocol.ts';
import { scratchDirectory } from '../fake/scratch-store.ts';
import { startServer } from './control-socket.ts';
import { eventOf } from './scripted-agent.ts';

test('asks, and gets the answer or why it was refused', async (t) => {
  const { path, agent } = await startServer(t);
  const client = new ControlClient(path);
  const status = await client.ask<StatusReport>({ method: 'GET', path: '/v1/status' });
  assert.equal(status.kind === 'ok' && status.body.pid, 4242);
  const interval = await client.ask({ method: 'PUT', path: '/v1/interval', body: { seconds: 10 } });
  assert.deepEqual(interval, { kind: 'ok', body: { seconds: 10, before: 30 } });
  const refused = await client.ask({ method: 'PUT', path: '/v1/interval', body: { seconds: 1 } });
  assert.partialDeepStrictEqual(refused, { kind: 'refused', status: 400, error: { code: 'bad_request' } });
  agent.live = { status: 'failing', message: 'the loop hangs' };
  const health = await client.ask({ method: 'GET', path: '/v1/health' });
  assert.partialDeepStrictEqual(health, { kind: 'ok', body: { live: { status: 'failing' } } });
});

test('says that nobody answers, on which socket, and what to do', async (t) => {
  const path = join(scratchDirectory(t), 'control.sock');
  const ask = async (socketPath: string) => {
    const answer = await new ControlClient(socketPath).ask({ method: 'GET', path: '/v1/status' });
    return answer.kind === 'unreachable' ? answer.message : assert.fail(JSON.stringify(answer));
  };
  const start = 'start one with procmond run, or name its socket with --control-socket, or its --data-dir';
  assert.equal(await ask(path), `no running procmond answers on ${path}: there is no such socket; ${start}`);
  assert.equal(await ask(''), 'there is no control socket to ask: --control-socket is none');
  const { server } = await mutePeer(t, path);
  server.close();
  assert.match(await ask(path), /there is no such socket/);
});

test('says that it may not ask', async (t) => {
  if (process.geteuid?.() === 0) return t.skip('root may use any socket');
  const { path } = await startServer(t);
  chmodSync(path, 0o000);
  const answer = await new ControlClient(path).ask({ method: 'GET', path: '/v1/status' });
  assert.match(answer.kind === 'unreachable' ? answer.message : '', /this user may not use it; ask as root/);
});

test('does not wait for ever, nor read without end, nor believe what is no answer', async (t) => {
  const path = join(scratchDirectory(t), 'control.sock');
  const peer = await mutePeer(t, path);
  const client = new ControlClient(path);
  const question = { method: 'GET', path: '/v1/status' } as const;
  const late = await client.ask(question, { answerMillis: 20 });
  assert.match(late.kind === 'unreachable' ? late.message : '', /it gave no answer in time$/);
  for (const [said, reason] of [
    ['rubbish\r\n\r\n', /Parse Error/],
    ['HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{{{', /JSON/],
    ['HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}', /aborted/],
    ['', /socket hang up/],
  ] as const) {
    peer.says = said;
    const answer = await client.ask(question);
    assert.match(answer.kind === 'unreachable' ? answer.message : JSON.stringify(answer), reason);
  }
});

test('hands over every line in order, waits for who takes them, and says how the stream ended', async (t) => {
  const { path, agent, server } = await startServer(t, { limits: { closeMillis: 60_000 } });
  const opened = Promise.withResolvers<void>();
  const lines: EventLine[] = [];
  const enough = Promise.withResolvers<void>();
  const streaming = new ControlClient(path).stream('/v1/events', {
    signal: new AbortController().signal,
    opened: () => opened.resolve(),
    each: async (line) => {
      await new Promise(setImmediate);
      lines.push(line);
      if (lines.length === 3) enough.resolve();
    },
  });
  await opened.promise;
  const events = [eventOf(1, { body: 'Zeile\u2028 Ä\u00a0' }), eventOf(2), eventOf(3)];
  agent.publish(...events);
  await enough.promise;
  assert.deepEqual(lines, events);
  await server.close();
  assert.deepEqual(await streaming, { kind: 'ended', end: 'stopped' });
});

test('tells a stop from a death, and from its own end', async (t) => {
  const path = join(scratchDirectory(t), 'control.sock');
  const peer = await mutePeer(t, path);
  const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
  const stream = (signal = new AbortController().signal, opened = () => {}) =>
    new ControlClient(path).stream('/v1/events', { signal, opened, each() {} });
  peer.says = `${head}3\r\n\n\n\n\r\n0\r\n\r\n`;
  assert.deepEqual(await stream(), { kind: 'ended', end: 'stopped' });
  peer.says = `${head}3\r\n{"d`;
  assert.deepEqual(await stream(), { kind: 'ended', end: 'lost' });
  peer.says = undefined;
  const own = new AbortController();
  const aborted = stream(own.signal);
  own.abort();
  assert.deepEqual(await aborted, { kind: 'ended', end: 'aborted' });
});

test('says why a stream was refused', async (t) => {
  const { path } = await startServer(t);
  const refused = await new ControlClient(path).stream('/v1/events?topic=a/*', {
    signal: new AbortController().signal,
    opened: () => assert.fail('it was opened'),
    each() {},
  });
  assert.partialDeepStrictEqual(refused, { kind: 'refused', status: 400, error: { code: 'topic_invalid' } });
});

/** Something that takes connections, says what it is told to, and closes them; nothing, and it keeps them. */
async function mutePeer(t: TestContext, path: string) {
  const sockets = new Set<Socket>();
  const peer: { says: string | undefined; server: ReturnType<typeof createServer> } = {
    says: undefined,
    server: createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.once('data', () => {
        if (peer.says !== undefined) socket.end(peer.says);
      });
    }),
  };
  peer.server.listen(path);
  await once(peer.server, 'listening');
  t.after(() => {
    peer.server.close();
    for (const socket of sockets) socket.destroy();
  });
  return peer;
}
