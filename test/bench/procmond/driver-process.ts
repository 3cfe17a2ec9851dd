import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../../src/base/clock.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { VERSION } from '../../../src/base/version.ts';
import { Collector } from '../../../src/collector/collector.ts';
import { Metrics } from '../../../src/metrics/metrics.ts';
import { hostResource, readHostId } from '../../../src/otlp/host-resource.ts';
import { startNodeSdk } from '../../../src/otlp/node-sdk.ts';
import { LinuxEnumerator } from '../../../src/process/enumerate/linux/linux-enumerator.ts';
import { ProcessEventSource } from '../../../src/process/process-event-source.ts';
import type { EmitMode } from '../../../src/process/process-source-config.ts';
import { SnapshotStore } from '../../../src/store/snapshot-store.ts';
import { answerQuestions } from '../host/forked-part.ts';
import { fileBytesWritten } from './file-bytes-written.ts';
import { cpuMillis, PhaseMarks } from './phase-marks.ts';

export interface DriverOptions {
  readonly dataDirectory: string;
  /** Logs URL, complete. */
  readonly url: string;
  readonly emit: EmitMode;
  /** On when absent, as in the daemon. */
  readonly enhanced?: boolean;
  /** The enumerator's default when absent; 0 = no rolling refresh. */
  readonly refreshCycles?: number;
  /** Each cycle by a new source with a new enumerator and an empty store of its own: a first cycle, by code that is warm. */
  readonly alwaysNew?: boolean;
}

/** Asks for one cycle. */
export interface DriverQuestion {
  /** Whether what was committed is delivered before the answer. */
  readonly deliver: boolean;
}

/** CPU milliseconds, user and system, of all threads. */
export interface CycleCpu {
  readonly enumerate: number;
  /** Comparing with the snapshot, and planning the events. */
  readonly diff: number;
  /** The transaction: making, compressing and storing the records, and the snapshot. */
  readonly commit: number;
  /** Everything from the committed outbox to the empty one. */
  readonly deliver: number;
}

export interface DrivenCycle {
  readonly cpuMillis: CycleCpu;
  /** What `procmond_cycle_phase_seconds{phase="commit"}` shows: wall time from the plan to the end of the cycle. */
  readonly commitWallMillis: number;
  readonly processes: number;
  /** Committed by this cycle, its own record included. */
  readonly records: number;
  readonly writtenBytes: { readonly commit: number; readonly deliver: number };
  readonly outbox: { readonly records: number; readonly pageBytes: number };
  readonly storeBytes: number;
}

const DELIVERY_LIMIT_MILLIS = 60_000;

const options = JSON.parse(process.argv[2] as string) as DriverOptions;
const hostId = readHostId('/etc/machine-id');
const lasting = await SnapshotStore.open({ directory: options.dataDirectory });
const instanceId = lasting.instanceId(hostId);
const sdk = startNodeSdk(hostResource({ version: VERSION, instanceId, hostId, env: process.env }), silentLogger);
const driven = options.alwaysNew === true ? undefined : assemble(lasting);

answerQuestions(
  (question: DriverQuestion) => (driven === undefined ? runNew(question) : runCycle(driven, question)),
  async () => {
    await sdk.stop();
    await lasting.close();
  },
);

type Driven = ReturnType<typeof assemble>;

/** As the daemon puts itself together, with a mark at each change of phase. */
function assemble(store: SnapshotStore) {
  const { outbox } = store;
  const metrics = new Metrics({
    version: VERSION,
    live: {
      outboxRecords: () => outbox.recordCount,
      outboxBytes: () => outbox.byteCount,
      oldestAgeSeconds: () => 0,
      storeBytes: () => store.fileBytes(),
    },
  });
  const marks = new PhaseMarks();
  const { emit, refreshCycles, enhanced: collectEnhancedMetadata = true } = options;
  const enumerator = new LinuxEnumerator({ procRoot: '/proc', clock: systemClock, hostId });
  const config = { emit, collectEnhancedMetadata, ...(refreshCycles !== undefined && { refreshCycles }) };
  const { loggerProvider } = sdk;
  return {
    store,
    metrics,
    marks,
    collector: new Collector({ store, otlp: { url: options.url }, loggerProvider, observer: metrics }),
    source: new ProcessEventSource(store, config, { enumerator: marks.around(enumerator) }),
  };
}

async function runNew(question: DriverQuestion): Promise<DrivenCycle> {
  const directory = join(options.dataDirectory, 'new');
  const store = await SnapshotStore.open({ directory });
  try {
    const fresh = assemble(store);
    const cycle = await runCycle(fresh, question);
    await fresh.source.stop();
    return cycle;
  } finally {
    await store.close();
    await rm(directory, { recursive: true });
  }
}

async function runCycle(
  { store, collector, source, marks, metrics }: Driven,
  { deliver }: DriverQuestion,
): Promise<DrivenCycle> {
  const firstSeq = store.outbox.nextSeq;
  const wroteBefore = fileBytesWritten();
  const started = cpuMillis();
  const report = await source.runCycle(marks.before(collector.sinkFor(source)), new AbortController().signal);
  const committed = cpuMillis();
  const wroteCommitted = fileBytesWritten();
  metrics.cycleEnded(report);
  const outbox = { records: store.outbox.recordCount, pageBytes: store.outbox.byteCount };
  const deliveryStarted = cpuMillis();
  if (deliver && !(await collector.drain({ limitMillis: DELIVERY_LIMIT_MILLIS, patient: true }))) {
    throw new Error(`not delivered: ${collector.exportBlock?.message ?? 'the time was over'}`);
  }
  const delivered = cpuMillis();
  return {
    cpuMillis: {
      enumerate: marks.enumerated - started,
      diff: marks.commitStarted - marks.enumerated,
      commit: committed - marks.commitStarted,
      deliver: delivered - deliveryStarted,
    },
    commitWallMillis: report.phaseMillis.commit,
    processes: report.processes,
    records: store.outbox.nextSeq - firstSeq,
    writtenBytes: { commit: wroteCommitted - wroteBefore, deliver: fileBytesWritten() - wroteCommitted },
    outbox,
    storeBytes: store.fileBytes(),
  };
}
