import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { VERSION } from '../../src/base/version.ts';
import { Collector } from '../../src/collector/collector.ts';
import { Metrics } from '../../src/metrics/metrics.ts';
import { hostResource, readHostId } from '../../src/otlp/host-resource.ts';
import { startNodeSdk } from '../../src/otlp/node-sdk.ts';
import { LinuxEnumerator } from '../../src/process/enumerate/linux/linux-enumerator.ts';
import { ProcessEventSource } from '../../src/process/process-event-source.ts';
import type { EmitMode } from '../../src/process/process-source-config.ts';
import { SnapshotStore } from '../../src/store/snapshot-store.ts';
import { fileBytesWritten } from './file-bytes-written.ts';
import { answerQuestions } from './forked-part.ts';
import { cpuMillis, PhaseMarks } from './phase-marks.ts';

export interface DriverOptions {
  readonly dataDirectory: string;
  /** Logs URL, complete. */
  readonly url: string;
  readonly emit: EmitMode;
  /** The enumerator's default when absent; 0 = no rolling refresh. */
  readonly refreshCycles?: number;
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
  readonly processes: number;
  /** Committed by this cycle, its own record included. */
  readonly records: number;
  readonly writtenBytes: { readonly commit: number; readonly deliver: number };
  readonly outbox: { readonly records: number; readonly pageBytes: number };
  readonly storeBytes: number;
}

const DELIVERY_LIMIT_MILLIS = 30_000;

const options = JSON.parse(process.argv[2] as string) as DriverOptions;
const { store, collector, source, marks, metrics, sdk } = await assemble();

answerQuestions(runCycle, async () => {
  await sdk.stop();
  await store.close();
});

/** As the daemon puts itself together, with a mark at each change of phase. */
async function assemble() {
  const opened = await SnapshotStore.open({ directory: options.dataDirectory });
  const hostId = readHostId('/etc/machine-id');
  const instanceId = opened.instanceId(hostId);
  const registered = startNodeSdk(
    hostResource({ version: VERSION, instanceId, hostId, env: process.env }),
    silentLogger,
  );
  const { outbox } = opened;
  const gauges = new Metrics({
    version: VERSION,
    live: {
      outboxRecords: () => outbox.recordCount,
      outboxBytes: () => outbox.byteCount,
      oldestAgeSeconds: () => 0,
      storeBytes: () => opened.fileBytes(),
    },
  });
  const phaseMarks = new PhaseMarks();
  const { emit, refreshCycles } = options;
  const enumerator = new LinuxEnumerator({
    procRoot: '/proc',
    clock: systemClock,
    hostId,
  });
  return {
    store: opened,
    sdk: registered,
    metrics: gauges,
    marks: phaseMarks,
    collector: new Collector({
      store: opened,
      otlp: { url: options.url },
      loggerProvider: registered.loggerProvider,
      observer: gauges,
    }),
    source: new ProcessEventSource(
      opened,
      { emit, ...(refreshCycles !== undefined && { refreshCycles }) },
      { enumerator: phaseMarks.around(enumerator) },
    ),
  };
}

async function runCycle({ deliver }: DriverQuestion): Promise<DrivenCycle> {
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
    processes: report.processes,
    records: store.outbox.nextSeq - firstSeq,
    writtenBytes: { commit: wroteCommitted - wroteBefore, deliver: fileBytesWritten() - wroteCommitted },
    outbox,
    storeBytes: store.fileBytes(),
  };
}
