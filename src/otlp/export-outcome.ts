import type { ExportFailureReason } from '../base/observer.ts';
import type { HttpResponse, NetworkError } from './http-exchange.ts';
import { httpDateMillis, retryAfterMillis } from './retry-policy.ts';

/** What became of one batch, and so what to do with it. */
export type ExportOutcome =
  /** Remove it. `rejected` of its records were refused for good (partial success): sending again is forbidden. */
  | { readonly kind: 'accepted'; readonly rejected: number; readonly message: string | undefined }
  /** Keep it and try again; nothing says that a record is at fault. */
  | {
      readonly kind: 'retry';
      readonly reason: ExportFailureReason;
      readonly message: string;
      readonly retryAfterMillis: number | undefined;
    }
  /** Send fewer at once. */
  | { readonly kind: 'too_large'; readonly reason: 'too_large'; readonly message: string }
  /** The request as such was refused: one record in it may be at fault, or the endpoint is not what it should be. */
  | { readonly kind: 'refused'; readonly reason: 'rejected'; readonly message: string };

export interface ExportAttempt {
  /** What the exporter called back with; undefined = success. */
  readonly error: Error | undefined;
  /** As far as it came. */
  readonly response: HttpResponse | undefined;
  readonly networkError: NetworkError | undefined;
  /** How long it may take, when it took longer. */
  readonly timedOutMillis: number | undefined;
  /** URL, without what may be secret in it. */
  readonly endpoint: string;
  readonly nowMillis: number;
}

/**
 * Judges by the HTTP answer itself (OTLP 1.x, section OTLP/HTTP response): success is a 2xx with an empty body or one in
 * JSON or protobuf, so that the page of a captive portal is none.
 */
export function exportOutcome(attempt: ExportAttempt): ExportOutcome {
  const { response, networkError, timedOutMillis } = attempt;
  if (timedOutMillis !== undefined) return timeoutOutcome(attempt, timedOutMillis);
  if (response === undefined) return networkOutcome(attempt);
  // Who refuses before it has read everything may cut the connection too: what it said counts.
  if (response.status >= 300) return statusOutcome(attempt, response);
  if (networkError !== undefined) return networkOutcome(attempt);
  return successOutcome(attempt, response);
}

function timeoutOutcome(attempt: ExportAttempt, limitMillis: number): ExportOutcome {
  const began = attempt.response === undefined ? 'did not answer' : 'began to answer, but did not end,';
  return retry(attempt, 'timeout', `${began} within ${limitMillis / 1000} s (OTEL_EXPORTER_OTLP_TIMEOUT allows more)`);
}

function successOutcome(attempt: ExportAttempt, response: HttpResponse): ExportOutcome {
  const type = response.contentType?.split(';')[0]?.trim().toLowerCase();
  const speaksOtlp = type === 'application/json' || type === 'application/x-protobuf';
  if (!speaksOtlp && (response.body !== '' || !response.complete)) {
    const what = type === undefined ? 'something without a content type' : type;
    return retry(
      attempt,
      'not_otlp',
      `answered ${response.status} with ${what}: this is no OTLP receiver (a proxy, a login page?)`,
    );
  }
  if (attempt.error !== undefined) return retry(attempt, 'other', `could not be asked: ${attempt.error.message}`);
  return { kind: 'accepted', ...partialSuccess(response.body, type) };
}

/** `{"partialSuccess":{"rejectedLogRecords":"3","errorMessage":"..."}}`; 64-bit integers are strings in protobuf's JSON. */
function partialSuccess(body: string, type: string | undefined): { rejected: number; message: string | undefined } {
  const none = { rejected: 0, message: undefined };
  if (type !== 'application/json' || body === '') return none;
  try {
    const { partialSuccess: partial } = JSON.parse(body) as {
      partialSuccess?: { rejectedLogRecords?: string | number; errorMessage?: unknown };
    };
    const rejected = Number(partial?.rejectedLogRecords ?? 0);
    const message = partial?.errorMessage;
    return {
      rejected: Number.isInteger(rejected) && rejected > 0 ? rejected : 0,
      message: typeof message === 'string' ? printable(message) : undefined,
    };
  } catch {
    // The status says accepted; a body nobody can read takes nothing back.
    return none;
  }
}

function statusOutcome(attempt: ExportAttempt, response: HttpResponse): ExportOutcome {
  const { status } = response;
  const said = `answered ${status}${excerpt(response.body)}`;
  switch (status) {
    case 400:
    case 422:
      // The OTel Collector answers 400 where 413 is meant.
      if (/too large/i.test(response.body))
        return { kind: 'too_large', reason: 'too_large', message: `${attempt.endpoint} ${said}` };
      return { kind: 'refused', reason: 'rejected', message: `${attempt.endpoint} ${said}` };
    case 408:
      return retry(attempt, 'timeout', said);
    case 413:
      return { kind: 'too_large', reason: 'too_large', message: `${attempt.endpoint} ${said}` };
    case 401:
      return retry(attempt, 'unauthorized', `${said}: check OTEL_EXPORTER_OTLP_HEADERS`);
    case 403:
      return retry(attempt, 'forbidden', `${said}: check the rights of the credentials in OTEL_EXPORTER_OTLP_HEADERS`);
    case 404:
    case 405:
      return retry(attempt, 'not_found', `${said}: check the path of the endpoint`);
    case 415:
      return retry(attempt, 'not_otlp', `${said}: it does not take OTLP as JSON`);
    case 429:
      return retry(attempt, 'throttled', said);
    case 502:
    case 503:
    case 504:
      return retry(attempt, 'unavailable', said);
    default:
      if (status >= 300 && status <= 399) return retry(attempt, 'redirected', `${said}${redirection(response)}`);
      return retry(attempt, status >= 500 ? 'server_error' : 'other', said);
  }
}

/** Where it redirects to, without what may be secret in it. */
function redirection({ location }: HttpResponse): string {
  const url = location === undefined ? null : URL.parse(location);
  if (url === null) return ': give the address it redirects to';
  const { protocol, host, pathname } = url;
  return `, and redirects to ${printable(`${protocol}//${host}${pathname}`)}: give that address if it is an OTLP receiver`;
}

function networkOutcome(attempt: ExportAttempt): ExportOutcome {
  const { networkError, error, endpoint } = attempt;
  // What is thrown before there is a connection (a key that OpenSSL finds too weak) is told by the exporter alone.
  const code = networkError?.code ?? (error !== undefined && 'code' in error ? String(error.code) : '');
  const message = networkError?.message ?? error?.message ?? 'no answer';
  switch (code) {
    case 'ECONNREFUSED':
      return retry(attempt, 'refused', 'refuses connections (ECONNREFUSED), no OpenTelemetry Collector listens there');
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return retry(attempt, 'dns', `has a host name that cannot be resolved (${code})`);
    case 'ECONNRESET':
    case 'EPIPE': {
      // After a TLS 1.3 handshake a server may only say no to the certificate of its client by hanging up.
      const advice = endpoint.startsWith('https:') ? `: does it accept this client, see ${CLIENT_CERTIFICATE}?` : '';
      return retry(attempt, 'reset', `closed the connection (${code})${advice}`);
    }
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return retry(attempt, 'timeout', `cannot be reached (${code})`);
    default:
      if (TLS_CODE.test(code)) return retry(attempt, 'tls', tlsSentence(code, message));
      if (code.startsWith('HPE_')) {
        return retry(
          attempt,
          'not_otlp',
          `does not speak HTTP/1.1 (${code}): OTLP/HTTP usually listens on port 4318, gRPC on 4317`,
        );
      }
      return retry(attempt, 'other', `could not be asked: ${message}`);
  }
}

const CLIENT_CERTIFICATE = 'OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE';

/** Codes of Node.js and of OpenSSL's X.509 verification (`UNABLE_TO_VERIFY_LEAF_SIGNATURE`, `HOSTNAME_MISMATCH`, ...). */
const TLS_CODE = /SSL|TLS|CERT|EPROTO|SIGN|ISSUER|CRL|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH/;

/** What the handshake failed of, in words where the code is one that operators meet. */
function tlsSentence(code: string, message: string): string {
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return `shows a certificate that has expired (${code}): it needs a new one`;
    case 'CERT_NOT_YET_VALID':
      return `shows a certificate that is not valid yet (${code}): is the clock of this host right?`;
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
    case 'HOSTNAME_MISMATCH':
      return `shows a certificate of another name (${code}): give the name it was made for in --endpoint`;
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'CERT_SIGNATURE_FAILURE':
      return `shows a certificate of an authority that is not trusted here (${code}): name its CA in OTEL_EXPORTER_OTLP_CERTIFICATE`;
    default:
      // Alerts of the server; TLS 1.2 has none of its own for a certificate that is missing.
      if (/certificate.required/i.test(code)) return `wants a client certificate (${code}): set ${CLIENT_CERTIFICATE}`;
      if (/ALERT.*(CERT|UNKNOWN_CA|ACCESS_DENIED)/.test(code))
        return `does not accept the client certificate (${code}): check ${CLIENT_CERTIFICATE}`;
      if (/alert handshake failure/.test(message))
        return `refused the TLS handshake (${code}): it may want a client certificate, see ${CLIENT_CERTIFICATE}`;
      return `failed the TLS handshake (${code}): check OTEL_EXPORTER_OTLP_CERTIFICATE and the scheme`;
  }
}

function retry(attempt: ExportAttempt, reason: ExportFailureReason, what: string): ExportOutcome {
  return {
    kind: 'retry',
    reason,
    message: `${attempt.endpoint} ${what}`,
    retryAfterMillis: askedWaitMillis(attempt),
  };
}

/** A date is meant by the clock of the endpoint, and this host's may be another. */
function askedWaitMillis({ response, nowMillis }: ExportAttempt): number | undefined {
  return retryAfterMillis(response?.retryAfter, httpDateMillis(response?.date) ?? nowMillis);
}

/** Of what the endpoint says, in logs and messages. */
const MAX_QUOTE_LENGTH = 160;

function excerpt(body: string): string {
  const text = printable(body);
  return text === '' ? '' : ` (${text})`;
}

function printable(text: string): string {
  const clean = text.replaceAll(/[^\x20-\x7e]+/g, ' ').trim();
  return clean.length > MAX_QUOTE_LENGTH ? `${clean.slice(0, MAX_QUOTE_LENGTH)}...` : clean;
}
