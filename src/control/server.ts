import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { errorMessage, systemErrorCode } from '../base/errors.ts';
import { closeServer, createLimitedServer, type ListenerLimits } from '../base/limited-server.ts';
import type { Logger } from '../base/logger.ts';
import type { ControlledAgent } from './controlled-agent.ts';
import { JSON_TYPE, type JsonReply, jsonText, type Reply, refusal, refusalOf, type StreamReply } from './reply.ts';
import { MAX_BODY_BYTES, type RequestBody, readBody } from './request-body.ts';
import { ROUTES, type Route, type RouteContext } from './routes.ts';
import { SharedCycle } from './shared-cycle.ts';
import { SocketPlace } from './socket-place.ts';

export interface ControlServerOptions {
  /** Absolute, at most 107 bytes. */
  readonly path: string;
  readonly agent: ControlledAgent;
  readonly logger: Logger;
  readonly limits?: Partial<ListenerLimits>;
}

const LIMITS: ListenerLimits = {
  connections: 128,
  headersMillis: 5_000,
  requestMillis: 10_000,
  checkMillis: 5_000,
  silenceMillis: 10_000,
  closeMillis: 1_000,
};

/** A listener on a Unix socket that answers the paths of `ROUTES`. */
export interface ControlServer {
  readonly path: string;
  /** Listens anew where the socket was removed; what cannot be done is told once. Never rejects. */
  keepInPlace(): Promise<void>;
  /**
   * Ends streams, leaves other answers `closeMillis` to be finished, and removes the socket. May be called twice.
   */
  close(): Promise<void>;
}

/**
 * Who may open the socket file may use it: its mode is all there is of access control. One request per connection.
 * @throws {ProcmondError} CONTROL_SOCKET_FAILED
 */
export async function startControlServer(options: ControlServerOptions): Promise<ControlServer> {
  const limits = { ...LIMITS, ...options.limits };
  const listener = new ControlListener(options, limits.silenceMillis);
  const server = createLimitedServer(limits, (request, response) => void listener.handle(request, response));
  server.on('clientError', (error, socket) => listener.refuseConnection(error, socket as Socket));
  const place = await SocketPlace.take(server, options.path, options.logger);
  let closed: Promise<void> | undefined;
  return {
    path: options.path,
    keepInPlace: async () => {
      if (closed === undefined) await place.keep();
    },
    close: () => (closed ??= place.settled().then(() => close(server, listener, limits.closeMillis))),
  };
}

async function close(server: Server, listener: ControlListener, closeMillis: number): Promise<void> {
  const done = closeServer(server, closeMillis);
  listener.endStreams();
  await done;
}

/** An answer that goes on until somebody ends it; `end` may be called twice. */
interface EndlessStream {
  readonly route: Route;
  readonly response: ServerResponse;
  readonly end: () => void;
}

class ControlListener {
  readonly #options: ControlServerOptions;
  readonly #context: RouteContext;
  readonly #underWay = new Map<Route, number>();
  readonly #endless = new Set<EndlessStream>();
  /** Those whose reader has taken nothing for a while, longest first: they are let go when somebody else wants one. */
  readonly #stalled = new Set<EndlessStream>();
  readonly #stallMillis: number;
  /** The one request of each connection that has had it. */
  readonly #used = new WeakMap<Socket, IncomingMessage>();
  /** Connections with a request that may take long. */
  readonly #waiting = new WeakSet<Socket>();

  constructor(options: ControlServerOptions, stallMillis: number) {
    this.#options = options;
    this.#stallMillis = stallMillis;
    const { agent } = options;
    this.#context = { agent, cycles: new SharedCycle(() => agent.runCycle()) };
  }

  /** Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // What comes on the same connection behind the first request is neither read nor done: its answer would not arrive.
    if (this.#used.has(request.socket)) return void request.resume();
    this.#used.set(request.socket, request);
    response.shouldKeepAlive = false;
    try {
      await this.#answer(request, response);
    } catch (error) {
      this.#options.logger.error(`cannot answer ${request.method} ${request.url}: ${errorMessage(error)}`);
      response.destroy();
    }
  }

  /** What is no HTTP, or comes too slowly. */
  refuseConnection(error: Error, socket: Socket): void {
    const used = this.#used.get(socket);
    // What is behind a whole request is nobody's concern: it may be under way, and its answer closes the connection. Who
    // waits for long, or for ever, has to be heard when it goes away, which is not possible any more.
    if (used?.complete && socket.writable && !this.#waiting.has(socket)) return;
    if (!socket.writable || used !== undefined) return void socket.destroy();
    const status = CLIENT_ERROR_STATUS[systemErrorCode(error) ?? ''] ?? 400;
    const { body } = refusal(status, 'bad_request', STATUS_CODES[status] ?? 'Bad Request');
    const text = `${jsonText(body)}\n`;
    const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, `Content-Type: ${JSON_TYPE}`, 'Connection: close'];
    socket.end(`${head.join('\r\n')}\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  }

  /** Makes room for one more, where somebody holds a place and has taken nothing for long. */
  #endStalledStream(route: Route): boolean {
    const stream = [...this.#stalled].find((one) => one.route === route);
    if (stream === undefined) return false;
    this.#stalled.delete(stream);
    stream.response.destroy();
    return true;
  }

  endStreams(): void {
    for (const stream of this.#endless) stream.end();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = URL.parse(request.url ?? '', 'http://localhost');
    const found = findRoute(request.method ?? '', url?.pathname ?? '');
    if (!('route' in found)) return writeJson(response, found);
    const { route } = found;
    if (route.patient) this.#waiting.add(request.socket);
    // Who has not said all yet takes none of the places that a route has.
    const body = await readBody(request);
    const underWay = this.#underWay.get(route) ?? 0;
    if (underWay >= (route.atOnce ?? Number.POSITIVE_INFINITY) && !this.#endStalledStream(route)) {
      return writeJson(
        response,
        refusal(503, 'busy', `${underWay} of these are under way; more are not taken at once`),
      );
    }
    this.#underWay.set(route, underWay + 1);
    try {
      const reply = await this.#reply(route, request, body, url?.searchParams ?? new URLSearchParams());
      if (reply === undefined) return void response.destroy();
      if ('body' in reply) writeJson(response, reply);
      else await this.#writeStream(route, response, reply);
    } finally {
      this.#underWay.set(route, (this.#underWay.get(route) ?? 1) - 1);
    }
  }

  /** undefined where nobody is left to be answered. */
  async #reply(
    route: Route,
    request: IncomingMessage,
    body: RequestBody,
    parameters: URLSearchParams,
  ): Promise<Reply | undefined> {
    switch (body.kind) {
      case 'gone':
        return undefined;
      case 'too_large':
        return refusal(413, 'too_large', `the body is larger than ${MAX_BODY_BYTES} bytes`);
      case 'not_json':
        return refusal(400, 'bad_request', `the body ${body.message}`);
      case 'json':
    }
    if (route.patient) request.socket.setTimeout(0);
    try {
      return await route.answer(this.#context, { parameters, body: body.value });
    } catch (error) {
      const told = refusalOf(error);
      if (told !== undefined && told.status < 500) return told;
      this.#options.logger.error(`cannot answer ${route.method} ${route.path}: ${errorMessage(error)}`);
      return told ?? refusal(500, 'internal', 'this could not be done; the log of procmond says why');
    }
  }

  /** Takes a piece only when the client has room for it; whoever goes away ends the stream. */
  async #writeStream(route: Route, response: ServerResponse, reply: StreamReply): Promise<void> {
    const { type, headers, pieces, endless } = reply;
    if (response.destroyed) {
      endless?.end();
      return;
    }
    const stream = endless && { route, response, end: () => endless.end() };
    if (stream !== undefined) {
      this.#endless.add(stream);
      response.once('close', stream.end);
    }
    try {
      response.writeHead(200, { ...HEADERS, 'Content-Type': type, ...headers });
      // So that whoever subscribes knows that it has, though nothing has happened yet.
      response.flushHeaders();
      for await (const piece of pieces) {
        if (response.destroyed) return;
        if (response.write(piece)) continue;
        const stalled = stream && setTimeout(() => this.#stalled.add(stream), this.#stallMillis);
        await drainedOrClosed(response);
        clearTimeout(stalled);
        if (stream !== undefined) this.#stalled.delete(stream);
      }
      response.end();
    } finally {
      if (stream !== undefined) this.#endless.delete(stream);
    }
  }
}

const HEADERS = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' };

const CLIENT_ERROR_STATUS: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

function findRoute(method: string, path: string): { readonly route: Route } | JsonReply {
  const atPath = ROUTES.filter((route) => route.path === path);
  const route = atPath.find((one) => one.method === method);
  if (route !== undefined) return { route };
  if (atPath.length > 0) {
    const allow = atPath.map((one) => one.method).join(', ');
    return { ...refusal(405, 'method_not_allowed', `${path} takes ${allow}`), headers: { Allow: allow } };
  }
  const paths = ROUTES.map((one) => `${one.method} ${one.path}: ${one.summary}`);
  const error = { code: 'not_found', message: 'there is no such path; "paths" tells those there are', paths };
  return { status: 404, body: { error } };
}

function writeJson(response: ServerResponse, { status, body, headers }: JsonReply): void {
  const text = `${jsonText(body, 2)}\n`;
  response.writeHead(status, {
    ...HEADERS,
    'Content-Type': JSON_TYPE,
    'Content-Length': Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
}

/** Leaves nothing behind on the response: a stream may wait like this for weeks. */
async function drainedOrClosed(response: ServerResponse): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const events = ['drain', 'close'];
  for (const event of events) response.once(event, resolve);
  await promise;
  for (const event of events) response.off(event, resolve);
}
