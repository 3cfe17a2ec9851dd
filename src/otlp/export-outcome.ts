import type { ExportFailureReason } from '../base/observer.ts';
import type { HttpResponse } from './http-exchange.ts';
import { retryAfterMillis } from './retry-policy.ts';

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
  /** The last answer, when there was one. */
  readonly response: HttpResponse | undefined;
  readonly networkError: Error | undefined;
  readonly timedOut: boolean;
  readonly endpoint: string;
  readonly nowMillis: number;
}

/**
 * Judges by the HTTP answer itself (OTLP 1.x, section OTLP/HTTP response): success is a 2xx with an empty body or one in
 * JSON or protobuf, so that the page of a captive portal is none.
 */
export function exportOutcome(attempt: ExportAttempt): ExportOutcome {
  const { response } = attempt;
  if (attempt.timedOut) return retry(attempt, 'timeout', 'did not answer in time');
  if (response === undefined || attempt.networkError !== undefined) return networkOutcome(attempt);
  if (response.status >= 200 && response.status <= 299) return successOutcome(attempt, response);
  return statusOutcome(attempt, response);
}

function successOutcome(attempt: ExportAttempt, response: HttpResponse): ExportOutcome {
  const type = response.contentType?.split(';')[0]?.trim().toLowerCase();
  const speaksOtlp = type === 'application/json' || type === 'application/x-protobuf';
  if (response.body !== '' && !speaksOtlp) {
    const what = type === undefined ? 'something without a content type' : type;
    return retry(
      attempt,
      'not_otlp',
      `answered ${response.status} with ${what}: this is no OTLP receiver (a proxy, a login page?)`,
    );
  }
  if (attempt.error !== undefined) return retry(attempt, 'other', attempt.error.message);
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
      message: typeof message === 'string' ? message.slice(0, MAX_QUOTE_LENGTH) : undefined,
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
      if (status >= 300 && status <= 399)
        return retry(attempt, 'redirected', `${said}: give the address it redirects to`);
      return retry(attempt, status >= 500 ? 'server_error' : 'other', said);
  }
}

function networkOutcome(attempt: ExportAttempt): ExportOutcome {
  const error = attempt.networkError ?? attempt.error;
  const code = error !== undefined && 'code' in error ? String(error.code) : '';
  switch (code) {
    case 'ECONNREFUSED':
      return retry(attempt, 'refused', 'refuses connections (ECONNREFUSED), no OpenTelemetry Collector listens there');
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return retry(attempt, 'dns', `has a host name that cannot be resolved (${code})`);
    case 'ECONNRESET':
    case 'EPIPE':
      return retry(attempt, 'reset', `closed the connection (${code})`);
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return retry(attempt, 'timeout', `cannot be reached (${code})`);
    default:
      if (TLS_CODE.test(code)) {
        return retry(
          attempt,
          'tls',
          `failed the TLS handshake (${code}): check OTEL_EXPORTER_OTLP_CERTIFICATE and the scheme`,
        );
      }
      if (code.startsWith('HPE_')) {
        return retry(
          attempt,
          'not_otlp',
          `does not speak HTTP/1.1 (${code}): OTLP/HTTP usually listens on port 4318, gRPC on 4317`,
        );
      }
      if (/timed? ?out/i.test(error?.message ?? '')) return retry(attempt, 'timeout', 'did not answer in time');
      return retry(attempt, 'other', `could not be asked: ${error?.message ?? 'no answer'}`);
  }
}

/** Codes of Node.js and of OpenSSL's X.509 verification (`UNABLE_TO_VERIFY_LEAF_SIGNATURE`, `HOSTNAME_MISMATCH`, ...). */
const TLS_CODE = /SSL|TLS|CERT|EPROTO|SIGN|ISSUER|CRL|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH/;

function retry(attempt: ExportAttempt, reason: ExportFailureReason, what: string): ExportOutcome {
  return {
    kind: 'retry',
    reason,
    message: `${attempt.endpoint} ${what}`,
    retryAfterMillis: retryAfterMillis(attempt.response?.retryAfter, attempt.nowMillis),
  };
}

/** Of what the endpoint says, in logs and messages. */
const MAX_QUOTE_LENGTH = 160;

function excerpt(body: string): string {
  const text = body.replaceAll(/[^\x20-\x7e]+/g, ' ').trim();
  if (text === '') return '';
  return ` (${text.length > MAX_QUOTE_LENGTH ? `${text.slice(0, MAX_QUOTE_LENGTH)}...` : text})`;
}
