import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { silentLogger } from '../../src/base/logger.ts';
import type { EventLine } from '../../src/control/protocol.ts';
import { ROUTES } from '../../src/control/routes.ts';
import type { ProcessEvent } from '../../src/event/process-event.ts';
import { HOST } from '../cli/host.ts';
import { CYCLE } from '../fake/committed-cycle.ts';
import { waitUntil } from '../fake/wait-until.ts';
import { ask, startServer } from './control-socket.ts';
import { EventReader } from './event-reader.ts';
import { eventOf } from './scripted-agent.ts';

test('answers what it is asked about, as JSON', async (t) => {
  const { path, agent } = await startServer(t);
  for (const [url, expected] of [
    ['/v1/status', agent.status()],
    ['/v1/health', agent.health()],
    ['/v1/capabilities', agent.sources()],
    ['/v1/config', agent.settings()],
    ['/v1/outbox', agent.outbox()],
  ] as const) {
    const { status, headers, body } = await ask(path, 'GET', url);
    assert.deepEqual(
      [status, headers['content-type'], headers['cache-control']],
      [200, 'application/json', 'no-store'],
    );
    assert.deepEqual(body, expected);
  }
});

test('answers curl', async (t) => {
  if (spawnSync('curl', ['--version']).status !== 0) return t.skip('there is no curl');
  const { path } = await startServer(t);
  const child = spawn('curl', ['-sS', '--unix-socket', path, 'http://localhost/v1/status'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for await (const piece of child.stdout.setEncoding('utf8')) text += String(piece);
  assert.equal((JSON.parse(text) as { pid: number }).pid, 4242);
});

test('answers 503 for a loop that does not live, with why', async (t) => {
  const { path, agent } = await startServer(t);
  agent.live = { status: 'failing', message: 'the loop hangs' };
  const { status, body } = await ask(path, 'GET', '/v1/health');
  assert.equal(status, 503);
  assert.partialDeepStrictEqual(body, { live: { message: 'the loop hangs' } });
});

test('names its paths to whoever asks for another one', async (t) => {
  const { path } = await startServer(t);
  for (const url of ['/', '/v1', '/v1/status/', '/v2/status', '//x', '/v1/%73tatus']) {
    const { status, body } = await ask(path, 'GET', url);
    assert.equal(status, 404, url);
    const { error } = body as { error: { code: string; paths: string[] } };
    assert.deepEqual([error.code, error.paths.length], ['not_found', ROUTES.length]);
    assert.match(error.paths.join('\n'), /^GET \/v1\/status: /m);
  }
});

test('refuses a method that a path does not take, and says which it takes', async (t) => {
  const { path, agent } = await startServer(t);
  for (const { method, path: url } of ROUTES) {
    for (const other of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH'].filter((one) => one !== method)) {
      const { status, headers, body } = await ask(path, other, url);
      assert.deepEqual([status, headers.allow], [405, method], `${other} ${url}`);
      assert.equal((body as { error: { code: string } }).error.code, 'method_not_allowed');
    }
  }
  assert.deepEqual([agent.stops, agent.cycles.length], [0, 0]);
});

test('changes the interval, whole seconds in its range only', async (t) => {
  const { path, agent } = await startServer(t);
  const { status, body } = await ask(path, 'PUT', '/v1/interval', { seconds: 10 });
  assert.deepEqual([status, body, agent.intervalMillis], [200, { seconds: 10, before: 30 }, 10_000]);
  for (const wrong of [
    { seconds: 4 },
    { seconds: 3601 },
    { seconds: 7.5 },
    { seconds: '10' },
    {},
    { second: 10 },
    [10],
    10,
    undefined,
  ]) {
    const refused = await ask(path, 'PUT', '/v1/interval', wrong);
    assert.equal(refused.status, 400, JSON.stringify(wrong));
    assert.match(
      (refused.body as { error: { message: string } }).error.message,
      /whole number from 5 to 3600|no key|JSON object/,
    );
  }
  assert.equal(agent.intervalMillis, 10_000);
});

test('runs a cycle now and answers when it is committed', async (t) => {
  const { path, agent } = await startServer(t);
  const asked = ask(path, 'POST', '/v1/cycle');
  await waitUntil('the cycle is asked for', () => agent.cycles.length === 1);
  agent.cycles[0]?.resolve(CYCLE);
  const { status, body } = await asked;
  assert.equal(status, 200);
  assert.partialDeepStrictEqual(body, {
    cycleId: CYCLE.cycleId,
    sampledAt: '2026-11-23T12:00:00.000Z',
    durationMillis: 34,
    processes: 77,
    deniedFields: { 'process.executable.path': 12 },
  });
});

test('says what a cycle that was asked for failed of, and that a stop came first', async (t) => {
  const { path, agent } = await startServer(t);
  for (const [report, expected, message] of [
    [
      { outcome: 'failed', durationMillis: 1, message: 'the disk is full' },
      500,
      'nothing was committed: the disk is full',
    ],
    [undefined, 503, 'procmond is being stopped'],
  ] as const) {
    const before = agent.cycles.length;
    const asked = ask(path, 'POST', '/v1/cycle', {});
    await waitUntil('the cycle is asked for', () => agent.cycles.length > before);
    agent.cycles.at(-1)?.resolve(report);
    const { status, body } = await asked;
    assert.deepEqual([status, (body as { error: { message: string } }).error.message], [expected, message]);
  }
});

test('reloads, and tells every mistake when nothing was changed', async (t) => {
  const { path, agent } = await startServer(t);
  const report = { applied: [{ name: 'interval', before: '30', after: '10' }], needRestart: [], notes: [] };
  agent.reloaded = { ok: true, report };
  assert.deepEqual((await ask(path, 'POST', '/v1/reload')).body, report);
  agent.reloaded = { ok: false, problems: ['one', 'two'] };
  const { status, body } = await ask(path, 'POST', '/v1/reload');
  assert.equal(status, 422);
  assert.partialDeepStrictEqual(body, { error: { code: 'config_invalid', problems: ['one', 'two'] } });
});

test('sends dead letters once more, and stops', async (t) => {
  const { path, agent } = await startServer(t);
  agent.retried = 3;
  assert.deepEqual((await ask(path, 'POST', '/v1/outbox/retry')).body, { retried: 3 });
  const { status, body } = await ask(path, 'POST', '/v1/stop');
  assert.deepEqual([status, body, agent.stops], [202, { stopping: true }, 1]);
});

test('hands on what is asked of a source, and refuses what is not of its form, each mistake named', async (t) => {
  const { path, agent } = await startServer(t);
  const request = { target: 'binary-hasher', analysisType: 'binary_hash', pid: 7, metadata: { case: '12' } };
  const { status, body } = await ask(path, 'POST', '/v1/triggers', request);
  assert.equal(status, 202);
  assert.partialDeepStrictEqual(body, { target: 'binary-hasher', correlationId: 'c', delivered: true });
  assert.deepEqual(agent.asked, [{ ...request, priority: 'normal' }]);
  const wrong = { target: 7, analysisType: ' ', pid: 0, path: 'x', correlationId: '', metadata: { a: 1 } };
  const refused = (await ask(path, 'POST', '/v1/triggers', wrong)).body as { error: { problems: string[] } };
  assert.equal(refused.error.problems.length, 7);
  for (const [broken, message] of [
    [{ ...request, pid: undefined }, /one of "pid" and "path"/],
    [{ ...request, path: '/x' }, /one of "pid" and "path"/],
    [{ ...request, prio: 'x' }, /"prio" is no key here; there are target, /],
  ] as const) {
    const answer = await ask(path, 'POST', '/v1/triggers', broken);
    assert.equal(answer.status, 400);
    assert.match(JSON.stringify(answer.body), new RegExp(message.source.replaceAll('"', '\\\\"')));
  }
  assert.equal(agent.asked.length, 1);
});

test('says why a request for an analysis came to nothing', async (t) => {
  const { path, agent } = await startServer(t);
  const request = { target: 'binary-hasher', analysisType: 'binary_hash', pid: 7 };
  for (const [outcome, expected, code] of [
    ['no_process', 404, 'no_such_process'],
    ['deduplicated', 409, 'deduplicated'],
    ['rate_limited', 429, 'rate_limited'],
    ['queue_full', 503, 'queue_full'],
  ] as const) {
    agent.decision = outcome;
    const { status, body } = await ask(path, 'POST', '/v1/triggers', request);
    assert.equal(status, expected);
    assert.partialDeepStrictEqual(body, { error: { code } });
  }
});

const SELECTIONS: readonly (readonly [query: string, pids: readonly number[]])[] = [
  ['', HOST.map(({ pid }) => pid).toSorted((a, b) => a - b)],
  ['text=nginx&text=worker', [4194303]],
  ['user=www-data,1000', [901, 4194303]],
  ['user=www-data&user=1000', [901, 4194303]],
  ['pid=1,811', [1, 811]],
  ['state=zombie,T', [901, 902]],
  ['kernel_threads=exclude&text=o', [811, 900, 901, 4194303]],
  ['sort=-rss&limit=2', [900, 4194303]],
  ['sort=+rss&limit=1&user=0', [2]],
  ['container=abc', [900]],
  ['limit=0', []],
];
for (const [query, pids] of SELECTIONS) {
  test(`answers with the processes that are asked for: ${query || 'all'}`, async (t) => {
    const { path, agent } = await startServer(t);
    agent.hosts = HOST.map((one) =>
      one.pid === 900 ? { ...one, platformMetadata: { ...one.platformMetadata, containerId: 'abcdef' } } : one,
    );
    const json = await ask(path, 'GET', `/v1/processes?${query}`);
    assert.deepEqual(
      (json.body as ProcessEvent[]).map(({ pid }) => pid),
      pids,
    );
    const lines = await ask(path, 'GET', `/v1/processes?${query}&format=ndjson`);
    assert.equal(lines.headers['content-type'], 'application/x-ndjson');
    for (const { headers } of [json, lines]) {
      assert.equal(headers['procmond-cycle-id'], CYCLE.cycleId);
      assert.equal(headers['procmond-sampled-at'], '2026-11-23T12:00:00.000Z');
    }
    assert.deepEqual(
      lines.text
        .split('\n')
        .slice(0, -1)
        .map((line) => (JSON.parse(line) as ProcessEvent).pid),
      pids,
    );
    assert.doesNotMatch(json.text + lines.text, /[^\P{Cc}\n]|[\u202a-\u202e]/u);
  });
}

test('refuses a question about processes with every mistake in it', async (t) => {
  const { path } = await startServer(t);
  const { status, body } = await ask(
    path,
    'GET',
    '/v1/processes?pid=x,-1&state=asleep&sort=weight&limit=-1&format=xml&users=a',
  );
  assert.equal(status, 400);
  assert.deepEqual(
    (body as { error: { problems: string[] } }).error.problems.map((problem) => problem.split(';')[0]?.slice(0, 40)),
    [
      '"users" is no parameter',
      'pid: "x" is not a process id',
      'pid: "-1" is not a process id',
      'state: "asleep" is not one of running, s',
      'sort: "weight" is not a column, perhaps ',
      'limit: "-1" is not a whole number',
      'format: "xml" is not json or ndjson',
    ],
  );
});

test('says that there is no process table yet', async (t) => {
  const { path, agent } = await startServer(t);
  agent.hosts = undefined;
  assert.equal((await ask(path, 'GET', '/v1/processes')).status, 503);
});

test('streams a table of many processes whole', async (t) => {
  const { path, agent } = await startServer(t);
  const one = HOST[0] as ProcessEvent;
  agent.hosts = Array.from({ length: 2_001 }, (_, index) => ({ ...one, pid: index + 1 }));
  const { body } = await ask(path, 'GET', '/v1/processes');
  assert.equal((body as ProcessEvent[]).length, 2_001);
  assert.equal((body as ProcessEvent[]).at(-1)?.pid, 2_001);
});

test('streams the events of a pattern as they are committed, one line each', async (t) => {
  const { path, agent } = await startServer(t);
  const reader = await EventReader.open(t, path, '?topic=collector/process/%23');
  assert.equal(agent.subscriptions[0]?.pattern, 'collector/process/#');
  agent.publish(eventOf(1), eventOf(2, { body: 'evil \u001b[2J\u202e' }));
  assert.deepEqual(await reader.next(2), [eventOf(1), eventOf(2, { body: 'evil \u001b[2J\u202e' })]);
  assert.doesNotMatch(reader.raw, /[^\P{Cc}\n]|[\u202a-\u202e]/u);
  agent.publish(eventOf(3));
  assert.deepEqual(await reader.next(1), [eventOf(3)]);
  reader.close();
  await waitUntil('the subscription is closed', () => agent.subscriptions[0]?.closed === true);
});

test('streams all topics to whoever names none', async (t) => {
  const { path, agent } = await startServer(t);
  await EventReader.open(t, path, '');
  assert.equal(agent.subscriptions[0]?.pattern, 'collector/#');
});

test('refuses an illegal pattern and names the place', async (t) => {
  const { path } = await startServer(t);
  const { status, body } = await ask(path, 'GET', '/v1/events?topic=collector/*');
  assert.equal(status, 400);
  assert.partialDeepStrictEqual(body, { error: { code: 'topic_invalid' } });
  assert.match(JSON.stringify(body), /segment 2/);
  assert.equal((await ask(path, 'GET', '/v1/events?topic=a&topic=b')).status, 400);
  assert.equal((await ask(path, 'GET', '/v1/events?tpic=a')).status, 400);
});

test('drops events from a reader that does not keep up, tells how many, and makes nobody wait', async (t) => {
  const { path, agent } = await startServer(t);
  const slow = await EventReader.open(t, path, '');
  const quick = await EventReader.open(t, path, '');
  slow.pause();
  const count = 16_000;
  const body = 'x'.repeat(1_000);
  for (let seq = 1; seq <= count; seq += 4_000) {
    agent.publish(...Array.from({ length: 4_000 }, (_, index) => eventOf(seq + index, { body })));
    assert.equal((await quick.next(4_000)).length, 4_000);
  }
  slow.resume();
  const lines = await slow.until((line) => 'seq' in line && line.seq === count);
  const dropped = lines.reduce((total, line) => total + ('dropped' in line ? line.dropped : 0), 0);
  const seen = lines.filter((line) => 'seq' in line).length;
  assert.ok(dropped > 0);
  assert.equal(seen + dropped, count);
  assert.ok(quick.lines.every((line: EventLine) => !('dropped' in line)));
});

test('takes so many streams and no more, and serves everything else beside them', async (t) => {
  const { path } = await startServer(t);
  const readers = await Promise.all(Array.from({ length: 16 }, () => EventReader.open(t, path, '')));
  const { status, body } = await ask(path, 'GET', '/v1/events');
  assert.equal(status, 503);
  assert.partialDeepStrictEqual(body, { error: { code: 'busy' } });
  assert.equal((await ask(path, 'GET', '/v1/status')).status, 200);
  readers[0]?.close();
  await waitUntil('there is room again', async () => {
    const again = await EventReader.tryOpen(path, '');
    again?.close();
    return again !== undefined;
  });
});

test('ends streams in order when it is closed', async (t) => {
  const { path, agent, server } = await startServer(t, { limits: { closeMillis: 60_000 } });
  const reader = await EventReader.open(t, path, '');
  agent.publish(eventOf(1));
  assert.deepEqual(await reader.next(1), [eventOf(1)]);
  await server.close();
  assert.equal(await reader.ended, 'whole');
});

test('answers 500 without the reason, which the log has, and goes on', async (t) => {
  const logged: string[] = [];
  const { path, agent } = await startServer(t, {
    logger: { ...silentLogger, error: (message) => logged.push(message) },
  });
  agent.status = () => {
    throw new Error('no store in /secret');
  };
  const { status, text } = await ask(path, 'GET', '/v1/status');
  assert.equal(status, 500);
  assert.doesNotMatch(text, /secret/);
  assert.deepEqual(logged, ['cannot answer GET /v1/status: no store in /secret']);
  assert.equal((await ask(path, 'GET', '/v1/health')).status, 200);
});
