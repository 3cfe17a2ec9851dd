import { AgentControl } from './agent-control.ts';
import type { AdjustableLogger } from './base/adjustable-logger.ts';
import type { Clock } from './base/clock.ts';
import { errorMessage } from './base/errors.ts';
import { fanOut } from './base/fan-out.ts';
import type { Logger } from './base/logger.ts';
import type { CollectorObserver } from './base/observer.ts';
import { VERSION } from './base/version.ts';
import { BudgetKeeper } from './budget/budget-keeper.ts';
import { collectGarbage } from './budget/collect-garbage.ts';
import { HeapThrift } from './budget/heap-thrift.ts';
import { CycleReporter } from './cli/cycle-reporter.ts';
import { logStart } from './cli/log-start.ts';
import { Collector } from './collector/collector.ts';
import type { Config } from './config/config.ts';
import type { LoadConfigResult, LoadedConfig } from './config/load-config.ts';
import { Reloader } from './config/reloader.ts';
import { RunningFacts } from './control/running-facts.ts';
import { type ControlServer, startControlServer } from './control/server.ts';
import type { RuleSettings } from './event/rule-settings.ts';
import { BinaryHasher } from './hasher/binary-hasher.ts';
import { HashEngine } from './hasher/hash-engine.ts';
import { Health } from './metrics/health.ts';
import { Metrics } from './metrics/metrics.ts';
import { readAnonymousBytes } from './metrics/own-process.ts';
import { startMetricsServer } from './metrics/server.ts';
import { hostResource, readHostId } from './otlp/host-resource.ts';
import { type RegisteredSdk, startNodeSdk } from './otlp/node-sdk.ts';
import { exportTimeoutMillis } from './otlp/otlp-sender.ts';
import { systemEnumerator } from './process/enumerate/system-enumerator.ts';
import { type CompiledRules, compileRules } from './process/findings/compile-rules.ts';
import { ProcessEventSource } from './process/process-event-source.ts';
import { createRedactor } from './process/redact/redactor.ts';
import type { NotifySettings } from './service/notify-settings.ts';
import { ServiceManager } from './service/service-manager.ts';
import { SnapshotStore } from './store/snapshot-store.ts';

export interface AgentOptions {
  readonly config: Config;
  /** What is asked of the rules. */
  readonly rules: RuleSettings;
  /** Regular expressions of what is hidden besides. */
  readonly redactPatterns: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Aborts when the program is asked to stop. */
  readonly signal: AbortSignal;
}

export interface DaemonOptions extends Omit<AgentOptions, 'config' | 'rules' | 'redactPatterns'> {
  readonly loaded: LoadedConfig;
  /** Reads flags, environment and file anew. */
  readonly readConfiguration: () => Promise<LoadConfigResult>;
  readonly logger: AdjustableLogger;
  /** Asks the program to stop: `signal` aborts. */
  readonly stop: () => void;
  /** What the service manager that started the program asks for. */
  readonly notify: NotifySettings;
  /** Has `listener` called whenever the program is asked to read its configuration again. */
  readonly onHangup: (listener: () => void) => void;
}

/** How long `--once` waits for hashes, and how long it tries to deliver. */
const ONCE_HASH_MILLIS = 30_000;
const ONCE_DELIVERY_MILLIS = 30_000;

/**
 * The daemon: builds the parts in the order the data flows, runs them until `signal` aborts, and takes them down again.
 * @throws {ProcmondError} when a part cannot be opened; what was opened before it is closed
 */
export async function runAgent(daemon: DaemonOptions): Promise<void> {
  const { loaded, logger, clock, signal } = daemon;
  const { config } = loaded;
  const options = { ...daemon, config, rules: loaded.rules, redactPatterns: loaded.redactPatterns };
  await withStore(options, async (host) => {
    const { outbox } = host.store;
    const heap = new HeapThrift();
    const reloader = new Reloader({ loaded, read: daemon.readConfiguration, logger });
    const metrics = new Metrics({ version: VERSION, live: liveFigures(host.store, clock) });
    const health = new Health({
      clock,
      intervalMillis: () => reloader.config.intervalMillis,
      hashBudgetMillis: config.computeExecutableHashes ? config.hashBudgetMillis : 0,
    });
    const facts = new RunningFacts({ clock, ownUsage });
    const manager = await ServiceManager.connect({
      settings: daemon.notify,
      logger,
      clock,
      pid: process.pid,
      liveness: () => health.liveness(),
      monotonicMicros: () => process.hrtime.bigint() / 1000n,
    });
    const reporter = new CycleReporter(
      options,
      () => outbox.recordCount,
      (sentence) => manager.status(sentence),
    );
    const budget = new BudgetKeeper({
      budgets: config,
      usage: () => ({ cpuSeconds: ownUsage().cpuSeconds, anonymousBytes: readAnonymousBytes() }),
      clock,
      apply: (work) => {
        hasher.setPace(work.hashing);
        source.setOptionalWork(work);
      },
      tell: (news) => {
        if (news.name === 'degraded') logger.warn(news.message);
        else logger.info(news.message);
        collector.tell(news);
      },
      judged: (report) => observers.budgetJudged(report),
      shrink: collectGarbage,
    });
    const upkeep = {
      cycleEnded: () => {
        heap.follow();
        void collector.refreshHealth(source.name);
        void collector.refreshHealth(binaryHasher.name);
        void socket?.keepInPlace();
      },
    };
    const observers = fanOut([metrics, health, facts, reporter, budget, upkeep]);
    const parts = assemble(options, host, observers);
    const { collector, source, hasher } = parts;
    collector.register(source);
    const roots = config.hashRoots.split(', ');
    const binaryHasher = new BinaryHasher({ engine: hasher, procRoot: config.procRoot, roots, clock });
    collector.register(binaryHasher);
    registerReloads(reloader, daemon, { source, outbox, budget });
    daemon.onHangup(() => void reloadAsAsked(reloader, manager, logger));
    const control = new AgentControl({ ...daemon, ...parts, ...host, health, facts, reloader });
    const { metricsHost, metricsPort } = config;
    const server = await startMetricsServer({ host: metricsHost, port: metricsPort, metrics, health, logger });
    let socket: ControlServer | undefined;
    const ended = new AbortController();
    const ending = AbortSignal.any([signal, ended.signal]);
    const keeping = budget.run(ending);
    const telling = manager.run(ending);
    signal.addEventListener('abort', () => manager.stopping(), { once: true });
    try {
      socket = await openControlSocket(daemon, control);
      logStart({ config, logger, metricsUrl: server.url, socketPath: socket?.path });
      // The store is open and questions are answered. What a first cycle comes to is no part of it: one that fails is told
      // as any other, and would be no better for a start that is tried again.
      manager.ready('reading all processes for the first time');
      await collector.run(signal);
    } finally {
      ended.abort();
      await Promise.all([keeping, telling, socket?.close(), hasher.close(), server.close()]);
      manager.close();
    }
    logger.info(`stopped; ${outbox.recordCount} records in the outbox wait for the next start`);
  });
}

/**
 * Where nobody asked for a socket, procmond does without one where none can be made: some shared file systems have none.
 * @throws {ProcmondError} CONTROL_SOCKET_FAILED where one was asked for
 */
async function openControlSocket(
  { loaded, logger }: DaemonOptions,
  agent: AgentControl,
): Promise<ControlServer | undefined> {
  const path = loaded.config.controlSocket;
  if (path === '') return undefined;
  try {
    return await startControlServer({ path, agent, logger });
  } catch (error) {
    const setting = loaded.settings.find(({ option }) => option.key === 'controlSocket');
    if (setting?.origin !== 'default') throw error;
    logger.warn(`procmond runs without its control socket: ${errorMessage(error)}`);
    return undefined;
  }
}

/** What a reload brings into force. A part that follows the configuration registers its hook here. */
function registerReloads(
  reloader: Reloader,
  { logger }: DaemonOptions,
  parts: {
    readonly source: ProcessEventSource;
    readonly outbox: SnapshotStore['outbox'];
    readonly budget: BudgetKeeper;
  },
): void {
  const { source, outbox, budget } = parts;
  reloader.register({
    options: ['interval'],
    prepare: ({ config: { intervalMillis } }) => ({ ok: true, apply: () => source.setInterval(intervalMillis) }),
  });
  reloader.register({
    options: ['outbox-max-age'],
    prepare: ({ config: { outboxMaxAgeMillis } }) => ({
      ok: true,
      apply: () => {
        outbox.maxAgeMillis = outboxMaxAgeMillis;
      },
    }),
  });
  reloader.register({
    options: ['cpu-budget', 'memory-budget'],
    prepare: ({ config: budgets }) => ({ ok: true, apply: () => budget.setBudgets(budgets) }),
  });
  reloader.register({
    options: ['log-level'],
    prepare: ({ config: { logLevel } }) => ({
      ok: true,
      apply: () => {
        logger.level = logLevel;
      },
    }),
  });
  reloader.register({
    options: [],
    prepare: async ({ rules }) => {
      const compiled = await compileRules(rules);
      return { ok: true, apply: () => source.setRules(compiled) };
    },
  });
}

async function reloadAsAsked(reloader: Reloader, manager: ServiceManager, logger: Logger): Promise<void> {
  manager.reloading();
  try {
    await reloader.reload();
  } catch (error) {
    // A part that broke its word; what it follows is as it was, and the others are no reason to end.
    logger.error(`the configuration could not be read again: ${errorMessage(error)}`);
  }
  manager.ready('the configuration was read again');
}

function ownUsage() {
  const { user, system } = process.cpuUsage();
  return {
    cpuSeconds: (user + system) / 1e6,
    residentBytes: process.memoryUsage.rss(),
    activeResources: process.getActiveResourcesInfo().length,
  };
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
  { config, rules: settings, env, logger, clock }: AgentOptions,
  work: (host: Host) => Promise<void>,
): Promise<void> {
  const rules = await compileRules(settings);
  const { dataDirectory: directory, outboxMaxBytes, outboxMaxAgeMillis } = config;
  const store = await SnapshotStore.open({ directory, outboxMaxBytes, outboxMaxAgeMillis, clock, logger });
  try {
    if (store.closedToReaders) logger.warn(`closed ${store.directory} to other users, who could read it until now`);
    sayCompaction(store, logger);
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

function sayCompaction({ directory, compaction }: SnapshotStore, logger: Logger): void {
  if (compaction?.kind === 'done') {
    const { fileBytes, compactedBytes } = compaction;
    logger.info(`compacted the store in ${directory} from ${fileBytes} to ${compactedBytes} bytes`);
  } else if (compaction?.kind === 'skipped') {
    const { fileBytes, usedBytes, why } = compaction;
    logger.warn(`the store in ${directory} takes ${fileBytes} bytes for ${usedBytes}, and was not compacted: ${why}`);
  }
}

function assemble(
  { config, redactPatterns, env, logger, clock }: AgentOptions,
  host: Host,
  observer: CollectorObserver,
) {
  const { store, hostId, sdk, rules } = host;
  const collector = new Collector({
    store,
    otlp: { url: config.endpoint, timeoutMillis: exportTimeoutMillis(env) },
    loggerProvider: sdk.loggerProvider,
    maxRecordBytes: config.maxRecordBytes,
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
      redactor: createRedactor(config.commandLine, {
        key: config.redactFingerprints ? store.redactionKey() : undefined,
        patterns: redactPatterns,
        limits: config,
      }),
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
