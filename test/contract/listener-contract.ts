import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ListenerLimits } from '../../src/base/limited-server.ts';
import { type Address, exchange, open, readToEnd } from '../fake/raw-client.ts';

/** A listener of procmond, and what it can be asked. */
export interface ListenerSubject {
  readonly name: string;
  /** A path that is answered with 200 to whoever asks for it with GET. */
  readonly path: string;
  /** The number of places it has unless it is told another one. */
  readonly connections: number;
  /** It is gone when the test ends. */
  readonly start: (t: TestContext, limits?: Partial<ListenerLimits>) => Promise<Address>;
}

/** What every listener does with clients that mean no good, or cannot do better. */
export function listenerContract({ name, path, connections, start }: ListenerSubject): void {
  const get = `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
  const answers = async (address: Address) => assert.match(await exchange(address, get), /^HTTP\/1\.1 200 /);

  describe(`the ${name} answers with an error, or closes, and goes on:`, () => {
    for (const [story, bytes, ...allowed] of HOSTILE_REQUESTS) {
      test(story, { timeout: TIMEOUT_MILLIS }, async (t) => {
        const address = await start(t);
        const request = typeof bytes === 'string' ? bytes.replace('PATH', path) : bytes;
        const statuses = [...(await exchange(address, request)).matchAll(/^HTTP\/1\.1 (\d+) /gm)];
        assert.equal(statuses.length, allowed.length > 0 ? 1 : 0);
        if (allowed.length > 0) assert.ok(allowed.includes(Number(statuses[0]?.[1])), String(statuses[0]));
        await answers(address);
      });
    }
  });

  describe(`the ${name}`, { timeout: TIMEOUT_MILLIS }, () => {
    test('drops a client that says nothing', async (t) => {
      const address = await start(t, { silenceMillis: 20 });
      assert.equal(await exchange(address, ''), '');
    });

    test('drops a client that never finishes its headers, however busy it looks', async (t) => {
      const address = await start(t, { headersMillis: 50, requestMillis: 50, checkMillis: 10 });
      const socket = await open(address);
      const drip = setInterval(() => socket.write('X-Drip: 1\r\n'), 5);
      t.after(() => clearInterval(drip));
      socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n`);
      assert.match(await readToEnd(socket), /^(HTTP\/1\.1 408 |$)/);
    });

    test('does only the first of several requests on one connection', async (t) => {
      const answer = await exchange(await start(t), get.repeat(100));
      assert.deepEqual(answer.match(/^(HTTP|Connection).*$/gm), ['HTTP/1.1 200 OK', 'Connection: close']);
    });

    test('answers or closes a connection whose client has half closed it', async (t) => {
      const address = await start(t);
      for (const request of [get, '', 'GET ', get.slice(0, -2)]) {
        const socket = await open(address);
        socket.end(request);
        assert.match(await readToEnd(socket), /^(HTTP\/1\.1 (200|400) |$)/);
      }
      await answers(address);
    });

    test('forgets clients that reset their connection in the middle of anything', async (t) => {
      const address = await start(t);
      for (const request of [
        '',
        'G',
        get.slice(0, -2),
        get,
        `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1`,
      ]) {
        const socket = await open(address);
        socket.write(request);
        await nextTurn();
        if ('port' in address) socket.resetAndDestroy();
        else socket.destroy();
        await once(socket, 'close');
      }
      await answers(address);
    });

    test('gives the place of who has been idle longest to who comes', async (t) => {
      const address = await start(t, { connections: 3 });
      const silent = await open(address);
      const half = await open(address);
      half.write(get.slice(0, -2));
      const third = await open(address);
      await answers(address);
      assert.equal(await readToEnd(silent), '');
      half.write('\r\n');
      assert.match(await readToEnd(half), /^HTTP\/1\.1 200 /);
      third.write(get);
      assert.match(await readToEnd(third), /^HTTP\/1\.1 200 /);
    });

    test('answers while five hundred connections are held open, half of a request said on each', async (t) => {
      const address = await start(t);
      const held = await hold(t, address, 500, get.slice(0, -2));
      for (let count = 0; count < 20; count++) await answers(address);
      // All others were closed, most of them as soon as somebody wanted their place.
      while (held.filter((socket) => !socket.closed).length > connections) await nextTurn();
    });

    test('answers while more and more connections are opened and held', async (t) => {
      const address = await start(t);
      for (let count = 0; count < 20; count++) {
        await hold(t, address, 64, get.slice(0, count));
        await answers(address);
      }
    });
  });
}

/** Far more than any of these takes: nothing hangs. */
const TIMEOUT_MILLIS = 120_000;

const HOST = 'Host: x\r\n';
const POST_CHUNKED = `POST PATH HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`;

/**
 * What is sent, PATH standing for a path that is there, and what status is answered: one of several where it depends on
 * whether the path takes such a request at all, none where it is closed without a word.
 */
const HOSTILE_REQUESTS: readonly (readonly [story: string, bytes: string | Uint8Array, ...statuses: number[]])[] = [
  ['bytes that are no HTTP', '\u0000\u0001\r\n\r\n', 400],
  ['a greeting of TLS', Buffer.from('16030100c8010000c40303', 'hex'), 400],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ['a request without a path', 'GET\r\n\r\n', 400],
  ['a version there is not', `GET PATH HTTP/9.9\r\n${HOST}\r\n`, 400],
  ['a request without Host', 'GET PATH HTTP/1.1\r\n\r\n', 400],
  ['a method there is not', `BREW PATH HTTP/1.1\r\n${HOST}\r\n`, 400],
  ['a header without a colon', `GET PATH HTTP/1.1\r\n${HOST}nothing\r\n\r\n`, 400],
  ['a header over two lines', `GET PATH HTTP/1.1\r\n${HOST}X: a\r\n b\r\n\r\n`, 400],
  ['a NUL in a header', `GET PATH HTTP/1.1\r\n${HOST}X: a\u0000b\r\n\r\n`, 400],
  ['lines that end with LF alone', 'GET PATH HTTP/1.1\nHost: x\n\n', 400],
  ['headers without end', `GET PATH HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ['a thousand headers', `GET PATH HTTP/1.1\r\n${HOST}${'a: b\r\n'.repeat(2_000)}\r\n`, 431],
  ['a path without end', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\n${HOST}\r\n`, 431],
  ['a length that is no number', `POST PATH HTTP/1.1\r\n${HOST}Content-Length: x\r\n\r\n`, 400],
  ['a length below nothing', `POST PATH HTTP/1.1\r\n${HOST}Content-Length: -1\r\n\r\n`, 400],
  ['a length beyond all numbers', `POST PATH HTTP/1.1\r\n${HOST}Content-Length: ${'9'.repeat(30)}\r\n\r\n`, 400],
  ['two lengths', `POST PATH HTTP/1.1\r\n${HOST}Content-Length: 1\r\nContent-Length: 2\r\n\r\na`, 400],
  ['a length, and chunks', `POST PATH HTTP/1.1\r\n${HOST}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`, 400],
  ['a body in another coding', `POST PATH HTTP/1.1\r\n${HOST}Transfer-Encoding: gzip\r\n\r\n`, 400, 405],
  ['chunks in yet another coding', `POST PATH HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked, x\r\n\r\n`, 400],
  ['an expectation nobody can meet', `GET PATH HTTP/1.1\r\n${HOST}Expect: money\r\n\r\n`, 200],
  ['a way to somewhere else', `CONNECT example.invalid:443 HTTP/1.1\r\n${HOST}\r\n`],
  ['another protocol asked for', `GET PATH HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`, 200],
  ['a path of another server', `GET http://example.invalid/PATH HTTP/1.1\r\n${HOST}\r\n`, 404],
  ['a path with hostile bytes in it', `GET /\u00ff%1b[2J HTTP/1.1\r\n${HOST}\r\n`, 400],
  ['TRACE', `TRACE PATH HTTP/1.1\r\n${HOST}\r\n`, 405],
  ['a chunk of no size', `${POST_CHUNKED}zz\r\n`, 400, 405],
  ['a chunk of endless size', `${POST_CHUNKED}fffffffffffffffff\r\n`, 400, 405],
  ['a chunk with a long extension', `${POST_CHUNKED}1;${'x'.repeat(20_000)}\r\na\r\n0\r\n\r\n`, 413, 405],
];

/** So many connections, each of which has said this; those that are not closed by the other side are when the test ends. */
async function hold(t: TestContext, address: Address, count: number, bytes: string): Promise<readonly Socket[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const socket = await open(address);
      t.after(() => socket.destroy());
      socket.resume();
      socket.write(bytes);
      return socket;
    }),
  );
}
