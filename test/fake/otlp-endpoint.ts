import { EventEmitter, once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer, Server as TlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { decodeRequest, type ReceivedRecord } from './received-record.ts';

/** What the endpoint does with one request. */
export type Answer =
  | {
      readonly kind: 'reply';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** Cuts the connection as soon as the request begins: nothing was taken. */
  | { readonly kind: 'cut_before' }
  /** Takes the records and cuts the connection without an answer. */
  | { readonly kind: 'cut_after' }
  /** Takes the records and cuts the connection in the middle of a good answer. */
  | { readonly kind: 'cut_answer' }
  /** Takes the records; the answer comes byte by byte and never ends. */
  | { readonly kind: 'drip'; readonly everyMillis: number }
  /** Takes the connection and says nothing. */
  | { readonly kind: 'silent' }
  /** Answers when it is let. */
  | { readonly kind: 'held'; readonly until: Promise<unknown>; readonly answer: Answer };

/** An answer, or one that depends on what is in the request. */
export type Step = Answer | ((request: ReceivedRequest) => Answer);

export interface ReceivedRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly records: readonly ReceivedRecord[];
}

const JSON_TYPE = { 'content-type': 'application/json' };

export const ACCEPT: Answer = { kind: 'reply', status: 200, headers: JSON_TYPE, body: '{"partialSuccess":{}}' };

export const LOGIN_PAGE: Answer = {
  kind: 'reply',
  status: 200,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: '<html>please log in</html>',
};

export function status(code: number, body = '', headers: Readonly<Record<string, string>> = {}): Answer {
  return { kind: 'reply', status: code, headers, body };
}

/** 503 that the exporter does not wait out by itself, since it asks for more time than the exporter has. */
export const BUSY: Answer = status(503, 'sending queue is full', { 'retry-after': '60' });

export function partialSuccess(rejectedLogRecords: number, errorMessage: string): Answer {
  return {
    kind: 'reply',
    status: 200,
    headers: JSON_TYPE,
    body: JSON.stringify({ partialSuccess: { rejectedLogRecords: String(rejectedLogRecords), errorMessage } }),
  };
}

/** Refuses, like a backend with opinions, every request that holds a record it does not like. */
export function refusing(
  isPoison: (record: ReceivedRecord) => boolean,
  refusal: Answer = status(400, 'bad record'),
): Step {
  return ({ records }) => (records.some(isPoison) ? refusal : ACCEPT);
}

/** PEM. With `ca` only clients with a certificate of it are let in. */
export interface EndpointTls {
  readonly key: string;
  readonly cert: string;
  readonly ca?: string;
}

export interface OtlpEndpointOptions {
  /** Makes it an HTTPS endpoint. */
  readonly tls?: EndpointTls;
  /** Any free one by default. */
  readonly port?: number;
}

/** An OTLP/HTTP receiver on 127.0.0.1 that fails as real ones do, and keeps all it was sent. */
export class OtlpEndpoint {
  /** Every request whose body was read, taken or not. */
  readonly requests: ReceivedRequest[] = [];
  /** The records of the requests that were taken, in the order they came, again as often as they came. */
  readonly taken: ReceivedRecord[] = [];
  /** What is done when nothing is scripted; asked when a request begins. */
  otherwise: () => Step = () => ACCEPT;
  /** How many requests have begun. */
  attempts = 0;
  /** How many of them have been answered, or will be by nobody. */
  #ended = 0;
  /** The most requests that were under way at once. */
  mostAtOnce = 0;
  /** How many connections have been opened, and closed by either side. */
  readonly connections = { opened: 0, closed: 0 };
  readonly #script: Step[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #changes = new EventEmitter();
  readonly #server: Server | TlsServer;
  readonly #scheme: 'http' | 'https';
  #port = 0;

  private constructor({ tls }: OtlpEndpointOptions) {
    const listener: RequestListener = (request, response) => void this.#handle(request, response);
    this.#scheme = tls === undefined ? 'http' : 'https';
    this.#server =
      tls === undefined
        ? createServer(listener)
        : createTlsServer({ ...tls, requestCert: tls.ca !== undefined }, listener);
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      this.connections.opened += 1;
      socket.on('close', () => {
        this.#sockets.delete(socket);
        this.connections.closed += 1;
        this.#changes.emit('change');
      });
    });
  }

  /** Listens until the test ends. */
  static async start(t: Pick<TestContext, 'after'>, options: OtlpEndpointOptions = {}): Promise<OtlpEndpoint> {
    const endpoint = new OtlpEndpoint(options);
    await endpoint.#listen(options.port ?? 0);
    t.after(() => endpoint.close());
    return endpoint;
  }

  /** Listens again, on the port it had. */
  async reopen(): Promise<void> {
    await this.#listen(this.#port);
  }

  /** Shows this certificate, and asks for none of another authority, from the next connection on. */
  useTls(tls: EndpointTls): void {
    if (this.#server instanceof TlsServer) this.#server.setSecureContext(tls);
    for (const socket of this.#sockets) socket.destroy();
  }

  get baseUrl(): string {
    return `${this.#scheme}://127.0.0.1:${this.#port}`;
  }

  get url(): string {
    return `${this.baseUrl}/v1/logs`;
  }

  /** Sequence numbers taken, in the order they came. */
  get takenSeqs(): readonly number[] {
    return this.taken.map(({ seq }) => seq);
  }

  /** Scripts the next requests, one step each. */
  next(...steps: readonly Step[]): void {
    this.#script.push(...steps);
  }

  /** Resolves as soon as `condition` holds; it is looked at whenever something happened here. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await once(this.#changes, 'change');
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #listen(port: number): Promise<void> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async #handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    this.attempts += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.attempts - this.#ended);
    response.on('close', () => {
      this.#ended += 1;
    });
    const step = this.#script.shift() ?? this.otherwise();
    try {
      if (typeof step === 'object' && step.kind === 'cut_before') return void message.socket.destroy();
      const request = await read(message);
      this.requests.push(request);
      await this.#answer(typeof step === 'function' ? step(request) : step, request, response);
    } catch {
      // The sender went away in the middle of its request: nothing was taken.
      message.socket.destroy();
    } finally {
      this.#changes.emit('change');
    }
  }

  async #answer(answer: Answer, request: ReceivedRequest, response: ServerResponse): Promise<void> {
    switch (answer.kind) {
      case 'reply':
        if (answer.status < 300 && answer !== LOGIN_PAGE) this.taken.push(...request.records);
        response.writeHead(answer.status, answer.headers).end(answer.body ?? '');
        return;
      case 'cut_before':
        response.destroy();
        return;
      case 'cut_after':
        this.taken.push(...request.records);
        response.destroy();
        return;
      case 'cut_answer':
        this.taken.push(...request.records);
        response.writeHead(200, { ...JSON_TYPE, 'content-length': '1000' });
        response.write('{"partial', () => response.destroy());
        return;
      case 'drip': {
        this.taken.push(...request.records);
        response.writeHead(200, JSON_TYPE);
        const timer = setInterval(() => response.write(' '), answer.everyMillis);
        response.on('close', () => clearInterval(timer));
        return;
      }
      case 'silent':
        return;
      case 'held':
        this.#changes.emit('change');
        await answer.until;
        return this.#answer(answer.answer, request, response);
    }
  }
}

async function read(message: IncomingMessage): Promise<ReceivedRequest> {
  const pieces: Buffer[] = [];
  for await (const piece of message) pieces.push(piece as Buffer);
  const body = Buffer.concat(pieces);
  const json = message.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
  return { path: message.url ?? '', headers: message.headers, records: decodeRequest(json.toString('utf8')) };
}
