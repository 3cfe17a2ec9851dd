import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import type { ControlAnswer } from '../../../src/control/client.ts';
import type { CycleSummary, StatusReport } from '../../../src/control/protocol.ts';
import type { Address } from '../../fake/raw-client.ts';
import { bodyOf, startDaemon } from '../../fake/running-daemon.ts';
import { waitUntil } from '../../fake/wait-until.ts';

const CYCLE = { method: 'POST', path: '/v1/cycle' } as const;
const CONNECTIONS = 500;
/** Of the memory that is not of a file. The cycles that are run meanwhile take the most of it. */
const MOST_GROWTH_KIBIBYTES = 128 * 1024;
/** The places of both listeners, and some for what comes and goes. */
const MOST_SOCKETS = 128 + 32 + 16;

test('the daemon answers its owner and commits its cycles while both listeners are flooded, and stays small', {
  timeout: 240_000,
}, async (t) => {
  const { client, program, socketPath } = await startDaemon(t);
  const status = () => client.ask<StatusReport>({ method: 'GET', path: '/v1/status' });
  const { pid } = bodyOf(await status());
  const [metrics, port] = /http:\/\/127\.0\.0\.1:(\d+)/.exec(program.log) ?? [];
  const before = anonymousKibibytes(pid);
  const socketsBefore = sockets(pid);

  const floods = [startFlood(t, { path: socketPath }), startFlood(t, { host: '127.0.0.1', port: Number(port) })];
  await program.while(Promise.all(floods.map((flood) => flood.heard('all are open'))));
  const committed: string[] = [];
  for (let count = 0; count < 5; count++) {
    // Who comes among so many may lose his place before he has said what he wants, and asks again.
    const cycle = await waitUntil('a cycle is committed', () => okOf(client.ask<CycleSummary>(CYCLE)));
    committed.push(cycle.cycleId);
    const told = await waitUntil('the status is told', () => okOf(status()));
    assert.equal(told.pid, pid);
    const health = await waitUntil('the health is told', () => fetch(`${metrics}/healthz`).catch(() => undefined));
    assert.equal(health.status, 200);
  }
  assert.equal(new Set(committed).size, committed.length);
  await program.while(Promise.all(floods.map((flood) => flood.heard('each was closed and opened again'))));

  const growth = anonymousKibibytes(pid) - before;
  t.diagnostic(`RssAnon grew by ${growth} KiB, from ${before}; ${sockets(pid)} sockets, ${socketsBefore} before`);
  assert.ok(growth < MOST_GROWTH_KIBIBYTES, `RssAnon grew by ${growth} KiB`);
  assert.ok(sockets(pid) <= socketsBefore + MOST_SOCKETS);
  for (const flood of floods) flood.end();
  await program.while(waitUntil('the flood has drained', () => sockets(pid) <= socketsBefore));
  assert.equal(await program.end('SIGTERM'), 0);
});

async function okOf<Body>(asked: Promise<ControlAnswer<Body>>): Promise<Body | undefined> {
  const answer = await asked;
  return answer.kind === 'ok' ? answer.body : undefined;
}

function startFlood(t: TestContext, address: Address) {
  const child = fork(new URL('./flood.ts', import.meta.url), [JSON.stringify(address), String(CONNECTIONS)]);
  t.after(() => child.kill('SIGKILL'));
  const said: unknown[] = [];
  child.on('message', (message) => said.push(message));
  return {
    async heard(message: string): Promise<void> {
      while (!said.includes(message)) await once(child, 'message');
    },
    end: () => child.kill('SIGKILL'),
  };
}

function anonymousKibibytes(pid: number): number {
  return Number(/^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

function sockets(pid: number): number {
  const directory = `/proc/${pid}/fd`;
  return readdirSync(directory).filter((name) => linkOf(`${directory}/${name}`).startsWith('socket:')).length;
}

/** Empty for a descriptor that was closed meanwhile. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
