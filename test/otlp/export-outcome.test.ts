import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EXPORT_FAILURE_REASONS } from '../../src/base/observer.ts';
import { type ExportAttempt, type ExportOutcome, exportOutcome } from '../../src/otlp/export-outcome.ts';
import type { HttpResponse } from '../../src/otlp/http-exchange.ts';

const ENDPOINT = 'http://collector:4318/v1/logs';

describe('an answer with a status', () => {
  const cases: readonly [number, ExportOutcome['kind'], string][] = [
    [301, 'retry', 'redirected'],
    [302, 'retry', 'redirected'],
    [304, 'retry', 'redirected'],
    [307, 'retry', 'redirected'],
    [308, 'retry', 'redirected'],
    [400, 'refused', 'rejected'],
    [401, 'retry', 'unauthorized'],
    [402, 'retry', 'other'],
    [403, 'retry', 'forbidden'],
    [404, 'retry', 'not_found'],
    [405, 'retry', 'not_found'],
    [407, 'retry', 'other'],
    [408, 'retry', 'timeout'],
    [411, 'retry', 'other'],
    [413, 'too_large', 'too_large'],
    [415, 'retry', 'not_otlp'],
    [422, 'refused', 'rejected'],
    [429, 'retry', 'throttled'],
    [431, 'retry', 'other'],
    [499, 'retry', 'other'],
    [500, 'retry', 'server_error'],
    [501, 'retry', 'server_error'],
    [502, 'retry', 'unavailable'],
    [503, 'retry', 'unavailable'],
    [504, 'retry', 'unavailable'],
    [505, 'retry', 'server_error'],
    [599, 'retry', 'server_error'],
    [600, 'retry', 'server_error'],
  ];
  for (const [status, kind, reason] of cases) {
    test(`${status} is ${kind}, ${reason}`, () => {
      const outcome = failure(answered({ status, body: 'the reason' }));
      assert.deepEqual([outcome.kind, outcome.reason], [kind, reason]);
      assert.ok(outcome.message.startsWith(`${ENDPOINT} answered ${status} (the reason)`), outcome.message);
    });
  }
});

describe('a refusal that names the size', () => {
  const cases: readonly [number, string, 'too_large' | 'refused'][] = [
    [400, 'http: request body too large', 'too_large'],
    [400, 'Request Entity Too Large', 'too_large'],
    [422, 'message too large', 'too_large'],
    [400, 'invalid UTF-8', 'refused'],
    [413, '', 'too_large'],
  ];
  for (const [status, body, kind] of cases) {
    test(`(${status} ${JSON.stringify(body)}) is ${kind}`, () => {
      assert.equal(failure(answered({ status, body })).kind, kind);
    });
  }
});

describe('a 2xx', () => {
  const accepted: readonly [string, Partial<HttpResponse>][] = [
    ['with an empty body', { body: '', contentType: undefined }],
    ['with an empty body said to be HTML', { body: '', contentType: 'text/html' }],
    ['in JSON', { body: '{}', contentType: 'application/json' }],
    ['in JSON with a character set', { body: '{"partialSuccess":{}}', contentType: 'Application/JSON; charset=utf-8' }],
    ['in JSON that nobody can read', { body: '{"partial', contentType: 'application/json' }],
    ['in JSON that is no object', { body: '[]', contentType: 'application/json' }],
    ['in protobuf', { body: '\u0008\u0001', contentType: 'application/x-protobuf' }],
    ['204', { status: 204, body: '' }],
    ['202 in JSON', { status: 202, body: '{}', contentType: 'application/json' }],
    [
      'with a warning and nothing refused',
      { body: '{"partialSuccess":{"errorMessage":"old client"}}', contentType: 'application/json' },
    ],
  ];
  for (const [what, response] of accepted) {
    test(`${what} is accepted whole`, () => {
      const outcome = exportOutcome(answered(response));
      assert.ok(outcome.kind === 'accepted');
      assert.equal(outcome.rejected, 0);
    });
  }

  const doubtful: readonly [string, Partial<HttpResponse>, string][] = [
    ['in HTML', { body: '<html>', contentType: 'text/html; charset=utf-8' }, 'text/html'],
    ['in plain text', { body: 'ok', contentType: 'text/plain' }, 'text/plain'],
    ['of no said type', { body: 'hello', contentType: undefined }, 'something without a content type'],
  ];
  for (const [what, response, named] of doubtful) {
    test(`${what} is no success: this is no OTLP receiver`, () => {
      const outcome = failure(answered(response));
      assert.deepEqual([outcome.kind, outcome.reason], ['retry', 'not_otlp']);
      assert.match(outcome.message, new RegExp(`answered 200 with ${named}`));
    });
  }

  test('that the exporter takes for a failure is none', () => {
    assert.equal(exportOutcome({ ...answered({}), error: new Error('too long') }).kind, 'retry');
  });

  const partial: readonly [string, number, string | undefined][] = [
    ['{"partialSuccess":{"rejectedLogRecords":"3","errorMessage":"bad"}}', 3, 'bad'],
    ['{"partialSuccess":{"rejectedLogRecords":3}}', 3, undefined],
    ['{"partialSuccess":{"rejectedLogRecords":"-3"}}', 0, undefined],
    ['{"partialSuccess":{"rejectedLogRecords":"three"}}', 0, undefined],
    ['{"partialSuccess":{"rejectedLogRecords":1.5}}', 0, undefined],
    ['{"partialSuccess":null}', 0, undefined],
    ['null', 0, undefined],
    ['3', 0, undefined],
  ];
  for (const [body, rejected, message] of partial) {
    test(`${body} has refused ${rejected} for good`, () => {
      assert.deepEqual(exportOutcome(answered({ body, contentType: 'application/json' })), {
        kind: 'accepted',
        rejected,
        message,
      });
    });
  }
});

describe('no answer', () => {
  const cases: readonly [string, string, string][] = [
    ['ECONNREFUSED', 'refused', 'no OpenTelemetry Collector listens there'],
    ['ENOTFOUND', 'dns', 'cannot be resolved'],
    ['EAI_AGAIN', 'dns', 'cannot be resolved'],
    ['ECONNRESET', 'reset', 'closed the connection'],
    ['EPIPE', 'reset', 'closed the connection'],
    ['ETIMEDOUT', 'timeout', 'cannot be reached'],
    ['EHOSTUNREACH', 'timeout', 'cannot be reached'],
    ['ENETUNREACH', 'timeout', 'cannot be reached'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'tls', 'name its CA in OTEL_EXPORTER_OTLP_CERTIFICATE'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls', 'name its CA in OTEL_EXPORTER_OTLP_CERTIFICATE'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls', 'name its CA in OTEL_EXPORTER_OTLP_CERTIFICATE'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'tls', 'name its CA in OTEL_EXPORTER_OTLP_CERTIFICATE'],
    ['CERT_SIGNATURE_FAILURE', 'tls', 'name its CA in OTEL_EXPORTER_OTLP_CERTIFICATE'],
    ['CERT_HAS_EXPIRED', 'tls', 'has expired'],
    ['CERT_NOT_YET_VALID', 'tls', 'the clock of this host'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls', 'of another name'],
    ['HOSTNAME_MISMATCH', 'tls', 'of another name'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls', 'the scheme'],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'tls', 'set OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE'],
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'tls', 'check OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE'],
    ['ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE', 'tls', 'check OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE'],
    ['EPROTO', 'tls', 'the scheme'],
    ['INVALID_CA', 'tls', 'OTEL_EXPORTER_OTLP_CERTIFICATE'],
    ['HPE_INVALID_CONSTANT', 'not_otlp', 'port 4318'],
    ['EACCES', 'other', 'not today'],
  ];
  for (const [code, reason, hint] of cases) {
    test(`because of ${code} is worth another try and is called ${reason}`, () => {
      const outcome = failure({ ...unanswered(undefined), networkError: { code, message: 'not today' } });
      assert.deepEqual([outcome.kind, outcome.reason], ['retry', reason]);
      assert.ok(outcome.message.startsWith(ENDPOINT) && outcome.message.includes(hint), outcome.message);
    });
  }

  const odd: readonly [string, ExportAttempt, string, string][] = [
    ['within its time', { ...unanswered(undefined), timedOutMillis: 10_000 }, 'timeout', 'did not answer within 10 s'],
    ['but the head of one', { ...answered({}), timedOutMillis: 30_000 }, 'timeout', 'began to answer, but did not end'],
    ['that is known of', unanswered(undefined), 'other', 'no answer'],
    ['before the end', unanswered(new Error('procmond had to stop')), 'other', 'procmond had to stop'],
  ];
  for (const [what, attempt, reason, says] of odd) {
    test(`${what} is worth another try and is called ${reason}`, () => {
      const outcome = failure(attempt);
      assert.deepEqual([outcome.kind, outcome.reason], ['retry', reason]);
      assert.ok(outcome.message.includes(says), outcome.message);
    });
  }

  test('because the request could not even be made is called by what was thrown', () => {
    const thrown = Object.assign(new Error('ee key too small'), { code: 'ERR_SSL_EE_KEY_TOO_SMALL' });
    assert.equal(failure(unanswered(thrown)).reason, 'tls');
  });

  test('because TLS 1.2 has no word for a missing certificate may be because of that', () => {
    const networkError = { code: 'EPROTO', message: 'write EPROTO 40:error:0A000410:ssl/tls alert handshake failure:' };
    assert.match(failure({ ...unanswered(undefined), networkError }).message, /may want a client certificate/);
  });

  test('after a TLS handshake may be because of the certificate that was shown', () => {
    const networkError = { code: 'ECONNRESET', message: 'socket hang up' };
    const attempt = { ...unanswered(undefined), networkError };
    assert.doesNotMatch(failure(attempt).message, /CERTIFICATE/);
    const secure = failure({ ...attempt, endpoint: 'https://collector:4318/v1/logs' });
    assert.deepEqual([secure.reason, /CLIENT_CERTIFICATE/.test(secure.message)], ['reset', true]);
  });
});

describe('an answer that breaks off', () => {
  const networkError = { code: 'ECONNRESET', message: 'aborted' };
  const error = new Error('aborted');

  test('counts when it said no: who refuses before it has read everything may cut the connection too', () => {
    const refusal = answered({ status: 413, complete: false });
    assert.equal(failure({ ...refusal, networkError, error }).kind, 'too_large');
  });

  test('counts when it said yes in the words of OTLP', () => {
    const yes = answered({ contentType: 'application/json', body: '{"partial', complete: false });
    assert.equal(exportOutcome(yes).kind, 'accepted');
  });

  test('is no success when nobody knows what it would have said', () => {
    for (const contentType of ['text/html', undefined]) {
      assert.equal(failure(answered({ contentType, complete: false })).reason, 'not_otlp');
    }
  });

  test('before it had a status is a connection that was closed', () => {
    assert.equal(failure({ ...answered({}), networkError, error }).reason, 'reset');
  });
});

describe('a redirect', () => {
  const cases: readonly [string | undefined, string][] = [
    ['https://user:pass@login.example/otlp?token=s3cret', 'redirects to https://login.example/otlp: give that address'],
    ['/elsewhere', 'give the address it redirects to'],
    [undefined, 'give the address it redirects to'],
  ];
  for (const [location, says] of cases) {
    test(`to ${location} says where to, and nothing secret`, () => {
      const { message } = failure(answered({ status: 302, location }));
      assert.ok(message.includes(says), message);
      assert.doesNotMatch(message, /s3cret|pass/);
    });
  }
});

describe("a date to wait for is one of the endpoint's clock", () => {
  const retryAfter = new Date(100_000).toUTCString();
  for (const [date, expected] of [
    [undefined, 100_000],
    [new Date(70_000).toUTCString(), 30_000],
    ['nonsense', 100_000],
  ] as const) {
    test(`which shows ${date}`, () => {
      const outcome = exportOutcome(answered({ status: 503, retryAfter, date }));
      assert.equal(outcome.kind === 'retry' && outcome.retryAfterMillis, expected);
    });
  }
});

describe('how long the endpoint asks to wait', () => {
  const cases: readonly [number, string | undefined, number | undefined][] = [
    [503, '7', 7_000],
    [429, '100000', 300_000],
    [503, '-5', undefined],
    [503, 'nonsense', undefined],
    [503, undefined, undefined],
    [500, '7', 7_000],
  ];
  for (const [status, retryAfter, expected] of cases) {
    test(`with ${status} and Retry-After ${retryAfter} is ${expected} ms`, () => {
      const outcome = exportOutcome(answered({ status, retryAfter }));
      assert.ok(outcome.kind === 'retry');
      assert.equal(outcome.retryAfterMillis, expected);
    });
  }
});

test('quotes no more than a short, printable piece of what was said', () => {
  const { message } = failure(answered({ status: 500, body: `\u001b[31mred\u0000\r\n${'long '.repeat(100)}` }));
  assert.match(message, /^[\x20-\x7e]+$/);
  assert.ok(message.length < 250);
});

test('keeps no more of the message of a partial success', () => {
  const body = JSON.stringify({ partialSuccess: { rejectedLogRecords: 1, errorMessage: 'long '.repeat(1_000) } });
  const outcome = exportOutcome(answered({ body, contentType: 'application/json' }));
  assert.ok(outcome.kind === 'accepted' && (outcome.message ?? '').length < 250);
});

test('knows no reason that is not in the table of reasons', () => {
  for (let status = 300; status < 600; status++) {
    assert.ok((EXPORT_FAILURE_REASONS as readonly string[]).includes(failure(answered({ status })).reason));
  }
});

function answered(response: Partial<HttpResponse>): ExportAttempt {
  return {
    error: undefined,
    networkError: undefined,
    timedOutMillis: undefined,
    endpoint: ENDPOINT,
    nowMillis: 0,
    response: {
      status: 200,
      retryAfter: undefined,
      date: undefined,
      contentType: undefined,
      location: undefined,
      body: '',
      complete: true,
      ...response,
    },
  };
}

function unanswered(error: Error | undefined): ExportAttempt {
  return { ...answered({}), response: undefined, error };
}

function failure(attempt: ExportAttempt) {
  const outcome = exportOutcome(attempt);
  assert.ok(outcome.kind !== 'accepted');
  return outcome;
}
