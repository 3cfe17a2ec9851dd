import type { Clock } from './base/clock.ts';
import type { Logger } from './base/logger.ts';
import type { CycleReport } from './base/observer.ts';
import { uuidv7 } from './base/uuid.ts';
import { VERSION } from './base/version.ts';
import type { Collector } from './collector/collector.ts';
import { effectiveSettings } from './config/effective-settings.ts';
import { describeProblem } from './config/problem.ts';
import type { Environment } from './config/read-environment.ts';
import type { Reloader } from './config/reloader.ts';
import type {
  AgentProcesses,
  AnalysisDecision,
  ControlledAgent,
  EventSubscription,
} from './control/controlled-agent.ts';
import type {
  AnalysisRequest,
  HealthReport,
  IntervalReport,
  OutboxReport,
  RetryReport,
  SettingReport,
  SourceReport,
  StatusReport,
  WatchedReport,
} from './control/protocol.ts';
import type { RunningFacts } from './control/running-facts.ts';
import type { TriggeredProcess, TriggerRequest } from './event/trigger-request.ts';
import type { Health } from './metrics/health.ts';
import { deniedAdvice, ownRights, rightsText } from './privilege/rights.ts';
import type { ProcessEventSource } from './process/process-event-source.ts';
import type { SnapshotStore } from './store/snapshot-store.ts';

export interface AgentControlOptions {
  readonly store: SnapshotStore;
  readonly collector: Collector;
  readonly source: ProcessEventSource;
  readonly health: Health;
  readonly facts: RunningFacts;
  readonly reloader: Reloader;
  readonly env: Environment;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Of the program. */
  readonly signal: AbortSignal;
  /** Aborts it. */
  readonly stop: () => void;
}

/** The daemon as the control socket sees it. */
export class AgentControl implements ControlledAgent {
  readonly #options: AgentControlOptions;

  constructor(options: AgentControlOptions) {
    this.#options = options;
  }

  health(): HealthReport {
    const { health } = this.#options;
    return { live: health.liveness(), ready: health.readiness() };
  }

  status(): StatusReport {
    const { store, facts, source } = this.#options;
    const { lastCycle } = facts;
    const storeBytes = this.#storeBytes();
    const rights = ownRights();
    return {
      version: VERSION,
      pid: process.pid,
      startedAt: new Date(facts.startedAtMillis).toISOString(),
      upSeconds: Math.round(facts.upMillis / 1000),
      dataDirectory: store.directory,
      ...(storeBytes !== undefined && { storeBytes }),
      intervalSeconds: source.intervalMillis / 1000,
      health: this.health(),
      ...(lastCycle !== undefined && { lastCycle }),
      watched: this.#watched(),
      ...(rights !== undefined && { rights: { held: rightsText(rights), deniedAdvice: deniedAdvice(rights) } }),
      outbox: this.outbox(),
      events: facts.events,
      cost: facts.cost,
      ...(facts.budget !== undefined && { budget: facts.budget }),
      sources: this.sources(),
    };
  }

  sources(): readonly SourceReport[] {
    return this.#options.collector.sources;
  }

  settings(): readonly SettingReport[] {
    const { reloader, env } = this.#options;
    return effectiveSettings(reloader.settings, env);
  }

  processes(): AgentProcesses | undefined {
    const committed = this.#options.source.committedProcesses();
    if (committed === undefined) return undefined;
    const { cycleId, sampledAtMillis } = committed.state;
    return { cycleId, sampledAtMillis, processes: committed.processes };
  }

  runCycle(): Promise<CycleReport | undefined> {
    const { source, collector, signal } = this.#options;
    return source.attemptCycle(collector.sinkFor(source), signal);
  }

  setInterval(intervalMillis: number): IntervalReport {
    const { source, reloader, logger } = this.#options;
    const before = source.intervalMillis / 1000;
    const seconds = intervalMillis / 1000;
    source.setInterval(intervalMillis);
    reloader.changed('interval', intervalMillis, 'control socket');
    logger.info(`the control socket asks for a cycle every ${seconds} s instead of ${before} s`);
    return { seconds, before };
  }

  async reload(): ReturnType<ControlledAgent['reload']> {
    const result = await this.#options.reloader.reload();
    if (!result.ok) return { ok: false, problems: result.problems.map(describeProblem) };
    const { applied, needRestart, notes } = result;
    return { ok: true, report: { applied, needRestart, notes } };
  }

  outbox(): OutboxReport {
    const { store, collector, clock, reloader, facts } = this.#options;
    const { outbox } = store;
    const { deadLetters, oldestCommittedAtMillis } = outbox;
    const nowMillis = clock.wallMillis();
    const ageSeconds = (thenMillis: number) => Math.max(0, Math.round((nowMillis - thenMillis) / 1000));
    const block = collector.exportBlock;
    const { givenUp } = facts;
    const refusal = deadLetters.last()?.reason;
    return {
      endpoint: reloader.settings.find(({ option }) => option.name === 'endpoint')?.text ?? '',
      records: outbox.recordCount,
      bytes: outbox.byteCount,
      maxBytes: outbox.maxBytes,
      ...(oldestCommittedAtMillis !== undefined && { oldestAgeSeconds: ageSeconds(oldestCommittedAtMillis) }),
      topics: outbox.backlog.map(({ topic, records, bytes, oldestCommittedAtMillis: oldest }) => ({
        topic,
        records,
        bytes,
        oldestAgeSeconds: ageSeconds(oldest),
      })),
      deadLetters: deadLetters.count,
      retrying: deadLetters.retriedCount,
      ...(refusal !== undefined && { lastRefusal: refusal }),
      ...(givenUp.length > 0 && { givenUp: givenUp.map(({ count, ...sum }) => ({ ...sum, records: count })) }),
      ...(block !== undefined && {
        blocked: {
          reason: block.reason,
          message: block.message,
          retryInSeconds: Math.max(0, Math.round((block.retryAtMonotonicMillis - clock.monotonicMillis()) / 1000)),
        },
      }),
    };
  }

  retryDeadLetters(): RetryReport {
    const { store, collector, logger } = this.#options;
    const retried = store.transact(() => store.outbox.deadLetters.retry());
    collector.wakeDelivery();
    if (retried > 0) logger.info(`the control socket asks for ${retried} dead letters to be sent once more`);
    return { retried };
  }

  stop(): void {
    this.#options.logger.info('the control socket asks for a stop');
    this.#options.stop();
  }

  subscribe(pattern: string, options: { readonly maxQueued: number }): EventSubscription {
    return this.#options.collector.subscribe(pattern, options);
  }

  requestAnalysis({ pid, correlationId, ...request }: AnalysisRequest): AnalysisDecision {
    const process = pid === undefined ? undefined : this.#processOf(pid);
    if (pid !== undefined && process === undefined) return { outcome: 'no_process' };
    const triggerId = uuidv7();
    const resolved = {
      ...request,
      triggerId,
      correlationId: correlationId ?? triggerId,
      requestedAtMillis: this.#options.clock.wallMillis(),
      ...(process !== undefined && { process }),
    };
    const { outcome } = this.#options.collector.requestAnalysis(resolved as TriggerRequest);
    if (outcome !== 'delivered' && outcome !== 'no_target') return { outcome };
    const delivered = outcome === 'delivered';
    return {
      outcome,
      receipt: { triggerId, target: request.target, correlationId: resolved.correlationId, delivered },
    };
  }

  /** As the last committed cycle has it. */
  #processOf(pid: number): TriggeredProcess | undefined {
    for (const process of this.#options.source.committedProcesses()?.processes ?? []) {
      const { startTicks, cpid } = process.platformMetadata ?? {};
      if (process.pid !== pid || startTicks === undefined) continue;
      const { startTime: creationTimeMillis } = process;
      return {
        pid,
        startTicks,
        ...(cpid !== undefined && { cpid }),
        ...(creationTimeMillis !== undefined && { creationTimeMillis }),
      };
    }
    return undefined;
  }

  #storeBytes(): number | undefined {
    try {
      return this.#options.store.fileBytes();
    } catch {
      // Gone from under the daemon: the next commit tells; the rest of the status is wanted all the more.
      return undefined;
    }
  }

  #watched(): WatchedReport {
    const { store, reloader } = this.#options;
    const { collectEnhancedMetadata, maxProcessesPerCycle, computeExecutableHashes } = reloader.config;
    return {
      ...store.snapshot.state()?.scope,
      enhancedMetadata: collectEnhancedMetadata,
      maxProcesses: maxProcessesPerCycle,
      hashes: computeExecutableHashes,
    };
  }
}
