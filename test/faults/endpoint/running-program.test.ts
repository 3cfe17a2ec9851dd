import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { CycleSummary } from '../../../src/control/protocol.ts';
import { makeAuthority } from '../../fake/certificate.ts';
import { makeCommitter, things } from '../../fake/committed-events.ts';
import { ManualClock } from '../../fake/manual-clock.ts';
import { ACCEPT, LOGIN_PAGE, OtlpEndpoint, partialSuccess, status } from '../../fake/otlp-endpoint.ts';
import { bodyOf, startDaemon } from '../../fake/running-daemon.ts';
import { RunningProcmond } from '../../fake/running-procmond.ts';
import { openStore, scratchDirectory } from '../../fake/scratch-store.ts';
import { ProcTree, statLine, statusText } from '../../process/enumerate/linux/proc-tree.ts';

const TOKEN = 'a-token-that-nobody-is-to-see';

test('tells what an endpoint does once, in its own words, and no secret that it is quoted', async (t) => {
  const endpoint = await OtlpEndpoint.start(t);
  endpoint.next(LOGIN_PAGE, LOGIN_PAGE);
  endpoint.next(({ headers }) => status(401, `what is ${headers['authorization']}?`));
  endpoint.next(partialSuccess(1, 'too old'));
  const procmond = RunningProcmond.start(t, {
    dataDirectory: join(scratchDirectory(t), 'data'),
    endpoint: endpoint.baseUrl,
    procRoot: smallHost(t),
    env: { OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${TOKEN}` },
  });
  await procmond.while(endpoint.until(() => endpoint.attempts >= 5));
  assert.equal(endpoint.requests[0]?.headers['authorization'], `Bearer ${TOKEN}`);
  assert.equal(await procmond.end('SIGTERM'), 0);

  const { log } = procmond;
  const told = log.split('\n').filter((line) => line.includes(endpoint.url) && / (WARN|ERROR) /.test(line));
  const url = endpoint.url;
  for (const [index, says] of [
    `WARN  records stay in the outbox: ${url} answered 200 with text/html: this is no OTLP receiver`,
    `WARN  records stay in the outbox: ${url} answered 401 (what is ***?): check OTEL_EXPORTER_OTLP_HEADERS`,
    `ERROR ${url} accepted a batch but refused 1 of its `,
  ].entries()) {
    assert.ok(told[index]?.includes(says), log);
  }
  assert.equal(told.length, 3, log);
  assert.doesNotMatch(log, /OpenTelemetry SDK/);
  assert.ok(!log.includes(TOKEN), log);
});

test('follows a server that shows a certificate of another authority, without a restart', async (t) => {
  const [before, after] = [makeAuthority('before'), makeAuthority('after')];
  const trusted = join(scratchDirectory(t), 'ca.pem');
  writeFileSync(trusted, before.cert);
  const endpoint = await OtlpEndpoint.start(t, { tls: before.issue('collector') });
  const procmond = RunningProcmond.start(t, {
    dataDirectory: join(scratchDirectory(t), 'data'),
    endpoint: endpoint.baseUrl,
    procRoot: smallHost(t),
    env: { OTEL_EXPORTER_OTLP_CERTIFICATE: trusted },
  });
  await procmond.while(endpoint.until(() => endpoint.taken.length > 0));
  endpoint.useTls(after.issue('collector'));
  await procmond.while(
    procmond.says(/records stay in the outbox: \S+ shows a certificate of an authority that is not/),
  );
  const takenBefore = endpoint.taken.length;

  writeFileSync(trusted, after.cert);
  await procmond.while(endpoint.until(() => endpoint.taken.length > takenBefore));
  await procmond.while(procmond.says(/accepts records again/));
  assert.equal(await procmond.end('SIGTERM'), 0);
  assert.match(procmond.log, /INFO {2}new certificates are in use: \S+ca\.pem/);
  assert.deepEqual(
    endpoint.takenSeqs,
    endpoint.takenSeqs.map((_, index) => index + 1),
  );
});

const BACKLOG = 30_000;

/** Of about sixty that the backlog makes. */
const MOST_BATCHES_PER_CYCLE = 12;

test('commits every cycle that is asked for while a backlog leaves, within a few batches', {
  timeout: 120_000,
}, async (t) => {
  const dataDirectory = join(scratchDirectory(t), 'data');
  await leaveBacklog(t, dataDirectory);
  const endpoint = await OtlpEndpoint.start(t);
  const ready = Promise.withResolvers<void>();
  endpoint.next({ kind: 'held', until: ready.promise, answer: ACCEPT });
  const { program, client } = await startDaemon(t, {
    dataDirectory,
    endpoint: endpoint.baseUrl,
    procRoot: smallHost(t),
  });
  ready.resolve();
  const batchesPerCycle: number[] = [];
  while (endpoint.taken.length < BACKLOG) {
    const before = endpoint.attempts;
    bodyOf(await program.while(client.ask<CycleSummary>({ method: 'POST', path: '/v1/cycle' })));
    batchesPerCycle.push(endpoint.attempts - before);
  }
  t.diagnostic(`batches during each cycle: ${batchesPerCycle.join(' ')}`);
  assert.ok(endpoint.attempts > 3 * MOST_BATCHES_PER_CYCLE, `${endpoint.attempts} batches`);
  assert.ok(Math.max(...batchesPerCycle) <= MOST_BATCHES_PER_CYCLE, batchesPerCycle.join(' '));
  assert.equal(await program.end('SIGTERM'), 0);
});

/** What a run before this one committed and could not deliver. */
async function leaveBacklog(t: TestContext, directory: string): Promise<void> {
  const store = await openStore(t, { directory });
  const committer = makeCommitter(store, { clock: new ManualClock() });
  for (let count = 0; count < BACKLOG; count += 1_000) {
    committer.commit({ events: things(1_000), observedAtMillis: Date.now() });
  }
  await store.close();
}

/** The root of a `/proc` with one process. */
function smallHost(t: TestContext): string {
  const tree = new ProcTree(t);
  tree.write('stat', 'btime 1795398100\nprocesses 50697\n');
  tree.write('sys/kernel/random/boot_id', '3f2c1d7e-9a64-4b08-8e51-c0ffee123456\n');
  tree.write('1/stat', statLine({ pid: 1, startTicks: 7 }));
  tree.write('1/status', statusText(1));
  tree.write('1/cmdline', 'init\0');
  tree.link('1/exe', '/sbin/init');
  return tree.root;
}
