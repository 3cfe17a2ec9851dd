import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, lstatSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type {
  CycleSummary,
  IntervalReport,
  OutboxReport,
  ReloadReport,
  RetryReport,
  SettingReport,
  SourceReport,
  StatusReport,
} from '../../src/control/protocol.ts';
import type { ProcessEvent } from '../../src/event/process-event.ts';
import { asStranger, lackingStranger } from '../fake/other-user.ts';
import { ACCEPT, OtlpEndpoint, refusing } from '../fake/otlp-endpoint.ts';
import { commandLine, runProcmond, runProgram } from '../fake/run-procmond.ts';
import { bodyOf, type RunningDaemon, startDaemon } from '../fake/running-daemon.ts';
import { RunningProcmond } from '../fake/running-procmond.ts';
import { scratchDirectory } from '../fake/scratch-store.ts';
import { waitUntil } from '../fake/wait-until.ts';

test('the daemon answers what it sees, does and costs', async (t) => {
  const { client, dataDirectory, program } = await startDaemon(t);
  const status = bodyOf(await client.ask<StatusReport>({ method: 'GET', path: '/v1/status' }));
  assert.equal(status.dataDirectory, dataDirectory);
  assert.equal(status.intervalSeconds, 5);
  assert.ok((status.lastCycle?.committed?.processes ?? 0) > 1);
  assert.equal(status.watched.enumerator, 'linux-proc');
  assert.ok(status.outbox.records > 1);
  assert.ok(status.cost.cpuPercent > 0 && (status.cost.residentBytes ?? 0) > 1e6);
  assert.equal(status.sources[0]?.name, 'process-monitor');
  assert.match(status.sources[0]?.health.message ?? '', /^last cycle saw \d+ processes$/);
  assert.match(status.sources[1]?.health.message ?? '', /^files that were asked for: 0 hashed/);

  const processes = bodyOf(
    await client.ask<ProcessEvent[]>({ method: 'GET', path: `/v1/processes?pid=${status.pid}` }),
  );
  assert.deepEqual(
    processes.map(({ pid, name }) => [pid, name.length > 0]),
    [[status.pid, true]],
  );
  const config = bodyOf(await client.ask<SettingReport[]>({ method: 'GET', path: '/v1/config' }));
  assert.deepEqual(
    config.find(({ name }) => name === 'interval'),
    { name: 'interval', value: '5', origin: 'flag --interval' },
  );
  assert.equal(await program.end('SIGTERM'), 0);
  assert.equal(existsSync(join(dataDirectory, 'control.sock')), false);
});

test('the daemon runs a cycle when it is asked to, and tells it to its metrics and its log', async (t) => {
  const { client, program } = await startDaemon(t);
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  t.after(() => child.kill());
  await once(child, 'spawn');
  const cycle = bodyOf(await client.ask<CycleSummary>({ method: 'POST', path: '/v1/cycle' }));
  assert.ok(cycle.started >= 1);
  const found = bodyOf(await client.ask<ProcessEvent[]>({ method: 'GET', path: `/v1/processes?pid=${child.pid}` }));
  assert.equal(found.length, 1);
  const status = bodyOf(await client.ask<StatusReport>({ method: 'GET', path: '/v1/status' }));
  assert.equal(status.lastCycle?.committed?.cycleId, cycle.cycleId);
  await program.says(new RegExp(`${cycle.processes} processes, ${cycle.started} started`));
});

test('the daemon takes another interval at once, and with it another capability', async (t) => {
  const { client } = await startDaemon(t);
  const capabilities = async () =>
    bodyOf(await client.ask<SourceReport[]>({ method: 'GET', path: '/v1/capabilities' }))[0]?.capabilities;
  assert.ok((await capabilities())?.includes('realtime'));
  const changed = await client.ask<IntervalReport>({ method: 'PUT', path: '/v1/interval', body: { seconds: 3600 } });
  assert.deepEqual(bodyOf(changed), { seconds: 3600, before: 5 });
  assert.equal((await capabilities())?.includes('realtime'), false);
  const config = bodyOf(await client.ask<SettingReport[]>({ method: 'GET', path: '/v1/config' }));
  assert.deepEqual(config[0], { name: 'interval', value: '3600', origin: 'control socket' });
  const health = await client.ask({ method: 'GET', path: '/v1/health' });
  assert.partialDeepStrictEqual(bodyOf(health), { live: { limitSeconds: 10_800 } });
});

test('the daemon reads its file again, asked by the socket or by SIGHUP, and a bad file changes nothing', async (t) => {
  const file = join(scratchDirectory(t), 'procmond.yaml');
  const write = (text: string) => writeFileSync(file, text, { mode: 0o600 });
  write('log-level: info');
  const { client, program, socketPath } = await startDaemon(t, { env: { PROCMOND_CONFIG: file } });
  write('log-level: error\nemit: changes');
  const report = bodyOf(await client.ask<ReloadReport>({ method: 'POST', path: '/v1/reload' }));
  assert.deepEqual(report, {
    applied: [{ name: 'log-level', before: 'info', after: 'error' }],
    needRestart: [{ name: 'emit', before: 'all', after: 'changes' }],
    notes: [],
  });
  write('log-level: debug\nemit: often\nintervall: 7');
  const refused = await client.ask({ method: 'POST', path: '/v1/reload' });
  assert.partialDeepStrictEqual(refused, { kind: 'refused', status: 422, error: { code: 'config_invalid' } });
  assert.equal(refused.kind === 'refused' && refused.error.problems?.length, 2);
  const { length } = program.log;
  write('log-level: info');
  const { pid } = bodyOf(await client.ask<StatusReport>({ method: 'GET', path: '/v1/status' }));
  process.kill(pid, 'SIGHUP');
  await program.while(
    waitUntil('it says so', () =>
      program.log.slice(length).includes('configuration read again: log-level error -> info'),
    ),
  );
  assert.ok(existsSync(socketPath));
});

test('the daemon gives up what has waited too long, as soon as its file asks for a bound of age', async (t) => {
  const file = join(scratchDirectory(t), 'procmond.yaml');
  writeFileSync(file, 'outbox-max-age: 0', { mode: 0o600 });
  const { client } = await startDaemon(t, { env: { PROCMOND_CONFIG: file } });
  writeFileSync(file, 'outbox-max-age: 1', { mode: 0o600 });
  const report = bodyOf(await client.ask<ReloadReport>({ method: 'POST', path: '/v1/reload' }));
  assert.deepEqual(report.applied, [{ name: 'outbox-max-age', before: '0', after: '1' }]);
  const observed = async () => {
    const { events } = bodyOf(await client.ask<StatusReport>({ method: 'GET', path: '/v1/status' }));
    return events['collector/process/events'];
  };
  await waitUntil('something has expired', async () => {
    await client.ask({ method: 'POST', path: '/v1/cycle' });
    return ((await observed())?.expired ?? 0) > 0;
  });
  assert.equal((await observed())?.discarded, 0);
});

test('the daemon stops gracefully when it is asked to', async (t) => {
  const { client, program, socketPath } = await startDaemon(t);
  assert.deepEqual(bodyOf(await client.ask({ method: 'POST', path: '/v1/stop' })), { stopping: true });
  await program.says(/stopped; /);
  await waitUntil('its socket is gone', () => !existsSync(socketPath));
});

test('the daemon can be asked again, and removes its socket at its end, when somebody had removed that', {
  timeout: 60_000,
}, async (t) => {
  const { client, program, socketPath } = await startDaemon(t);
  rmSync(socketPath);
  await program.says(/WARN {2}the control socket .* was removed: procmond listens there anew/);
  assert.equal((await client.ask({ method: 'GET', path: '/v1/health' })).kind, 'ok');
  assert.equal(await program.end('SIGTERM'), 0);
  assert.equal(existsSync(socketPath), false);
});

test('the daemon gives a cycle that waits for hashes the time it may wait before it is said to hang', async (t) => {
  const env = { PROCMOND_COMPUTE_HASHES: 'true', PROCMOND_HASH_BUDGET: '300', PROCMOND_HASH_BYTES_PER_SECOND: '65536' };
  const dataDirectory = join(scratchDirectory(t), 'data');
  const program = RunningProcmond.start(t, { dataDirectory, endpoint: 'http://127.0.0.1:9', env });
  await program.says(/control {2}/);
  const [, url] = /metrics +(http:\S+)\/metrics/.exec(program.log) ?? [];
  const answer = await program.while(fetch(`${url}/healthz`));
  assert.partialDeepStrictEqual(await answer.json(), { status: 'ok', limitSeconds: 360 });
});

test('the daemon sends once more what was refused, and it arrives with its own number', async (t) => {
  const endpoint = await OtlpEndpoint.start(t);
  endpoint.otherwise = () => refusing(({ attributes }) => attributes['procmond.topic'] === 'collector/process/cycles');
  const { client } = await startDaemon(t, { endpoint: endpoint.url });
  const outbox = async () => bodyOf(await client.ask<OutboxReport>({ method: 'GET', path: '/v1/outbox' }));
  await waitUntil('something was refused', async () => (await outbox()).deadLetters > 0);
  const { deadLetters, lastRefusal } = await outbox();
  assert.match(lastRefusal ?? '', /answered 400/);
  endpoint.otherwise = () => ACCEPT;
  const { retried } = bodyOf(await client.ask<RetryReport>({ method: 'POST', path: '/v1/outbox/retry' }));
  assert.ok(retried >= deadLetters);
  await waitUntil('all has left', async () => {
    const { deadLetters: left, retrying, records } = await outbox();
    return left + retrying + records === 0;
  });
  const cycles = endpoint.taken.filter(({ topic }) => topic === 'collector/process/cycles').map(({ seq }) => seq);
  assert.ok(cycles.length >= retried);
  assert.ok(endpoint.takenSeqs.some((seq, index) => index > 0 && seq < (endpoint.takenSeqs[index - 1] ?? 0)));
});

test('a daemon takes the place of one that was killed', async (t) => {
  const first = await startDaemon(t);
  await first.program.end('SIGKILL');
  assert.ok(lstatSync(first.socketPath).isSocket());
  const second = await startDaemon(t, { dataDirectory: first.dataDirectory });
  assert.equal((await second.client.ask({ method: 'GET', path: '/v1/status' })).kind, 'ok');
});

test('a daemon does not begin where another one answers on its socket, and says what to do', async (t) => {
  const { socketPath, client } = await startDaemon(t);
  const other = await runProcmond(
    ['run', '--metrics-port', '0', '--data-dir', join(scratchDirectory(t), 'data'), '--control-socket', socketPath],
    {},
  );
  assert.equal(other.exitCode, 1);
  assert.match(
    other.stderr,
    /cannot listen on the control socket .*: another program answers there, .*--control-socket/,
  );
  assert.equal((await client.ask({ method: 'GET', path: '/v1/status' })).kind, 'ok');
});

test('a daemon runs without its usual socket where there can be none, and says so', async (t) => {
  const dataDirectory = join(scratchDirectory(t), 'data');
  mkdirSync(join(dataDirectory, 'control.sock'), { recursive: true, mode: 0o700 });
  const endpoint = await OtlpEndpoint.start(t);
  const program = RunningProcmond.start(t, { dataDirectory, endpoint: endpoint.url });
  await program.while(endpoint.until(() => endpoint.taken.length > 0));
  assert.match(
    program.log,
    /WARN {2}procmond runs without its control socket: .*: there is something that is no socket/,
  );
});

test('a daemon runs without a socket where none is wanted', async (t) => {
  const dataDirectory = join(scratchDirectory(t), 'data');
  const endpoint = await OtlpEndpoint.start(t);
  const program = RunningProcmond.start(t, {
    dataDirectory,
    endpoint: endpoint.url,
    env: { PROCMOND_CONTROL_SOCKET: 'none' },
  });
  await program.while(endpoint.until(() => endpoint.taken.length > 0));
  assert.equal(existsSync(join(dataDirectory, 'control.sock')), false);
});

test('status and outbox say how the daemon is, and what waits', async (t) => {
  const daemon = await startDaemon(t);
  const status = await command(daemon, 'status');
  assert.deepEqual([status.exitCode, status.stderr], [0, '']);
  assert.match(status.stdout, /^procmond +\d+\.\d+\.\d+, pid \d+, up \d+s \(since /);
  assert.match(status.stdout, /^cycle +\d+s ago: \d+ processes, /m);
  assert.match(status.stdout, /^blocked +http:\/\/127\.0\.0\.1:9\/v1\/logs refuses connections /m);
  const json = await command(daemon, 'status', '--format', 'ndjson');
  assert.equal((JSON.parse(json.stdout) as StatusReport).dataDirectory, daemon.dataDirectory);
  assert.equal(json.stdout.split('\n').length, 2);

  const outbox = await command(daemon, 'outbox');
  assert.match(outbox.stdout, /^outbox +\d+ records, .*\n +\d+ of collector\//);
  const retry = await command(daemon, 'outbox', 'retry', '--json');
  assert.deepEqual(JSON.parse(retry.stdout), { retried: 0 });
});

test('trigger says what it needs', async (t) => {
  const daemon = await startDaemon(t);
  for (const args of [[], ['--pid', '1,2'], ['--pid', '1', '--path', '/bin/sh'], ['--pid', '1', '--metadata', 'x']]) {
    const { exitCode, stderr } = await command(daemon, 'trigger', 'binary-hasher', ...args);
    assert.equal(exitCode, 2, args.join(' '));
    assert.match(stderr, /^procmond: (trigger takes one process|--metadata: "x" is no key)/);
  }
});

for (const words of [['status'], ['outbox'], ['outbox', 'retry'], ['tail'], ['trigger', 'x', '--pid', '1']]) {
  test(`${words.join(' ')} ends with 1 where no daemon runs, naming the socket`, async (t) => {
    const dataDirectory = scratchDirectory(t);
    const { exitCode, stdout, stderr } = await runProcmond([...words, '--data-dir', dataDirectory]);
    assert.deepEqual([exitCode, stdout], [1, '']);
    assert.equal(
      stderr,
      `procmond: no running procmond answers on ${dataDirectory}/control.sock: there is no such socket; ` +
        'start one with procmond run, or name its socket with --control-socket, or its --data-dir\n',
    );
  });
}

test('another user can neither read nor stop the daemon, and is told so', { skip: lackingStranger() }, async (t) => {
  const directory = scratchDirectory(t);
  chmodSync(directory, 0o755);
  const socketPath = join(directory, 'control.sock');
  const { client } = await startDaemon(t, { env: { PROCMOND_CONTROL_SOCKET: socketPath } });
  const { exitCode, stderr } = await runProgram([
    ...asStranger(),
    ...commandLine(['status', '--control-socket', socketPath, '--data-dir', directory]),
  ]);
  assert.equal(exitCode, 1);
  assert.match(stderr, /^procmond: no running procmond answers on .*: this user may not use it; ask as root, /);
  assert.equal((await client.ask({ method: 'GET', path: '/v1/health' })).kind, 'ok');
});

function command({ dataDirectory }: RunningDaemon, ...args: string[]) {
  return runProcmond([...args, '--data-dir', dataDirectory]);
}
