import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ReloadReport, StatusReport } from '../../../src/control/protocol.ts';
import { OtlpEndpoint } from '../../fake/otlp-endpoint.ts';
import { Program } from '../../fake/program.ts';
import type { ReceivedRecord } from '../../fake/received-record.ts';
import { bodyOf, startDaemon } from '../../fake/running-daemon.ts';
import { scratchDirectory } from '../../fake/scratch-store.ts';

const HASH = 'procmond.executable.hash.sha256';

test('slows what can wait where its budget is used up, tells every life all the same, and takes up all of it when the budget is raised', async (t) => {
  if (process.platform !== 'linux') return t.skip('there is no /proc to read on this platform');
  const host = await Host.start(t, { 'cpu-budget': 0.1, 'compute-hashes': true });
  const { endpoint, program } = host;

  const slowed = await host.record(({ eventName, attributes }) => {
    return eventName === 'procmond.agent.degraded' && attributes['procmond.budget.state'] === 'paused';
  });
  assert.equal(slowed.attributes['procmond.degraded.reason'], 'cpu_budget');
  assert.equal(slowed.attributes['procmond.budget.cpu.limit_percent'], 0.1);
  assert.match(
    program.log,
    /WARN.* (?:near the end of|beyond) the budget \(.* % of one core over a minute, of 0\.1 %.*: executables are not hashed/,
  );

  const newcomer = new Newcomer(t);
  const ofNewcomer = (eventName: string) => (record: ReceivedRecord) =>
    record.eventName === eventName && record.attributes['process.pid'] === newcomer.pid;
  await host.record(ofNewcomer('procmond.process.started'));
  const unhashed = await host.record(ofNewcomer('procmond.process.observed'));
  assert.equal(unhashed.attributes[HASH], undefined);
  const ofItsCycle = (record: ReceivedRecord) => {
    const { attributes, eventName } = record;
    return (
      eventName === 'procmond.cycle.completed' &&
      attributes['procmond.cycle.id'] === unhashed.attributes['procmond.cycle.id']
    );
  };
  const cycle = await host.record(ofItsCycle);
  assert.equal(cycle.attributes['procmond.cycle.refresh_cycles'], 100);
  const budget = (await host.status()).budget;
  assert.ok(budget?.state === 'paused' || budget?.state === 'exceeded', JSON.stringify(budget));
  assert.ok(budget.cpu.share > 1);

  const reload = await host.configure({ 'cpu-budget': 50, 'compute-hashes': true });
  assert.deepEqual(
    reload.applied.map(({ name }) => name),
    ['cpu-budget'],
  );
  const recovered = await host.record(({ eventName }) => eventName === 'procmond.agent.recovered');
  assert.equal(recovered.attributes['procmond.budget.state'], 'kept');
  const hashed = await host.record((record) => {
    return ofNewcomer('procmond.process.observed')(record) && record.attributes[HASH] !== undefined;
  });
  assert.equal(hashed.attributes[HASH], newcomer.sha256);
  assert.equal(await program.end('SIGTERM'), 0, program.log);
  assert.ok(endpoint.taken.length > 0);
});

test('slows what can wait where its memory budget is used up, says so once, goes on beyond it, and is well again when it is raised', async (t) => {
  if (process.platform !== 'linux') return t.skip('there is no /proc to read on this platform');
  const host = await Host.start(t, { 'memory-budget': '1MiB' });
  const slowed = await host.record(({ eventName }) => eventName === 'procmond.agent.degraded');
  assert.equal(slowed.attributes['procmond.degraded.reason'], 'memory_budget');
  const { seq } = slowed;
  const isLaterCycle = (record: ReceivedRecord) => record.eventName === 'procmond.cycle.completed' && record.seq > seq;
  const cycles = () => host.endpoint.taken.filter(isLaterCycle).length;
  await host.program.while(host.endpoint.until(() => cycles() >= 2));
  assert.equal(host.endpoint.taken.filter(({ eventName }) => eventName === 'procmond.agent.degraded').length, 1);

  await host.configure({ 'memory-budget': '4GiB' });
  await host.record(({ eventName }) => eventName === 'procmond.agent.recovered');
  assert.equal((await host.status()).budget?.state, 'kept');
  assert.equal(await host.program.end('SIGTERM'), 0, host.program.log);
});

/** The real program on this host, with a configuration file. */
class Host {
  readonly endpoint: OtlpEndpoint;
  readonly #daemon: Awaited<ReturnType<typeof startDaemon>>;
  readonly #file: string;

  private constructor(endpoint: OtlpEndpoint, daemon: Awaited<ReturnType<typeof startDaemon>>, file: string) {
    this.endpoint = endpoint;
    this.#daemon = daemon;
    this.#file = file;
  }

  static async start(t: TestContext, settings: Settings): Promise<Host> {
    const endpoint = await OtlpEndpoint.start(t);
    const file = join(scratchDirectory(t), 'procmond.yaml');
    write(file, settings);
    const env = { PROCMOND_CONFIG: file, PROCMOND_EMIT: 'all' };
    return new Host(endpoint, await startDaemon(t, { endpoint: endpoint.baseUrl, env }), file);
  }

  get program() {
    return this.#daemon.program;
  }

  /** The first one that there is, or will be. */
  async record(isIt: (record: ReceivedRecord) => boolean): Promise<ReceivedRecord> {
    await this.program.while(this.endpoint.until(() => this.endpoint.taken.some(isIt)));
    return this.endpoint.taken.find(isIt) as ReceivedRecord;
  }

  async status(): Promise<StatusReport> {
    return bodyOf(await this.#daemon.client.ask<StatusReport>({ method: 'GET', path: '/v1/status' }));
  }

  async configure(settings: Settings): Promise<ReloadReport> {
    write(this.#file, settings);
    return bodyOf(await this.#daemon.client.ask<ReloadReport>({ method: 'POST', path: '/v1/reload' }));
  }
}

type Settings = Readonly<Record<string, string | number | boolean>>;

function write(file: string, settings: Settings): void {
  const lines = Object.entries(settings).map(([name, value]) => `${name}: ${value}\n`);
  writeFileSync(file, lines.join(''), { mode: 0o600 });
}

/** A process of an executable that nobody has hashed before. */
class Newcomer {
  readonly sha256: string;
  readonly pid: number;

  constructor(t: TestContext) {
    const file = join(scratchDirectory(t), 'newcomer');
    copyFileSync('/bin/sleep', file);
    this.sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
    this.pid = new Program(t, file, ['600']).pid;
  }
}
