import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { errorMessage, ProcmondError, systemErrorCode } from '../base/errors.ts';
import { closeServer, createLimitedServer, type ListenerLimits } from '../base/limited-server.ts';
import type { Logger } from '../base/logger.ts';
import type { HealthAnswer } from './health.ts';

export interface MetricsServerOptions {
  /** An address of this host, or a name that resolves to one. */
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  readonly metrics: { readonly contentType: string; render(): Promise<string> };
  readonly health: { liveness(): HealthAnswer; readiness(): HealthAnswer };
  readonly logger: Logger;
  readonly limits?: Partial<ListenerLimits>;
}

const LISTENER_LIMITS: ListenerLimits = {
  connections: 32,
  headersMillis: 5_000,
  requestMillis: 10_000,
  checkMillis: 10_000,
  silenceMillis: 10_000,
  closeMillis: 1_000,
};

/** A listener that answers /metrics, /healthz and /readyz. */
export interface MetricsServer {
  readonly host: string;
  /** The real one where 0 was asked for. */
  readonly port: number;
  readonly url: string;
  /** Resolves within `closeMillis`, when the port is free and every connection closed. May be called twice. */
  close(): Promise<void>;
}

/** @throws {ProcmondError} LISTENER_FAILED naming host, port, the reason and what to do */
export async function startMetricsServer(options: MetricsServerOptions): Promise<MetricsServer> {
  const { host, port } = options;
  const limits = { ...LISTENER_LIMITS, ...options.limits };
  const server = createLimitedServer(limits, (request, response) => void answer(request, response, options));
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    throw new ProcmondError('LISTENER_FAILED', listenProblem(error, host, port), { cause: error });
  }
  server.on('error', (error) => options.logger.warn(`the metrics listener goes on after: ${errorMessage(error)}`));
  const address = server.address();
  const realPort = typeof address === 'object' && address !== null ? address.port : port;
  let closed: Promise<void> | undefined;
  return {
    host,
    port: realPort,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${realPort}`,
    close: () => (closed ??= closeServer(server, limits.closeMillis)),
  };
}

function listenProblem(error: unknown, host: string, port: number): string {
  return `cannot listen for metrics on ${host} port ${port}: ${listenReason(error)}`;
}

function listenReason(error: unknown): string {
  switch (systemErrorCode(error)) {
    case 'EADDRINUSE':
      return 'something listens there already, perhaps another procmond; stop it, or choose a port with --metrics-port (--metrics-port 0 takes any free one)';
    case 'EACCES':
      return 'this user may not listen on that port; choose one above 1023 with --metrics-port (--metrics-port 0 takes any free one)';
    case 'EADDRNOTAVAIL':
    case 'EINVAL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `that is no address of this host (${errorMessage(error)}); choose one with --metrics-host`;
    default:
      return `${errorMessage(error)}; choose another address with --metrics-host and --metrics-port`;
  }
}

interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly allow?: string;
}

const PLAIN = 'text/plain; charset=utf-8';

const INDEX = `procmond
/metrics  metrics in the text format of Prometheus
/healthz  200 while the loop lives
/readyz   200 while the last commit is fresh
`;

const ROUTES = new Map<string, (options: MetricsServerOptions) => Reply | Promise<Reply>>([
  ['/', () => ({ status: 200, type: PLAIN, body: INDEX })],
  ['/metrics', metricsReply],
  ['/healthz', ({ health }) => healthReply(health.liveness())],
  ['/readyz', ({ health }) => healthReply(health.readiness())],
]);

/** Never rejects. */
async function answer(request: IncomingMessage, response: ServerResponse, options: MetricsServerOptions) {
  const { status, type, body, allow } = await replyTo(request, options);
  // One request per connection: a scrape comes too seldom to gain from more, nobody holds a place, no body need be read.
  response.shouldKeepAlive = false;
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...(allow === undefined ? {} : { Allow: allow }),
  });
  response.end(body);
}

async function replyTo({ url = '', method }: IncomingMessage, options: MetricsServerOptions): Promise<Reply> {
  const path = url.split('?', 1)[0] ?? '';
  const route = ROUTES.get(path);
  if (route === undefined) {
    return { status: 404, type: PLAIN, body: 'Not found. There are /metrics, /healthz and /readyz.\n' };
  }
  if (method !== 'GET' && method !== 'HEAD') {
    return { status: 405, type: PLAIN, body: 'Only GET and HEAD are answered.\n', allow: 'GET, HEAD' };
  }
  try {
    return await route(options);
  } catch (error) {
    options.logger.error(`cannot answer ${path}: ${errorMessage(error)}`);
    return { status: 500, type: PLAIN, body: 'This could not be answered; the log says why.\n' };
  }
}

async function metricsReply({ metrics }: MetricsServerOptions): Promise<Reply> {
  return { status: 200, type: metrics.contentType, body: await metrics.render() };
}

function healthReply(answered: HealthAnswer): Reply {
  const status = answered.status === 'ok' ? 200 : 503;
  return { status, type: 'application/json', body: `${JSON.stringify(answered)}\n` };
}
