import type { Clock } from './base/clock.ts';
import type { Logger } from './base/logger.ts';
import type { CollectorObserver, CycleReport, ExportBlock } from './base/observer.ts';
import { VERSION } from './base/version.ts';
import { cycleFields, cycleSentence } from './cli/cycle-line.ts';
import { Collector } from './collector/collector.ts';
import type { Config } from './config/config.ts';
import { PROCESS_FIELDS } from './event/process-fields.ts';
import type { RuleSettings } from './event/rule-settings.ts';
import { BinaryHasher } from './hasher/binary-hasher.ts';
import { HashEngine } from './hasher/hash-engine.ts';
import { Health } from './metrics/health.ts';
import { Metrics } from './metrics/metrics.ts';
import { type MetricsServer, startMetricsServer } from './metrics/server.ts';
import { hostResource, readHostId } from './otlp/host-resource.ts';
import { type RegisteredSdk, startNodeSdk } from './otlp/node-sdk.ts';
import { exportTimeoutMillis } from './otlp/otlp-sender.ts';
import { systemEnumerator } from './process/enumerate/system-enumerator.ts';
import { type CompiledRules, compileRules } from './process/findings/compile-rules.ts';
import { ProcessEventSource } from './process/process-event-source.ts';
import { createRedactor } from './process/redact/redactor.ts';
import { SnapshotStore } from './store/snapshot-store.ts';

export interface AgentOptions {
  readonly config: Config;
  /** What is asked of the rules. */
  readonly rules: RuleSettings;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Aborts when the program is asked to stop. */
  readonly signal: AbortSignal;
}

/** How long `--once` waits for hashes, and how long it tries to deliver. */
const ONCE_HASH_MILLIS = 30_000;
const ONCE_DELIVERY_MILLIS = 30_000;

/**
 * The daemon: builds the parts in the order the data flows, runs them until `signal` aborts, and takes them down again.
 * @throws {ProcmondError} when a part cannot be opened; what was opened before it is closed
 */
export async function runAgent(options: AgentOptions): Promise<void> {
  const { config, logger, clock, signal } = options;
  await withStore(options, async (host) => {
    const { outbox } = host.store;
    const metrics = new Metrics({ version: VERSION, live: liveFigures(host.store, clock) });
    const health = new Health({ clock, intervalMillis: () => config.intervalMillis });
    const reporter = new CycleReporter(options, () => outbox.recordCount);
    const { collector, source, hasher } = assemble(options, host, fanOut([metrics, health, reporter]));
    collector.register(source);
    collector.register(
      new BinaryHasher({ engine: hasher, procRoot: config.procRoot, roots: config.hashRoots.split(', '), clock }),
    );
    const { metricsHost, metricsPort } = config;
    const server = await startMetricsServer({ host: metricsHost, port: metricsPort, metrics, health, logger });
    try {
      sayWhereThingsAre(options, server);
      await collector.run(signal);
    } finally {
      await hasher.close();
      await server.close();
    }
    logger.info(`stopped; ${outbox.recordCount} records in the outbox wait for the next start`);
  });
}

/**
 * One cycle, then delivery until nothing is left, the endpoint refuses, or 30 s are over. What stays is told and kept.
 * @throws {ProcmondError} when the cycle could not be committed
 */
export async function runOnce(options: AgentOptions): Promise<void> {
  const { logger, signal } = options;
  await withStore(options, async (host) => {
    const { store } = host;
    const reporter = new CycleReporter(options, () => store.outbox.recordCount);
    const { collector, source, hasher } = assemble(options, host, {});
    try {
      reporter.cycleEnded(
        await source.runCycle(collector.sinkFor(source), signal, { hashBudgetMillis: ONCE_HASH_MILLIS }),
      );
    } finally {
      await hasher.close();
    }
    if (await collector.drain({ limitMillis: ONCE_DELIVERY_MILLIS, patient: true })) return;
    const why = collector.exportBlock?.message ?? 'the time was over';
    logger.warn(
      `${store.outbox.recordCount} records stay in the outbox in ${store.directory} until the next run: ${why}`,
    );
  });
}

/** What everything else is built upon. */
interface Host {
  readonly store: SnapshotStore;
  readonly hostId: string | undefined;
  readonly sdk: RegisteredSdk;
  readonly rules: CompiledRules;
}

async function withStore(
  { config, rules: settings, env, logger }: AgentOptions,
  work: (host: Host) => Promise<void>,
): Promise<void> {
  const rules = await compileRules(settings);
  const store = await SnapshotStore.open({ directory: config.dataDirectory, outboxMaxBytes: config.outboxMaxBytes });
  try {
    if (store.closedToReaders) logger.warn(`closed ${store.directory} to other users, who could read it until now`);
    const hostId = readHostId(config.machineIdFile);
    if (hostId === undefined)
      logger.warn(`records carry no host.id: there is no machine-id in ${config.machineIdFile}`);
    const instanceId = store.instanceId(hostId);
    const sdk = startNodeSdk(hostResource({ version: VERSION, instanceId, hostId, env }), logger);
    try {
      await work({ store, hostId, sdk, rules });
    } finally {
      await sdk.stop();
    }
  } finally {
    await store.close();
  }
}

function assemble({ config, env, logger, clock }: AgentOptions, host: Host, observer: CollectorObserver) {
  const { store, hostId, sdk, rules } = host;
  const collector = new Collector({
    store,
    otlp: { url: config.endpoint, timeoutMillis: exportTimeoutMillis(env) },
    loggerProvider: sdk.loggerProvider,
    observer,
    logger,
    clock,
  });
  const hasher = new HashEngine({
    cache: store.hashCache,
    bytesPerSecond: config.hashBytesPerSecond,
    concurrency: config.hashConcurrency,
    observer,
    logger,
    clock,
  });
  const source = new ProcessEventSource(
    store,
    {
      collectionIntervalMillis: config.intervalMillis,
      collectEnhancedMetadata: config.collectEnhancedMetadata,
      maxProcessesPerCycle: config.maxProcessesPerCycle,
      computeExecutableHashes: config.computeExecutableHashes,
      hashBudgetMillis: config.hashBudgetMillis,
      emit: config.emit,
      inventoryIntervalMillis: config.inventoryIntervalMillis,
      kernelThreads: config.kernelThreads,
      refreshCycles: config.refreshCycles,
      countFileDescriptors: config.countFileDescriptors,
    },
    {
      procRoot: config.procRoot,
      enumerator: systemEnumerator({ mode: config.enumerator, procRoot: config.procRoot, clock, hostId }),
      hasher,
      redactor: createRedactor(config.commandLine),
      rules,
      passwdFile: config.passwdFile,
      groupFile: config.groupFile,
      observer,
      logger,
      clock,
    },
  );
  return { collector, source, hasher };
}

function liveFigures(store: SnapshotStore, clock: Clock) {
  const { outbox } = store;
  return {
    outboxRecords: () => outbox.recordCount,
    outboxBytes: () => outbox.byteCount,
    oldestAgeSeconds: () => {
      const oldest = outbox.oldestCommittedAtMillis;
      return oldest === undefined ? 0 : Math.max(0, (clock.wallMillis() - oldest) / 1000);
    },
    storeBytes: () => store.fileBytes(),
  };
}

function sayWhereThingsAre({ config, logger }: AgentOptions, server: MetricsServer): void {
  logger.info(`procmond ${VERSION} watches every process, every ${config.intervalMillis / 1000} s`);
  logger.info(`data     ${config.dataDirectory}`);
  logger.info(`metrics  ${server.url}/metrics`);
  logger.info(`records  ${displayUrl(config.endpoint)}`);
  if (!config.collectEnhancedMetadata)
    logger.info(`left out ${ENHANCED_FIELDS.join(', ')} (--enhanced-metadata=false)`);
}

const ENHANCED_FIELDS = PROCESS_FIELDS.filter((field) => field.enhanced).map(({ attribute }) => attribute);

/** Without user info and query, which may be secret. */
function displayUrl(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}

/** One line per cycle: what was seen, and what keeps it from leaving. */
class CycleReporter implements CollectorObserver {
  readonly #options: AgentOptions;
  readonly #outboxRecords: () => number;
  #block: ExportBlock | undefined;

  constructor(options: AgentOptions, outboxRecords: () => number) {
    this.#options = options;
    this.#outboxRecords = outboxRecords;
  }

  cycleEnded(cycle: CycleReport): void {
    // What failed has been logged where it failed.
    if (cycle.outcome === 'failed') return;
    const { config, logger, clock } = this.#options;
    const line = {
      cycle,
      outboxRecords: this.#outboxRecords(),
      block: this.#block,
      nowMillis: clock.wallMillis(),
    };
    if (config.logFormat === 'json') logger.info('cycle committed', cycleFields(line));
    else logger.info(cycleSentence(line));
  }

  exportBlocked(block: ExportBlock | undefined): void {
    this.#block = block;
  }
}

function fanOut(observers: readonly CollectorObserver[]): Required<CollectorObserver> {
  return {
    cycleEnded: (report) => observers.forEach((observer) => observer.cycleEnded?.(report)),
    committed: (report) => observers.forEach((observer) => observer.committed?.(report)),
    exported: (report) => observers.forEach((observer) => observer.exported?.(report)),
    exportBlocked: (block) => observers.forEach((observer) => observer.exportBlocked?.(block)),
    triggered: (outcome, count) => observers.forEach((observer) => observer.triggered?.(outcome, count)),
    hashed: (outcome) => observers.forEach((observer) => observer.hashed?.(outcome)),
    fileRead: (report) => observers.forEach((observer) => observer.fileRead?.(report)),
  };
}
