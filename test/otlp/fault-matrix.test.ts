import assert from 'node:assert/strict';
import diagnosticsChannel from 'node:diagnostics_channel';
import dns from 'node:dns';
import { EventEmitter, once } from 'node:events';
import { describe, type TestContext, test } from 'node:test';
import type { ExportFailureReason } from '../../src/base/observer.ts';
import { isPoison, poison, TEST_TOPIC, things } from '../fake/committed-events.ts';
import { DeliveringDaemon } from '../fake/delivering-daemon.ts';
import {
  ACCEPT,
  LOGIN_PAGE,
  OtlpEndpoint,
  partialSuccess,
  refusing,
  type Step,
  status,
} from '../fake/otlp-endpoint.ts';

/** How long the endpoint may take with OTEL_EXPORTER_OTLP_TIMEOUT as it is by default. */
const WATCHDOG_MILLIS = 30_000;

/** Whole seconds, as HTTP has them. */
const NOW_SECONDS = Math.floor(Date.now() / 1000);

const inSeconds = (seconds: number) => new Date((NOW_SECONDS + seconds) * 1000).toUTCString();

interface Fault {
  readonly fault: string;
  /** What the endpoint does with every request, until it is well again. */
  readonly answer: Step;
  readonly reason: ExportFailureReason;
  /** What the log, `status` and `outbox` say, behind the address of the endpoint. */
  readonly says: RegExp;
  /** How often the endpoint is asked before a pause, and how many of these count as failures; once by default. */
  readonly requests?: number;
  readonly failures?: number;
  /** How long the pause is; the first one of ours is a second. */
  readonly pauseMillis?: number;
  /** What comes twice: all of it where the endpoint took it without saying so, one where it is asked whether it is well. */
  readonly repeats?: 'what it took' | 'a probe';
  /** It keeps the request, until the watchdog cuts it. */
  readonly hangs?: 'before an answer' | 'in its answer';
}

const wait = (value: string): Readonly<Record<string, string>> => ({ 'retry-after': value });

/** Whatever the endpoint does here, all records stay, in order, and none is put aside. */
const FAULTS: readonly Fault[] = [
  {
    fault: '200 with the page of a captive portal',
    answer: LOGIN_PAGE,
    reason: 'not_otlp',
    says: /answered 200 with text\/html: this is no OTLP receiver/,
  },
  {
    fault: '302',
    answer: status(302, '', { location: 'https://login.example/start?token=s3cret' }),
    reason: 'redirected',
    says: /answered 302, and redirects to https:\/\/login\.example\/start: give that address/,
  },
  {
    fault: '400 for everything',
    answer: status(400, 'Client sent an HTTP request to an HTTPS server.'),
    reason: 'rejected',
    says: /answered 400 \(Client sent an HTTP request to an HTTPS server\.\)/,
    // All three, the first, the other two, and each of those.
    requests: 5,
    failures: 5,
    repeats: 'a probe',
  },
  {
    fault: '400 "request body too large", however small it is',
    answer: status(400, 'http: request body too large'),
    reason: 'too_large',
    says: /answered 400 \(http: request body too large\)/,
    requests: 5,
    failures: 5,
    repeats: 'a probe',
  },
  {
    fault: '401',
    answer: status(401, 'who?'),
    reason: 'unauthorized',
    says: /401 \(who\?\): check OTEL_EXPORTER_OTLP_HEADERS/,
  },
  { fault: '403', answer: status(403), reason: 'forbidden', says: /403: check the rights of the credentials/ },
  { fault: '404', answer: status(404), reason: 'not_found', says: /404: check the path of the endpoint/ },
  {
    fault: '413, however small it is',
    answer: status(413),
    reason: 'too_large',
    says: /413/,
    requests: 5,
    failures: 5,
    repeats: 'a probe',
  },
  { fault: '429 without Retry-After', answer: status(429), reason: 'throttled', says: /429/ },
  { fault: '429 with Retry-After 0', answer: status(429, '', wait('0')), reason: 'throttled', says: /429/ },
  { fault: '429 with Retry-After 1', answer: status(429, '', wait('1')), reason: 'throttled', says: /429/ },
  {
    fault: '429 with Retry-After 60',
    answer: status(429, '', wait('60')),
    reason: 'throttled',
    says: /429/,
    pauseMillis: 60_000,
  },
  {
    fault: '429 with an HTTP date',
    answer: status(429, '', { date: inSeconds(0), ...wait(inSeconds(90)) }),
    reason: 'throttled',
    says: /429/,
    pauseMillis: 90_000,
  },
  { fault: '429 with nonsense', answer: status(429, '', wait('soon')), reason: 'throttled', says: /429/ },
  {
    fault: '503 without Retry-After',
    answer: status(503, 'sending queue is full'),
    reason: 'unavailable',
    says: /answered 503 \(sending queue is full\)/,
  },
  { fault: '503 with Retry-After 0', answer: status(503, '', wait('0')), reason: 'unavailable', says: /503/ },
  { fault: '503 with Retry-After 1', answer: status(503, '', wait('1')), reason: 'unavailable', says: /503/ },
  {
    fault: '503 with Retry-After 60',
    answer: status(503, '', wait('60')),
    reason: 'unavailable',
    says: /503/,
    pauseMillis: 60_000,
  },
  {
    fault: '503 with Retry-After of a day',
    answer: status(503, '', wait('86400')),
    reason: 'unavailable',
    says: /503/,
    pauseMillis: 300_000,
  },
  {
    fault: '503 with an HTTP date',
    answer: status(503, '', { date: inSeconds(0), ...wait(inSeconds(90)) }),
    reason: 'unavailable',
    says: /503/,
    pauseMillis: 90_000,
  },
  {
    fault: '503 with an HTTP date that is over',
    answer: status(503, '', wait(inSeconds(-3_600))),
    reason: 'unavailable',
    says: /503/,
  },
  { fault: '503 with nonsense', answer: status(503, '', wait('soon')), reason: 'unavailable', says: /503/ },
  { fault: '500', answer: status(500, 'oops'), reason: 'server_error', says: /500 \(oops\)/ },
  {
    fault: 'connection cut before the body was taken',
    answer: { kind: 'cut_before' },
    reason: 'reset',
    says: /closed the connection \(ECONNRESET\)/,
    // The first time over a connection that had been kept open, which says nothing.
    requests: 2,
  },
  {
    fault: 'connection cut after the body was taken',
    answer: { kind: 'cut_after' },
    reason: 'reset',
    says: /closed the connection \(ECONNRESET\)/,
    requests: 2,
    repeats: 'what it took',
  },
  {
    fault: 'headers and then a drip',
    answer: { kind: 'drip', everyMillis: 5 },
    reason: 'timeout',
    says: /began to answer, but did not end, within 30 s/,
    repeats: 'what it took',
    hangs: 'in its answer',
  },
  {
    fault: 'no answer',
    answer: { kind: 'silent' },
    reason: 'timeout',
    says: /did not answer within 30 s/,
    hangs: 'before an answer',
  },
];

describe('what stands in the way', () => {
  for (const row of FAULTS) {
    test(`${row.fault}: keeps all, is counted as ${row.reason}, told once, and forgotten when it is over`, async (t) => {
      const answers = new SeenAnswers(t);
      const { endpoint, daemon } = await flowing(t);
      endpoint.otherwise = () => row.answer;
      const asked = endpoint.attempts;
      daemon.commit(things(3));
      await assertStandsInTheWay(daemon, { ...row, endpoint, answers, attempts: 1 });
      assert.equal(endpoint.attempts - asked, row.requests ?? 1, 'never in a loop of the exporter');

      await daemon.endPause();
      await assertStandsInTheWay(daemon, { ...row, endpoint, answers, attempts: 2 });

      endpoint.otherwise = () => ACCEPT;
      await daemon.endPause(2);
      await assertWellAgain(daemon, endpoint, [2, 3, 4]);
      const { takenSeqs } = endpoint;
      assert.deepEqual([...new Set(takenSeqs)], [1, 2, 3, 4]);
      assert.equal(new Set(endpoint.taken.map(({ content }) => content)).size, 4, 'what came again is the same');
      if (row.repeats !== 'what it took') assert.equal(takenSeqs.length, row.repeats === undefined ? 4 : 5);
    });
  }

  test('an address that refuses connections: keeps all, is counted as refused, told once, and forgotten', async (t) => {
    const { endpoint, daemon } = await flowing(t);
    await endpoint.close();
    daemon.commit(things(3));
    const row = { reason: 'refused', says: /refuses connections \(ECONNREFUSED\)/, endpoint } as const;
    await assertStandsInTheWay(daemon, { ...row, attempts: 1 });
    await daemon.endPause();
    await assertStandsInTheWay(daemon, { ...row, attempts: 2 });
    await endpoint.reopen();
    await daemon.endPause(2);
    await assertWellAgain(daemon, endpoint, [2, 3, 4]);
    assert.deepEqual(endpoint.takenSeqs, [1, 2, 3, 4]);
  });

  test('a host name that does not resolve: keeps all, is counted as dns, told once, and forgotten', async (t) => {
    const endpoint = await OtlpEndpoint.start(t);
    const url = endpoint.url.replace('127.0.0.1', 'nowhere.invalid');
    const daemon = await DeliveringDaemon.start(t, { deliverTo: url });
    const row = { reason: 'dns', says: /has a host name that cannot be resolved/, endpoint: { url } } as const;
    await assertStandsInTheWay(daemon, { ...row, attempts: 1, waiting: 1 });
    await daemon.endPause();
    await assertStandsInTheWay(daemon, { ...row, attempts: 2, waiting: 1 });

    const asked = resolveAll(t);
    await daemon.endPause(2);
    await Promise.race([daemon.emptied(), daemon.blocked(3)]);
    assert.deepEqual(asked, ['nowhere.invalid']);
    assert.deepEqual(endpoint.takenSeqs, [1]);
    assert.deepEqual(daemon.agent.logger.messages('info').slice(-1), [`${url} accepts records again`]);
    assert.deepEqual(await daemon.metric('procmond_export_blocked'), {});
    assert.match(daemon.status, /^outbox +empty: everything was delivered$/m);
  });
});

describe('what does not stand in the way', () => {
  test('a slow answer: everything is sent once, and nobody complains', async (t) => {
    const { endpoint, daemon } = await flowing(t);
    const [ready, letGo] = gate();
    endpoint.next({ kind: 'held', until: ready, answer: ACCEPT });
    daemon.commit(things(3));
    await endpoint.until(() => endpoint.requests.length === 2);
    daemon.agent.clock.advance(WATCHDOG_MILLIS - 1);
    assert.equal(daemon.waiting, 3, 'it stays until there is an answer');
    letGo();
    await daemon.emptied();
    assert.deepEqual(endpoint.takenSeqs, [1, 2, 3, 4]);
    assert.deepEqual(await daemon.metric('procmond_export_failures_total'), {});
    assert.deepEqual(complaints(daemon), []);
  });

  test('partial success: what was refused is counted, told, and not sent again', async (t) => {
    const { endpoint, daemon } = await flowing(t);
    endpoint.next(partialSuccess(2, 'too old'));
    daemon.commit(things(3));
    await daemon.emptied();
    assert.equal(endpoint.attempts, 2);
    await assertCounts(daemon, { acknowledged: 1, rejected: 2, failures: {}, blocked: {} });
    assert.deepEqual(complaints(daemon), [
      `error ${endpoint.url} accepted a batch but refused 2 of its 3 records for good (sequence numbers 2 to 4): too old`,
    ]);
    assert.match(daemon.status, /^outbox +empty: everything was delivered$/m);
    assert.match(daemon.status, /^events +4 committed, 2 delivered, 2 refused, 0 given up since the start$/m);
  });

  test('400 for one poison record: it alone is put aside, told and counted, the others are delivered', async (t) => {
    const { endpoint, daemon } = await flowing(t);
    endpoint.otherwise = () => refusing(isPoison, status(400, 'unknown attribute'));
    daemon.commit([...things(3), poison(), ...things(4)]);
    await daemon.emptied();
    assert.deepEqual(endpoint.takenSeqs, [1, 2, 3, 4, 6, 7, 8, 9]);
    assert.deepEqual(
      daemon.agent.store.outbox.deadLetters.all().map(({ seq }) => seq),
      [5],
    );
    const said = `${endpoint.url} answered 400 (unknown attribute)`;
    assert.deepEqual(complaints(daemon), [`error record 5 on ${TEST_TOPIC} was put in the dead-letter table: ${said}`]);
    // The eight of them, the half with it, the quarter, the record; and once more after another had been accepted.
    await assertCounts(daemon, { acknowledged: 7, rejected: 1, failures: { rejected: 5 }, blocked: {} });
    assert.ok(daemon.status.includes(`1 record refused for good: ${said}; procmond outbox retry sends`), daemon.status);
  });

  test('400 "request body too large" for a large batch: it goes in smaller ones, in order', async (t) => {
    const { endpoint, daemon } = await flowing(t);
    const tooLarge = status(400, 'http: request body too large');
    endpoint.otherwise = () => (request) => (request.records.length > 2 ? tooLarge : ACCEPT);
    daemon.commit(things(7));
    await daemon.emptied();
    assert.deepEqual(endpoint.takenSeqs, [1, 2, 3, 4, 5, 6, 7, 8]);
    assert.deepEqual(complaints(daemon), []);
    const { too_large: failures } = await daemon.metric('procmond_export_failures_total');
    assert.equal(failures, 3, 'of all seven, and of both halves');
  });
});

test('an endpoint that quotes what is secret is not quoted with it, in the log, the status and the dead letters', async (t) => {
  const endpoint = await OtlpEndpoint.start(t);
  const url = `${endpoint.url.replace('//', '//user:passw0rd@')}?token=s3cret-token`;
  const daemon = await DeliveringDaemon.start(t, { deliverTo: url });
  await daemon.emptied();
  const quoting = status(400, 'no s3cret-token of user passw0rd here');
  endpoint.otherwise = () => refusing(isPoison, quoting);
  daemon.commit([poison(), ...things(2)]);
  await daemon.emptied();
  endpoint.otherwise = () => status(401, 'no s3cret-token of user passw0rd here');
  daemon.commit(things(1));
  await daemon.blocked();
  const dead = daemon.agent.store.outbox.deadLetters.all().map(({ reason }) => reason);
  const told = [...complaints(daemon), ...dead, daemon.status].join('\n');
  assert.match(told, /answered 400 \(no \*\*\* of user \*\*\* here\)/);
  assert.match(told, /blocked +\S+ answered 401 \(no \*\*\* of user \*\*\* here\)/);
  assert.doesNotMatch(told, /s3cret|passw0rd/);
});

/** A daemon whose first record has arrived: its connection is open, and nothing stands in its way. */
async function flowing(t: TestContext) {
  const endpoint = await OtlpEndpoint.start(t);
  const daemon = await DeliveringDaemon.start(t, { deliverTo: endpoint.url });
  await daemon.emptied();
  assert.deepEqual(endpoint.takenSeqs, [1]);
  return { endpoint, daemon };
}

/** From now on the resolver of Node.js finds every name, on this host. @returns the names it is asked for */
function resolveAll(t: TestContext): readonly string[] {
  const asked: string[] = [];
  const found = { address: '127.0.0.1', family: 4 };
  t.mock.method(dns, 'lookup', (name: string, _: dns.LookupAllOptions, answer: LookupAnswer) => {
    asked.push(name);
    process.nextTick(answer, null, [found]);
  });
  return asked;
}

type LookupAnswer = (error: null, addresses: readonly dns.LookupAddress[]) => void;

interface Expected extends Pick<Fault, 'reason' | 'says' | 'failures' | 'pauseMillis' | 'hangs'> {
  readonly endpoint: Pick<OtlpEndpoint, 'url'> & Partial<OtlpEndpoint>;
  readonly answers?: SeenAnswers;
  readonly attempts: number;
  readonly waiting?: number;
}

/** How many answers have begun to arrive at this process. */
class SeenAnswers {
  #count = 0;
  readonly #changes = new EventEmitter();

  constructor(t: TestContext) {
    const saw = () => {
      this.#count += 1;
      this.#changes.emit('change');
    };
    diagnosticsChannel.subscribe('http.client.response.finish', saw);
    t.after(() => diagnosticsChannel.unsubscribe('http.client.response.finish', saw));
  }

  async reached(count: number): Promise<void> {
    while (this.#count < count) await once(this.#changes, 'change');
  }
}

async function assertStandsInTheWay(daemon: DeliveringDaemon, expected: Expected): Promise<void> {
  const { endpoint, reason, attempts, waiting = 3 } = expected;
  const { clock, store } = daemon.agent;
  if (expected.hangs) {
    await endpoint.until?.(() => endpoint.requests?.length === 1 + attempts);
    if (expected.hangs === 'in its answer') await expected.answers?.reached(1 + attempts);
    clock.advance(await clock.sleeping((millis) => millis === WATCHDOG_MILLIS));
  }
  const block = await daemon.blocked(attempts);
  assert.equal(block.reason, reason);
  assert.ok(block.message.startsWith(`${endpoint.url} `), block.message);
  assert.match(block.message, expected.says);
  if (attempts === 1) assert.equal(block.pauseMillis, expected.pauseMillis ?? 1_000);
  else assert.ok(block.pauseMillis >= Math.max(1_000, expected.pauseMillis ?? 0), `${block.pauseMillis}`);
  assert.deepEqual([daemon.waiting, store.outbox.deadLetters.count], [waiting, 0]);
  const failures = await daemon.metric('procmond_export_failures_total');
  assert.deepEqual(Object.keys(failures), [reason]);
  if (attempts === 1) assert.equal(failures[reason], expected.failures ?? 1);
  assert.deepEqual(await daemon.metric('procmond_export_blocked'), { [reason]: 1 });
  assert.deepEqual(complaints(daemon).slice(0, 1), [`warn records stay in the outbox: ${complainedOf(daemon)}`]);
  assert.equal(complaints(daemon).length, 1, 'once, not with every attempt');
  const { status: printed } = daemon;
  assert.match(printed, new RegExp(`^outbox +${waiting} records?, `, 'm'));
  assert.ok(printed.includes(`${block.message}; next try in ${Math.round(block.pauseMillis / 1000)} s\n`), printed);
}

function complainedOf(daemon: DeliveringDaemon): string {
  return complaints(daemon)[0]?.replace('warn records stay in the outbox: ', '') ?? '';
}

async function assertWellAgain(
  daemon: DeliveringDaemon,
  endpoint: OtlpEndpoint,
  last: readonly number[],
): Promise<void> {
  await daemon.emptied();
  assert.deepEqual(endpoint.takenSeqs.slice(-last.length), last);
  const told = daemon.agent.logger.messages('info');
  assert.deepEqual(told.slice(-1), [`${endpoint.url} accepts records again`]);
  const failures = await daemon.metric('procmond_export_failures_total');
  await assertCounts(daemon, { acknowledged: last.length, rejected: 0, failures, blocked: {} });
  assert.match(daemon.status, /^outbox +empty: everything was delivered$/m);
  assert.doesNotMatch(daemon.status, /^blocked/m);
}

async function assertCounts(
  daemon: DeliveringDaemon,
  expected: {
    readonly acknowledged: number;
    readonly rejected: number;
    readonly failures: Readonly<Record<string, number>>;
    readonly blocked: Readonly<Record<string, number>>;
  },
): Promise<void> {
  const ofTopic = async (name: string) => (await daemon.metric(name))[TEST_TOPIC] ?? 0;
  assert.deepEqual(
    {
      acknowledged: await ofTopic('procmond_events_acknowledged_total'),
      rejected: await ofTopic('procmond_events_rejected_total'),
      failures: await daemon.metric('procmond_export_failures_total'),
      blocked: await daemon.metric('procmond_export_blocked'),
    },
    expected,
  );
  assert.deepEqual(await daemon.metric('procmond_events_discarded_total'), {});
}

function complaints(daemon: DeliveringDaemon): readonly string[] {
  return daemon.agent.logger.lines.flatMap(({ level, message }) =>
    level === 'warn' || level === 'error' ? [`${level} ${message}`] : [],
  );
}

function gate(): readonly [Promise<void>, () => void] {
  const { promise, resolve } = Promise.withResolvers<void>();
  return [promise, resolve];
}
