/** The answer about a text that should be a URL log records can be posted to. */
export type EndpointResult =
  | { readonly ok: true; readonly url: string }
  | { readonly ok: false; readonly reason: string };

/**
 * The URL of the logs signal below a base URL: `/v1/logs` is appended unless the path ends with it already; the query
 * stays (source: OTLP specification, "OTLP/HTTP Request").
 */
export function logsUrlBelow(base: string): EndpointResult {
  const url = httpUrl(base);
  if (!(url instanceof URL)) return url;
  const path = withoutTrailingSlashes(url.pathname);
  url.pathname = path.endsWith(LOGS_PATH) ? path : `${path}${LOGS_PATH}`;
  return { ok: true, url: url.href };
}

/** A URL taken whole, as OTEL_EXPORTER_OTLP_LOGS_ENDPOINT is (source: OpenTelemetry "OTLP exporter configuration"). */
export function wholeLogsUrl(text: string): EndpointResult {
  const url = httpUrl(text);
  return url instanceof URL ? { ok: true, url: url.href } : url;
}

/** What is odd about a usable logs URL: a sentence for a warning, without secrets; undefined when nothing is. */
export function endpointWarning(logsUrl: string): string | undefined {
  const url = new URL(logsUrl);
  if (url.port !== GRPC_PORT) return undefined;
  return `the endpoint's port ${GRPC_PORT} usually speaks OTLP/gRPC (${url.hostname}); procmond sends OTLP/HTTP with JSON, usually on port 4318`;
}

/** Whether a URL carries user and password. */
export function hasUserInfo(url: string): boolean {
  const { username, password } = new URL(url);
  return username !== '' || password !== '';
}

const LOGS_PATH = '/v1/logs';
const GRPC_PORT = '4317';

/** An expression would try at each slash anew, in time quadratic to their number. */
function withoutTrailingSlashes(path: string): string {
  let end = path.length;
  while (path[end - 1] === '/') end -= 1;
  return path.slice(0, end);
}

function httpUrl(text: string): URL | Extract<EndpointResult, { ok: false }> {
  const url = URL.parse(text);
  // "localhost:4318" parses, with the scheme "localhost:".
  if (!text.includes('://'))
    return { ok: false, reason: 'has no scheme: http:// or https:// must stand before the host' };
  if (url === null) return { ok: false, reason: 'is not a URL' };
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return { ok: false, reason: `has the scheme ${url.protocol}//, but procmond speaks OTLP over http and https only` };
  }
  url.hash = '';
  return url;
}
