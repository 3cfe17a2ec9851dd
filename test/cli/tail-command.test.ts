import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { tailCommand } from '../../src/cli/tail-command.ts';
import { type LoadedConfig, loadConfig } from '../../src/config/load-config.ts';
import type { EventLine } from '../../src/control/protocol.ts';
import { startServer } from '../control/control-socket.ts';
import { eventOf } from '../control/scripted-agent.ts';
import { ManualClock } from '../fake/manual-clock.ts';
import { scratchDirectory } from '../fake/scratch-store.ts';

/** Somebody who tails, on a terminal or in a pipe. */
class Tail {
  readonly clock = new ManualClock();
  stdout = '';
  stderr = '';
  readonly #stop = new AbortController();
  readonly #changes = new EventEmitter();
  #running: Promise<number> | undefined;

  static start(t: TestContext, argv: readonly string[], { terminal = false } = {}): Tail {
    const tail = new Tail();
    const loaded = loadConfig({
      argv: ['tail', ...argv],
      env: {},
      homeDirectory: '/home/u',
      effectiveUserId: 1000,
      readConfigFile: () => assert.fail('it reads no file'),
    }) as LoadedConfig;
    assert.ok(loaded.ok);
    tail.#running = tailCommand({
      loaded,
      clock: tail.clock,
      signal: tail.#stop.signal,
      stdout: { write: (text) => tail.#write('stdout', text) },
      stderr: { write: (text) => tail.#write('stderr', text) },
      display: { width: undefined, color: false, glyphs: {} as never },
      terminal,
    });
    t.after(() => tail.#stop.abort());
    return tail;
  }

  get exitCode(): Promise<number> {
    return this.#running ?? assert.fail('it was never started');
  }

  /** Ctrl-C. */
  interrupt(): Promise<number> {
    this.#stop.abort();
    return this.exitCode;
  }

  async until(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<void> {
    while (!pattern.test(this[stream])) await once(this.#changes, 'change');
  }

  #write(stream: 'stdout' | 'stderr', text: string): void {
    this[stream] += text;
    this.#changes.emit('change');
  }
}

async function subscribed(agent: Awaited<ReturnType<typeof startServer>>['agent'], count: number): Promise<void> {
  while (agent.subscriptions.length < count) await new Promise(setImmediate);
}

test('prints lines for people on a terminal, until it is interrupted', async (t) => {
  const { path, agent } = await startServer(t);
  const tail = Tail.start(t, ['collector/process/#', '--control-socket', path], { terminal: true });
  await subscribed(agent, 1);
  assert.equal(agent.subscriptions[0]?.pattern, 'collector/process/#');
  agent.publish(eventOf(1), eventOf(2));
  await tail.until('stdout', /\(2\)\n$/);
  assert.match(tail.stdout, /^[\d:.]{12} INFO {2}procmond\.process\.started started sh \(1\)\n[^\n]+\n$/);
  assert.equal(await tail.interrupt(), 0);
  assert.equal(tail.stderr, '');
});

test('prints JSON in a pipe, safe for whoever looks at it, and the same to a parser', async (t) => {
  const { path, agent } = await startServer(t);
  const tail = Tail.start(t, ['--control-socket', path]);
  await subscribed(agent, 1);
  assert.equal(agent.subscriptions[0]?.pattern, 'collector/#');
  const hostile = eventOf(1, { body: 'a\nb \u001b[2J \u202e' });
  agent.publish(hostile);
  await tail.until('stdout', /\n$/);
  assert.doesNotMatch(tail.stdout, /[^\P{Cc}\n]|[\u202a-\u202e]/u);
  assert.deepEqual(JSON.parse(tail.stdout) as EventLine, hostile);
});

for (const [format, terminal, pattern] of [
  ['table', false, /^[\d:.]{12} INFO/],
  ['ndjson', true, /^\{"topic"/],
] as const) {
  test(`prints as it is told to: ${format}`, async (t) => {
    const { path, agent } = await startServer(t);
    const tail = Tail.start(t, ['--format', format, '--control-socket', path], { terminal });
    await subscribed(agent, 1);
    agent.publish(eventOf(1));
    await tail.until('stdout', pattern);
  });
}

test('says that procmond stopped, waits for the next one, and goes on with it', async (t) => {
  const path = join(scratchDirectory(t), 'control.sock');
  const first = await startServer(t, { path, limits: { closeMillis: 60_000 } });
  const tail = Tail.start(t, ['--control-socket', path]);
  await subscribed(first.agent, 1);
  await first.server.close();
  await tail.until('stderr', /^procmond has stopped; waiting for it to come back\n$/);
  // Nobody is there yet.
  await tail.clock.sleeping((millis) => millis === 500);
  tail.clock.advance(500);
  await tail.clock.sleeping((millis) => millis === 500);
  const second = await startServer(t, { path });
  tail.clock.advance(500);
  await subscribed(second.agent, 1);
  await tail.until('stderr', /procmond is there again; what was committed before this line is not shown\n$/);
  second.agent.publish(eventOf(9));
  await tail.until('stdout', /"seq":9/);
  assert.equal(await tail.interrupt(), 0);
});

test('ends while it waits when it is interrupted', async (t) => {
  const { path, agent, server } = await startServer(t, { limits: { closeMillis: 60_000 } });
  const tail = Tail.start(t, ['--control-socket', path]);
  await subscribed(agent, 1);
  await server.close();
  await tail.clock.sleeping(() => true);
  assert.equal(await tail.interrupt(), 0);
});

test('ends with 1 when no procmond was there to begin with, naming the socket', async (t) => {
  const path = join(scratchDirectory(t), 'control.sock');
  const tail = Tail.start(t, ['--control-socket', path]);
  assert.equal(await tail.exitCode, 1);
  assert.match(tail.stderr, new RegExp(`^procmond: no running procmond answers on ${path}: there is no such socket; `));
});

test('ends with 2 for an illegal pattern, naming the place', async (t) => {
  const { path } = await startServer(t);
  const tail = Tail.start(t, ['collector/*', '--control-socket', path]);
  assert.equal(await tail.exitCode, 2);
  assert.match(tail.stderr, /^procmond: cannot subscribe to "collector\/\*": segment 2 /);
});
