import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { IdleProcesses } from '../host/idle-processes.ts';
import { Sink } from '../procmond/sink.ts';
import { startReferences } from '../references/references.ts';
import { type CycleCost, measureCycleCost } from './cycle-cost.ts';
import { type DaemonCost, measureDaemon } from './daemon-cost.ts';
import { type HashCost, measureHashCost } from './hash-cost.ts';
import { type InventoryCost, measureInventory } from './inventory-cost.ts';
import { type LargeOutboxCost, measureLargeOutbox, measureOutboxCost, type OutboxCost } from './outbox-cost.ts';
import { measureReading, type ReadingCost } from './reading-cost.ts';
import { measureRecordBytes, type RecordBytes } from './record-bytes.ts';
import { measureRedactionCost, type RedactionCost } from './redaction-cost.ts';
import { measureStart, type StartCost } from './start-cost.ts';
import { measureTopicBus, type TopicBusCost } from './topic-bus-cost.ts';

/** Everything that is measured beside one number of idle processes. */
export interface HostCost {
  readonly idleProcesses: number;
  /** Of one idle process; undefined where the kernel does not tell. */
  readonly meanIdleBytes: number | undefined;
  readonly rounds: number;
  readonly cycles: CycleCost;
  readonly reading: ReadingCost;
  readonly inventory: InventoryCost;
  /** What is the same for one record, or is to be known, on a host of usual size. */
  readonly small: SmallHostCost | undefined;
}

export interface SmallHostCost {
  readonly start: StartCost;
  readonly bytes: RecordBytes;
  /** Cycle after cycle, without the time between them. */
  readonly daemonFast: DaemonCost;
  readonly daemon: DaemonCost;
  readonly outbox: OutboxCost;
  /** Where it was asked for. */
  readonly largeOutbox: LargeOutboxCost | undefined;
  readonly topicBus: TopicBusCost;
  readonly redaction: RedactionCost;
  readonly hashing: HashCost;
}

export interface HostOptions {
  readonly idleProcesses: number;
  /** As asked for; a large host has half of them, since each cycle has many times the processes. */
  readonly rounds: number;
  readonly peers: boolean;
  /** Whether an outbox of millions of records is filled. */
  readonly large: boolean;
  /** What is written while it runs, on a real disk. */
  readonly directory: string;
  /** Programs to compare with stay here between runs. */
  readonly cacheDirectory: string;
  readonly nodeOptions: readonly string[];
  readonly say: (what: string) => void;
}

const LARGEST_SMALL_HOST = 2_000;

const OUTBOX_RECORDS = 100_000;

/** A day at 1,000 processes, a cycle in 30 s. */
const LARGE_OUTBOX_RECORDS = 3_000_000;

const REAL_CYCLES = 10;
const SKIPPING_CYCLES = 50;

/** @param owned what runs meanwhile; to be disposed of when this has ended, in whatever way */
export async function measureHost(owned: AsyncDisposableStack, options: HostOptions): Promise<HostCost> {
  const { idleProcesses, say, directory } = options;
  const isSmall = idleProcesses <= LARGEST_SMALL_HOST;
  const rounds = isSmall ? options.rounds : Math.ceil(options.rounds / 2);
  mkdirSync(directory, { recursive: true });
  say(`${idleProcesses} idle processes`);
  const idle = owned.use(await IdleProcesses.start(idleProcesses, directory));
  const sink = owned.use(await Sink.start());
  const { url } = sink;
  const cycles = await cycleCost(options, rounds, url);
  say('what reading does to the event loop and the heap');
  const reading = await measureReading({ processes: idleProcesses });
  say('the program, its first inventory and the cycles after it');
  const inventory = await measureInventory({ directory, sink });
  const small = isSmall ? await smallHostCost(options, url) : undefined;
  return { idleProcesses, meanIdleBytes: idle.meanBytes(), rounds, cycles, reading, inventory, small };
}

/** The references live as long as this takes: beside the rest they would only be in the way. */
async function cycleCost(options: HostOptions, rounds: number, url: string): Promise<CycleCost> {
  await using running = new AsyncDisposableStack();
  options.say('references');
  const references = await startReferences(running, options);
  options.say(`${rounds} cycles of each kind, references in between`);
  return await measureCycleCost({
    rounds,
    url,
    directory: options.directory,
    references,
    fork: { nodeOptions: options.nodeOptions },
  });
}

async function smallHostCost(options: HostOptions, url: string): Promise<SmallHostCost> {
  const { directory, rounds, say } = options;
  say('start to first cycle');
  const start = await measureStart({ directory, url });
  say('bytes per record');
  const bytes = await measureRecordBytes({ directory });
  const daemon = (name: string, cycles: number, skipIdleTime: boolean) =>
    measureDaemon({ cycles, skipIdleTime, dataDirectory: join(directory, name), url });
  say(`the program, ${SKIPPING_CYCLES} cycles one after the other`);
  const daemonFast = await daemon('daemon-fast', SKIPPING_CYCLES, true);
  say(`the program, ${REAL_CYCLES} cycles, one in 5 s`);
  const slowly = await daemon('daemon', REAL_CYCLES, false);
  say(`cycles beside ${OUTBOX_RECORDS} records in the outbox`);
  const outbox = await measureOutboxCost({
    directory: join(directory, 'outbox'),
    url,
    rounds,
    records: OUTBOX_RECORDS,
  });
  const largeOutbox = options.large ? await largeOutboxCost(options, url) : undefined;
  say('publishing to subscribers, redaction, hashes');
  const topicBus = await measureTopicBus();
  const redaction = measureRedactionCost();
  const hashing = await measureHashCost({ directory, processes: 1_000, files: 60, rounds: 5 });
  return { start, bytes, daemonFast, daemon: slowly, outbox, largeOutbox, topicBus, redaction, hashing };
}

async function largeOutboxCost({ directory, rounds, say }: HostOptions, url: string): Promise<LargeOutboxCost> {
  say(`filling an outbox with ${LARGE_OUTBOX_RECORDS} records, cycles beside it, and starts with it`);
  return measureLargeOutbox({ directory: join(directory, 'large-outbox'), url, rounds, records: LARGE_OUTBOX_RECORDS });
}
