import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { waitUntil } from '../fake/wait-until.ts';
import { type OtlpValue, type ReceivedRecord, textOf } from './harness/read-otlp-file.ts';
import { observedIn, type ReceivedCycle, receivedCycles } from './harness/received-cycles.ts';
import { scratchDirectory } from './harness/scratch-directory.ts';
import { type ObservedProcess, startBusy, startSleeper } from './harness/start-observed.ts';
import { startPipeline } from './harness/start-pipeline.ts';
import { startProcmond } from './harness/start-procmond.ts';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const UUID_V8 = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** `btime` of /proc/stat has whole seconds, start times have clock ticks of 10 ms: a creation time may be early by both. */
const CREATION_TIME_EARLY_MILLIS = 1_100;

const TEN_SECONDS_NANOS = 10_000_000_000n;

test('what runs on this host reaches the backends through the OTel Collector', async (t) => {
  const directory = await scratchDirectory(t);
  const pipeline = await startPipeline(t, directory);
  const busy = await startBusy(t, ['two words', '', 'ünï']);
  await startProcmond(t, { dataDirectory: join(directory, 'procmond'), endpoint: pipeline.collector.endpoint });
  const find = <T>(what: string, pick: (records: readonly ReceivedRecord[]) => T | undefined) =>
    waitUntil(what, async () => pick(await pipeline.received()));
  const findEvent = (eventName: string, { pid }: { readonly pid: number }) =>
    find(`${eventName} of ${pid} is there`, (records) =>
      records.find((record) => record.eventName === eventName && record.attributes['process.pid'] === pid),
    );

  await find('the first cycle is there', (records) => receivedCycles(records)[0]);
  const sleeper = await startSleeper(t, directory, 'e2e-sleeper');
  const started = await findEvent('procmond.process.started', sleeper);
  const observed = await findEvent('procmond.process.observed', sleeper);

  await t.test('tells a start once, with what the process is', () => {
    assertDescribes(started, sleeper);
    assert.equal(started.attributes['procmond.topic'], 'collector/process/lifecycle');
    assert.equal(started.attributes['procmond.lifecycle.cause'], 'live');
  });

  await t.test('tells every process in every cycle', () => {
    assertDescribes(observed, sleeper);
    assert.equal(observed.attributes['procmond.topic'], 'collector/process/events');
    assert.equal(observed.attributes['procmond.process.cpid'], started.attributes['procmond.process.cpid']);
  });

  await t.test('keeps arguments apart, whatever is in them', async () => {
    const { attributes } = await findEvent('procmond.process.observed', busy);
    assert.deepEqual(attributes['process.command_args'], busy.commandLine);
    assert.equal(attributes['process.args_count'], busy.commandLine.length);
  });

  await t.test('tells an end, with the life that ended and the time between which it did', async () => {
    const before = Date.now();
    await sleeper.stop();
    const after = Date.now();

    const { attributes, severityNumber } = await findEvent('procmond.process.stopped', sleeper);

    assert.equal(severityNumber, 9);
    assert.equal(attributes['procmond.topic'], 'collector/process/lifecycle');
    assert.equal(attributes['procmond.lifecycle.cause'], 'live');
    assert.equal(attributes['event.name'], 'procmond.process.stopped');
    for (const same of ['procmond.process.cpid', 'process.creation.time', 'process.command_args', 'process.owner']) {
      assert.deepEqual(attributes[same], started.attributes[same], same);
    }
    assert.ok(millisOf(attributes['procmond.exit.not_before']) <= after);
    assert.ok(millisOf(attributes['process.exit.time']) >= before);
  });

  await t.test('leaves no process out, and takes no thread for one', async () => {
    const before = processIds();
    const cyclesBefore = idsOf(receivedCycles(await pipeline.received()));
    // The one after the next has begun after `before` was read.
    const cycle = await find('two more cycles are there', (records) => {
      const [, second] = receivedCycles(records).filter(({ id }) => !cyclesBefore.has(id));
      return second !== undefined && second.records.length >= announcedSize(second) ? second : undefined;
    });
    const after = processIds();

    const told = observedIn(cycle).map(({ attributes }) => Number(attributes['process.pid']));
    assert.equal(new Set(told).size, told.length);
    const throughout = [...before].filter((pid) => after.has(pid));
    assert.deepEqual(
      throughout.filter((pid) => !told.includes(pid)),
      [],
    );
    const threads = threadIds(busy.pid).filter((id) => id !== busy.pid);
    assert.ok(threads.length > 0);
    assert.deepEqual(
      threads.filter((id) => told.includes(id)),
      [],
    );
  });

  await t.test('goes on after the first ten seconds', async () => {
    await find('a late cycle is there', (records) => {
      const [first, ...later] = receivedCycles(records).map(({ completed }) => completed.timeNanos);
      return later.find((time) => first !== undefined && time - first > TEN_SECONDS_NANOS);
    });
  });

  await t.test('says of each cycle how many records it has', async () => {
    const completed = receivedCycles(await pipeline.received());
    // What a route hands on late is not missing yet.
    await find('each of these cycles is whole', (records) => {
      const sizes = new Map(receivedCycles(records).map((cycle) => [cycle.id, cycle.records.length]));
      return completed.every((cycle) => (sizes.get(cycle.id) ?? 0) >= announcedSize(cycle)) || undefined;
    });
    for (const cycle of receivedCycles(await pipeline.received()).filter(({ id }) => idsOf(completed).has(id))) {
      assert.equal(cycle.records.length, announcedSize(cycle), cycle.id);
    }
  });

  await t.test('tells memory in bytes and CPU in cores', async () => {
    const { attributes } = lastOf(await pipeline.received(), busy);
    const residentBytes = residentBytesOf(busy.pid);
    const told = Number(attributes['procmond.process.memory.rss']);
    assert.ok(Math.abs(told - residentBytes) <= residentBytes / 5, `${told} told, ${residentBytes} in status`);
    assert.equal(attributes['procmond.process.threads'], threadIds(busy.pid).length);
    const cores = Number(attributes['procmond.process.cpu.utilization']);
    assert.ok(cores > 0.05 && cores < 1.5, `half a core busy is told as ${cores}`);
  });
});

/** What a `started` and an `observed` have in common. */
function assertDescribes(
  { attributes, eventName, severityNumber, resource }: ReceivedRecord,
  told: ObservedProcess,
): void {
  const { uid, username } = userInfo();
  const name = told.executablePath.slice(told.executablePath.lastIndexOf('/') + 1);
  const expected: Readonly<Record<string, OtlpValue>> = {
    'event.name': eventName,
    'process.pid': told.pid,
    'process.parent_pid': process.pid,
    'process.executable.path': told.executablePath,
    'process.executable.name': name,
    'process.command_args': told.commandLine,
    'process.args_count': told.commandLine.length,
    'procmond.process.comm': name,
    'process.user.id': uid,
    'process.owner': username,
  };
  assert.equal('procmond.process.kernel_thread' in attributes, false);
  assert.deepEqual(
    Object.fromEntries(Object.keys(expected).map((attribute) => [attribute, attributes[attribute]])),
    expected,
  );
  assert.equal(severityNumber, 9);
  assert.equal(resource['service.name'], 'procmond');
  assert.match(textOf(attributes['log.record.uid']), UUID_V7);
  assert.match(textOf(attributes['procmond.cycle.id']), UUID_V7);
  assert.match(textOf(attributes['procmond.process.cpid']), UUID_V8);
  assert.ok(Number.isSafeInteger(attributes['procmond.seq']) && Number(attributes['procmond.seq']) >= 1);
  const [before, after] = told.startedBetween;
  const createdAt = millisOf(attributes['process.creation.time']);
  assert.ok(
    createdAt >= before - CREATION_TIME_EARLY_MILLIS && createdAt <= after,
    `created at ${createdAt}, the test made it between ${before} and ${after}`,
  );
}

function announcedSize({ completed }: ReceivedCycle): number {
  return Number(completed.attributes['procmond.cycle.events']);
}

function idsOf(cycles: readonly ReceivedCycle[]): ReadonlySet<string> {
  return new Set(cycles.map(({ id }) => id));
}

function lastOf(records: readonly ReceivedRecord[], { pid }: { readonly pid: number }): ReceivedRecord {
  const last = records.findLast(
    ({ eventName, attributes }) => eventName === 'procmond.process.observed' && attributes['process.pid'] === pid,
  );
  assert.ok(last);
  return last;
}

function millisOf(time: OtlpValue | undefined): number {
  return Date.parse(textOf(time));
}

function processIds(): ReadonlySet<number> {
  return new Set(readdirSync('/proc').map(Number).filter(Number.isInteger));
}

function threadIds(pid: number): readonly number[] {
  return readdirSync(`/proc/${pid}/task`).map(Number);
}

/** `VmRSS` of proc_pid_status(5), which is in kB. */
function residentBytesOf(pid: number): number {
  const [, kibibytes] = /^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) * 1024;
}
