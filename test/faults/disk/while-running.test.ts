import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { StatusReport } from '../../../src/control/protocol.ts';
import { HELD_TO_MODES } from '../../fake/other-user.ts';
import { ACCEPT, OtlpEndpoint, status } from '../../fake/otlp-endpoint.ts';
import { bodyOf, type RunningDaemon, startDaemon } from '../../fake/running-daemon.ts';
import { scratchDirectory } from '../../fake/scratch-store.ts';
import { CANNOT_MOUNT, fillUp, SmallFileSystems } from '../../fake/small-file-system.ts';

interface Fault {
  readonly name: string;
  readonly skip: string | false;
  /** Before procmond starts. */
  readonly prepare?: (mounts: SmallFileSystems, directory: string) => void;
  /** Text by default. */
  readonly logFormat?: 'json';
  /** What runs procmond, where that matters. */
  readonly by?: readonly string[];
  /** @returns what mends it */
  readonly begin: (
    directory: string,
    daemon: { readonly pid: number; readonly mounts: SmallFileSystems },
  ) => () => void;
  readonly message: RegExp;
}

const faults: readonly Fault[] = [
  {
    name: 'a disk that is full',
    skip: CANNOT_MOUNT,
    prepare: (mounts, directory) => mounts.mount(directory),
    begin: (directory) => {
      const filler = fillUp(directory);
      return () => filler.free();
    },
    message: /could not write to the store in .*: No space left on device; less than 1 MiB is free there: make room/,
  },
  {
    name: 'an error of the system on commit',
    skip: false,
    logFormat: 'json',
    // To a writer a limit of the size of files (setrlimit(2)) is a disk that fails.
    begin: (directory, { pid }) => {
      const { size } = statSync(join(directory, 'data.mdb'));
      execFileSync('prlimit', ['--pid', String(pid), `--fsize=${size}:`]);
      return () => execFileSync('prlimit', ['--pid', String(pid), '--fsize=unlimited:']);
    },
    message: /could not write to the store in/,
  },
  {
    name: 'a read-only file system in the place of its directory',
    skip: CANNOT_MOUNT,
    begin: (directory, { mounts }) => {
      mounts.mount(directory, 'ro,mode=0700');
      return () => mounts.unmount(directory);
    },
    message: /Read-only|read-only|EROFS|readonly/,
  },
  {
    name: 'a directory that it may not enter any more',
    skip: false,
    by: HELD_TO_MODES,
    begin: (directory) => {
      chmodSync(directory, 0);
      return () => chmodSync(directory, 0o700);
    },
    message: /could not prepare the data directory/,
  },
  {
    name: 'a file in the place of its directory',
    skip: false,
    begin: (directory) => {
      renameSync(directory, `${directory}.away`);
      writeFileSync(directory, '');
      return () => {
        rmSync(directory);
        renameSync(`${directory}.away`, directory);
      };
    },
    message: /could not prepare the data directory/,
  },
];

for (const { name, skip, prepare, logFormat = 'text', by, begin, message } of faults) {
  test(`${name} degrades procmond, which says so, serves, delivers, and recovers by itself`, {
    skip,
    timeout: 60_000,
  }, async (t) => {
    const mounts = new SmallFileSystems(t);
    const endpoint = await OtlpEndpoint.start(t);
    const directory = join(scratchDirectory(t), 'data');
    mkdirSync(directory, { mode: 0o700 });
    prepare?.(mounts, directory);
    endpoint.otherwise = () => LATER;
    const daemon = await startDaemon(t, {
      dataDirectory: directory,
      endpoint: endpoint.baseUrl,
      env: {
        PROCMOND_CONTROL_SOCKET: join(scratchDirectory(t), 'control.sock'),
        PROCMOND_LOG_FORMAT: logFormat,
      },
      ...(by && { by }),
    });
    const { program } = daemon;

    const mend = begin(directory, { pid: program.pid, mounts });
    await cyclesUntil(daemon, 'refused', 60);
    for (let count = 0; count < 3; count++) await cyclesUntil(daemon, 'refused', 1);

    const degraded = await statusOf(daemon);
    assert.match(degraded.lastCycle?.failure ?? '', message);
    assert.equal(degraded.health.live.status, 'ok', 'a restart would mend nothing');
    assert.match(degraded.health.ready.message, message);
    const ready = await readiness(daemon);
    assert.match(String(ready.body['lastFailure']), message);
    assert.match(String(ready.body['message']), /; the last cycle failed: /);
    assert.equal(ready.status, ready.body['status'] === 'ok' ? 200 : 503);
    assert.equal(program.log.match(/cycle failed, nothing of it was committed/g)?.length, 1, program.log);
    assert.ok((await failedCycles(daemon)) >= 4);

    // What was committed before can be read, and is sent; again and again where the disk does not take that it has left.
    endpoint.otherwise = () => ACCEPT;
    await program.while(endpoint.until(() => endpoint.taken.length > 0));

    mend();
    await cyclesUntil(daemon, 'ok', 1);
    assert.partialDeepStrictEqual(await readiness(daemon), { status: 200, body: { status: 'ok' } });
    assert.equal('lastFailure' in (await readiness(daemon)).body, false);
    const told = () => endpoint.taken.filter(({ attributes }) => attributes[REASON] === 'store_unusable');
    await program.while(endpoint.until(() => told().length >= 2));
    assert.deepEqual(
      told()
        .slice(0, 2)
        .map(({ eventName }) => eventName),
      ['procmond.agent.degraded', 'procmond.agent.recovered'],
    );
    assert.match(program.log, /cycles are committed again, after \d+ that failed/);
    assert.equal(await program.end('SIGTERM'), 0, program.log);
    for (const line of linesOfProcmond(program.log)) assert.ok(isWhole(line, logFormat), `${line}\n${program.log}`);
    const seqs = [...new Set(endpoint.takenSeqs)];
    assert.deepEqual(
      seqs,
      Array.from({ length: seqs.length }, (_, index) => index + 1),
      'in order, and none is missing',
    );
  });
}

test('a data directory that is removed is written anew with the next cycle, its control socket too, and nothing is lost', {
  timeout: 60_000,
}, async (t) => {
  const endpoint = await OtlpEndpoint.start(t);
  const directory = join(scratchDirectory(t), 'data');
  endpoint.otherwise = () => LATER;
  const daemon = await startDaemon(t, { dataDirectory: directory, endpoint: endpoint.baseUrl });
  const { program } = daemon;
  rmSync(directory, { recursive: true });
  await program.says(/the control socket .* was removed: procmond listens there anew/);
  await cyclesUntil(daemon, 'ok', 1);
  assert.match(program.log, /was removed while procmond had it open: it was written there anew, and nothing was lost/);
  endpoint.otherwise = () => ACCEPT;
  const told = () => endpoint.taken.filter(({ attributes }) => attributes[REASON] === 'store_removed');
  await program.while(endpoint.until(() => told().length === 2));
  // The store on the disk is the one that counts: another life goes on from it.
  assert.equal(await program.end('SIGKILL'), 'SIGKILL');
  const again = await startDaemon(t, { dataDirectory: directory, endpoint: endpoint.baseUrl });
  await again.program.while(
    endpoint.until(() => endpoint.taken.some(({ attributes }) => attributes[CAUSE] === 'while_down')),
  );
  assert.equal(await again.program.end('SIGTERM'), 0);
  assert.equal(new Set(endpoint.taken.map(({ resource }) => resource['service.instance.id'])).size, 1);
  const seqs = [...new Set(endpoint.takenSeqs)];
  assert.deepEqual(
    seqs,
    Array.from({ length: seqs.length }, (_, index) => index + 1),
  );
});

/** Asks for the same pause each time, so that nothing waits long for the next attempt. */
const LATER = status(503, 'later', { 'retry-after': '1' });

/** All but what LMDB prints of a write that failed. */
function linesOfProcmond(log: string): readonly string[] {
  const lines = log.split('\n').slice(0, -1);
  return lines.filter((line) => !/^Write error: [\w ]+ position \d+, size \d+$/.test(line));
}

function isWhole(line: string, logFormat: 'text' | 'json'): boolean {
  if (logFormat === 'json') return typeof JSON.parse(line).timestamp === 'string';
  return /^\d{4}-\d\d-\d\dT[\d:.]{12}Z (?:ERROR|WARN|INFO) /.test(line);
}

const REASON = 'procmond.degraded.reason';
const CAUSE = 'procmond.lifecycle.cause';

/** Asks for one cycle after the other until one ends as expected. */
async function cyclesUntil(
  { program, client }: RunningDaemon,
  expected: 'ok' | 'refused',
  most: number,
): Promise<void> {
  let last: unknown;
  for (let count = 0; count < most; count++) {
    const answer = await program.while(client.ask({ method: 'POST', path: '/v1/cycle' }));
    if (answer.kind === expected) return;
    last = answer;
  }
  assert.fail(`no cycle ended as ${expected}: ${JSON.stringify(last)}\n${program.log}`);
}

async function statusOf({ program, client }: RunningDaemon): Promise<StatusReport> {
  return bodyOf(await program.while(client.ask<StatusReport>({ method: 'GET', path: '/v1/status' })));
}

/** What its listener for metrics answers. */
async function listenerAnswer({ program }: RunningDaemon, path: string): Promise<Response> {
  const url = /metrics +(http:[^\s"]+)\/metrics/.exec(program.log)?.[1] ?? '';
  return await program.while(fetch(`${url}${path}`));
}

async function readiness(daemon: RunningDaemon) {
  const response = await listenerAnswer(daemon, '/readyz');
  return { status: response.status, body: (await response.json()) as Readonly<Record<string, unknown>> };
}

async function failedCycles(daemon: RunningDaemon): Promise<number> {
  const text = await (await listenerAnswer(daemon, '/metrics')).text();
  return Number(/^procmond_cycles_total\{outcome="failed"\} (\d+)$/m.exec(text)?.[1]);
}
