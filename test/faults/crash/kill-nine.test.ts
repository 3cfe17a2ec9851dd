import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { type FSWatcher, watch } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { SnapshotState } from '../../../src/event/snapshot-state.ts';
import { SnapshotStore } from '../../../src/store/snapshot-store.ts';
import { ACCEPT, OtlpEndpoint, type Step, status } from '../../fake/otlp-endpoint.ts';
import type { ReceivedRecord } from '../../fake/received-record.ts';
import { RunningProcmond } from '../../fake/running-procmond.ts';
import { scratchDirectory } from '../../fake/scratch-store.ts';
import { seededRandom } from '../../fake/seeded-random.ts';
import { ProcTree, statLine, statusText } from '../../process/enumerate/linux/proc-tree.ts';

const KILLS = 24;

/** When it is killed, in parts of the time that a first cycle takes here: from before the store is open to well after. */
const [EARLIEST, LATEST] = [0.4, 1.9];

/** Every other time it is killed at one of its first writes to the data file, before: that is in the middle of a commit. */
const WRITES = 8;

test('loses nothing that was committed, whenever it is killed and whatever the endpoint does', async (t) => {
  const seed = Number(process.env['PROCMOND_TEST_SEED'] ?? randomInt(2 ** 31));
  try {
    await killAgainAndAgain(t, seededRandom(seed));
  } catch (error) {
    throw new Error(`failed with PROCMOND_TEST_SEED=${seed}`, { cause: error });
  }
});

async function killAgainAndAgain(t: TestContext, random: () => number): Promise<void> {
  const endpoint = await OtlpEndpoint.start(t);
  const dataDirectory = scratchDirectory(t);
  const host = new ChangingHost(t);
  const start = () => {
    host.change();
    return RunningProcmond.start(t, { dataDirectory, endpoint: endpoint.baseUrl, procRoot: host.procRoot });
  };
  const cycles = new Set<string>();

  const startedAt = performance.now();
  const unhurt = start();
  await unhurt.while(endpoint.until(() => endpoint.taken.some(isEndOfNewCycle(cycles))));
  const firstCycleMillis = performance.now() - startedAt;
  await unhurt.end('SIGKILL');

  endpoint.otherwise = () => moody(random());
  for (let kill = 0; kill < KILLS; kill++) {
    const procmond = start();
    const write = 1 + Math.floor(random() * WRITES);
    const watcher = kill % 2 === 0 ? killAtWrite(procmond, join(dataDirectory, 'data.mdb'), write) : undefined;
    await procmond.orEnd(delay(firstCycleMillis * (EARLIEST + random() * (LATEST - EARLIEST))));
    assert.equal(await procmond.end('SIGKILL'), 'SIGKILL', procmond.log);
    watcher?.close();
    assert.doesNotMatch(procmond.log, / ERROR /);
    const left = await examine(dataDirectory, endpoint.taken);
    if (left.state !== undefined) cycles.add(left.state.cycleId);
  }
  assert.ok(cycles.size >= 4, `only ${cycles.size} of ${KILLS} runs came to a cycle`);

  endpoint.otherwise = () => ACCEPT;
  const seenBefore = endpoint.taken.length;
  const last = start();
  await last.while(endpoint.until(() => endpoint.taken.slice(seenBefore).some(isEndOfNewCycle(cycles))));
  assert.equal(await last.end('SIGTERM'), 0, last.log);

  const left = await examine(dataDirectory, endpoint.taken);
  assert.equal(left.waiting, 0);
  assertDelivered(endpoint.taken, left.nextSeq - 1);
  const duplicates = endpoint.taken.length - (left.nextSeq - 1);
  const names = new Set(endpoint.taken.map(({ eventName }) => eventName));
  for (const kind of ['observed', 'started', 'stopped', 'changed'])
    assert.ok(names.has(`procmond.process.${kind}`), kind);
  t.diagnostic(`${KILLS} kills, ${cycles.size} cycles, ${left.nextSeq - 1} records, ${duplicates} of them again`);
}

function killAtWrite(procmond: RunningProcmond, file: string, write: number): FSWatcher {
  let writes = 0;
  return watch(file, () => {
    writes += 1;
    if (writes === write) void procmond.end('SIGKILL');
  });
}

/** Well half of the time; tires the exporter out, or cuts it off, before or after it took the records, the other half. */
function moody(mood: number): Step {
  if (mood < 0.5) return ACCEPT;
  if (mood < 0.65) return status(503, 'sending queue is full', { 'retry-after': '0' });
  if (mood < 0.7) return status(503, 'sending queue is full');
  if (mood < 0.8) return { kind: 'cut_before' };
  return { kind: mood < 0.95 ? 'cut_after' : 'cut_answer' };
}

/** A host of a hundred processes, five of which have made room for others whenever one looks; one has run another program. */
class ChangingHost {
  readonly #tree: ProcTree;
  #lastPid = 0;
  #startTicks = 1_000;

  constructor(t: TestContext) {
    this.#tree = new ProcTree(t);
    this.#tree.write('stat', 'btime 1795398100\nprocesses 50697\n');
    this.#tree.write('sys/kernel/random/boot_id', '3f2c1d7e-9a64-4b08-8e51-c0ffee123456\n');
    for (let pid = 1; pid <= 100; pid++) this.#begin();
  }

  get procRoot(): string {
    return this.#tree.root;
  }

  change(): void {
    for (let count = 0; count < 5; count++) {
      this.#tree.remove(String(this.#lastPid - 99));
      this.#begin();
    }
    this.#tree.write(`${this.#lastPid - 50}/cmdline`, `other\0${this.#startTicks}\0`);
  }

  #begin(): void {
    this.#lastPid += 1;
    this.#startTicks += 7;
    const pid = this.#lastPid;
    this.#tree.write(`${pid}/stat`, statLine({ pid, startTicks: this.#startTicks }));
    this.#tree.write(`${pid}/status`, statusText(pid));
    this.#tree.write(`${pid}/cmdline`, `sleep\0${pid}\0`);
    this.#tree.link(`${pid}/exe`, '/usr/bin/sleep');
  }
}

interface Remains {
  readonly state: SnapshotState | undefined;
  readonly waiting: number;
  readonly nextSeq: number;
}

/** What a killed procmond left behind must be whole: what waits follows on what was taken, and the snapshot on the last cycle. */
async function examine(dataDirectory: string, taken: readonly ReceivedRecord[]): Promise<Remains> {
  const store = await SnapshotStore.open({ directory: dataDirectory });
  try {
    const { outbox, snapshot } = store;
    const waiting = outbox.take({ maxRecords: 1e6, maxBytes: 1e9, acrossTopics: true });
    const rows = waiting.map(({ seq, row }) => ({ seq, ...(JSON.parse(row) as StoredRow) }));
    assert.equal(waiting.length, outbox.recordCount);
    const firstWaiting = waiting[0]?.seq ?? outbox.nextSeq;
    assert.deepEqual(
      rows.map(({ seq }) => seq),
      range(firstWaiting, outbox.nextSeq - 1),
    );
    for (const { seq, a } of rows) assert.equal(a['procmond.seq'], seq);
    const takenSeqs = new Set(taken.map(({ seq }) => seq));
    for (let seq = 1; seq < firstWaiting; seq++)
      assert.ok(takenSeqs.has(seq), `${seq} left the outbox but never arrived`);

    const state = snapshot.state();
    const ended = [
      ...taken.filter(({ eventName }) => eventName === 'procmond.cycle.completed').map(({ attributes }) => attributes),
      ...rows.filter(({ n }) => n === 'procmond.cycle.completed').map(({ a }) => a),
    ].sort((one, two) => Number(one['procmond.seq']) - Number(two['procmond.seq']));
    assert.equal(ended.at(-1)?.['procmond.cycle.id'], state?.cycleId, 'the snapshot is that of the last cycle told');
    assert.equal(ended.at(-1)?.['procmond.cycle.processes'] ?? 0, snapshot.rows().length);
    assert.equal(snapshot.figures().size, snapshot.rows().length);
    return { state, waiting: waiting.length, nextSeq: outbox.nextSeq };
  } finally {
    await store.close();
  }
}

interface StoredRow {
  readonly n: string;
  readonly a: Readonly<Record<string, unknown>>;
}

/** At least once, in order, and again only the same in every byte. */
function assertDelivered(taken: readonly ReceivedRecord[], lastSeq: number): void {
  const first = new Map<number, ReceivedRecord>();
  for (const record of taken) {
    const before = first.get(record.seq);
    if (before === undefined) first.set(record.seq, record);
    else assert.equal(record.content, before.content, `record ${record.seq} came again, and differs`);
  }
  assert.deepEqual([...first.keys()], range(1, lastSeq), 'in the order of the sequence numbers, without a gap');
  assert.equal(new Set([...first.values()].map(({ uid }) => uid)).size, lastSeq);
}

function isEndOfNewCycle(known: ReadonlySet<string>) {
  return ({ eventName, attributes }: ReceivedRecord) =>
    eventName === 'procmond.cycle.completed' && !known.has(String(attributes['procmond.cycle.id']));
}

function range(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
