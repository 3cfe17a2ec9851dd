import { type Clock, systemClock } from '../base/clock.ts';
import { errorMessage } from '../base/errors.ts';
import { faultPoint } from '../base/fault-point.ts';
import { type Logger, silentLogger } from '../base/logger.ts';
import type { CollectorObserver, CommittedCycle, CycleReport } from '../base/observer.ts';
import { uuidv7 } from '../base/uuid.ts';
import type { EventSink, EventSource, SourceHealth } from '../collector/event-source.ts';
import { SourceCaps } from '../collector/source-caps.ts';
import type { ProcessEvent } from '../event/process-event.ts';
import type { ProcessRow } from '../event/process-row.ts';
import type { SnapshotState } from '../event/snapshot-state.ts';
import { type HashCache, HashEngine } from '../hasher/hash-engine.ts';
import { deniedAdvice, ownRights } from '../privilege/rights.ts';
import { ClockLog } from './clock-step.ts';
import { CpuUsage } from './cpu-usage.ts';
import { cycleEvents } from './cycle-events.ts';
import { cycleFigures } from './cycle-figures.ts';
import { describeProcess } from './describe-process.ts';
import type { Process, ProcessEnumerator } from './enumerate/enumerator.ts';
import { systemEnumerator } from './enumerate/system-enumerator.ts';
import { ExecutableHashes, type FileHasher } from './executable-hashes.ts';
import { builtInRules, type CompiledRules } from './findings/compile-rules.ts';
import { RuleRunner } from './findings/rule-runner.ts';
import { NameDatabase } from './name-database.ts';
import { ALL_WORK, type OptionalWork } from './optional-work.ts';
import { type ProcessSourceConfig, processSourceConfig } from './process-source-config.ts';
import { createRedactor, type Redactor } from './redact/redactor.ts';
import { presentHash, type SnapshotStorage, SnapshotTracker } from './snapshot-tracker.ts';

/** What a library user may bring; everything has the daemon's default. */
export interface ProcessSourceParts {
  readonly enumerator?: ProcessEnumerator;
  /** Asked when `computeExecutableHashes` is on, and closed by who made it; by default one of the source's own. */
  readonly hasher?: FileHasher;
  /** Where the enumerator reads; `/proc` by default. */
  readonly procRoot?: string;
  readonly redactor?: Redactor;
  /** What is looked for (see `compileRules`); procmond's own rules by default. */
  readonly rules?: CompiledRules;
  readonly passwdFile?: string;
  readonly groupFile?: string;
  readonly observer?: CollectorObserver;
  readonly logger?: Logger;
  readonly clock?: Clock;
  /** What to do about what is denied; by what the kernel says of this process where it is not given. */
  readonly deniedAdvice?: () => string;
}

/** The process table as of the last committed cycle. */
export interface CommittedProcesses {
  readonly state: SnapshotState;
  readonly count: number;
  /** Ascending by pid; each is made when it is asked for, from what does not change any more. */
  readonly processes: Iterable<ProcessEvent>;
}

const REALTIME_INTERVAL_MILLIS = 10_000;

/**
 * The process-monitor source: reads all processes every interval and commits, in one transaction, the new snapshot and
 * the events that follow from it. Cycles start on a fixed grid of the monotonic clock: no drift, and a slow cycle skips
 * the ticks it covered instead of making them up.
 */
export class ProcessEventSource implements EventSource {
  readonly name = 'process-monitor';
  #config: ProcessSourceConfig;
  readonly #storage: SnapshotStorage;
  readonly #enumerator: ProcessEnumerator;
  readonly #hashes: ExecutableHashes | undefined;
  /** To be closed with the source. */
  #ownHasher: HashEngine | undefined;
  readonly #redactor: Redactor;
  readonly #rules: RuleRunner;
  readonly #users: NameDatabase;
  readonly #groups: NameDatabase;
  readonly #observer: CollectorObserver;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #deniedAdvice: () => string;
  readonly #runStartedAtMillis: number;
  #tracker: SnapshotTracker | undefined;
  #work: OptionalWork = ALL_WORK;
  #health: SourceHealth = { healthy: true, message: 'no cycle has ended yet' };
  /** Which causes of denial stand in the log. */
  readonly #told = { hidden: false, denied: false };
  readonly #clockLog: ClockLog;
  /** What cycles fail of at present, and how many have. */
  #failing: { readonly message: string; readonly count: number } | undefined;
  #lastCycle: Promise<unknown> = Promise.resolve();
  #cpuUsage = CpuUsage.NONE;
  /** The sink of the present `start`, and what ends its wait for the next cycle. */
  #sink: EventSink | undefined;
  #wake = new AbortController();

  /** @throws {ProcmondError} CONFIG_INVALID */
  constructor(
    store: { readonly snapshot: SnapshotStorage; readonly hashCache?: HashCache; redactionKey?(): Uint8Array },
    config: Partial<ProcessSourceConfig> = {},
    parts: ProcessSourceParts = {},
  ) {
    this.#config = processSourceConfig(config);
    this.#storage = store.snapshot;
    this.#clock = parts.clock ?? systemClock;
    const procRoot = parts.procRoot ?? '/proc';
    this.#enumerator = parts.enumerator ?? systemEnumerator({ procRoot, clock: this.#clock });
    this.#redactor = parts.redactor ?? createRedactor('redacted', { key: store.redactionKey?.() });
    this.#users = new NameDatabase(parts.passwdFile ?? '/etc/passwd');
    this.#groups = new NameDatabase(parts.groupFile ?? '/etc/group');
    this.#observer = parts.observer ?? {};
    this.#logger = parts.logger ?? silentLogger;
    this.#clockLog = new ClockLog(this.#logger);
    this.#deniedAdvice = parts.deniedAdvice ?? (() => deniedAdvice(ownRights()));
    this.#rules = new RuleRunner(parts.rules ?? builtInRules(), this.#logger);
    this.#runStartedAtMillis = this.#clock.wallMillis();
    if (!this.#config.computeExecutableHashes) return;
    const hasher = parts.hasher ?? this.#makeHasher(store.hashCache);
    this.#hashes = new ExecutableHashes(hasher, { procRoot, logger: this.#logger });
  }

  /** Replaces what is looked for, from the next cycle on: then all processes are looked at once more. */
  setRules(rules: CompiledRules): void {
    this.#rules.setRules(rules);
  }

  get capabilities(): SourceCaps {
    const realtime = this.#config.collectionIntervalMillis <= REALTIME_INTERVAL_MILLIS ? SourceCaps.REALTIME : 0;
    return SourceCaps.PROCESS | SourceCaps.SYSTEM_WIDE | realtime;
  }

  /** Time from the start of one cycle to the start of the next. */
  get intervalMillis(): number {
    return this.#config.collectionIntervalMillis;
  }

  /**
   * Holds at once: the next cycle is due that long after the last one was, which may be now.
   * @throws {ProcmondError} CONFIG_INVALID when it is out of range; then nothing has changed
   */
  setInterval(intervalMillis: number): void {
    this.#config = processSourceConfig({ ...this.#config, collectionIntervalMillis: intervalMillis });
    this.#sink?.capabilitiesChanged();
    this.#wake.abort();
  }

  /** What of it is done from the next cycle on. */
  setOptionalWork(work: OptionalWork): void {
    this.#work = work;
  }

  async start(sink: EventSink, signal: AbortSignal): Promise<void> {
    this.#sink = sink;
    let dueAt = this.#clock.monotonicMillis();
    while (!signal.aborted) {
      await this.attemptCycle(sink, signal);
      dueAt = await this.#nextTick(dueAt, signal);
    }
  }

  async stop(): Promise<void> {
    await this.#lastCycle;
    this.#enumerator.close();
    await this.#ownHasher?.close();
  }

  async healthCheck(): Promise<SourceHealth> {
    return this.#health;
  }

  /**
   * Runs one cycle: enumerate, compare, commit. It waits `hashBudgetMillis` (the configured ones by default) for hashes
   * that are missing; what comes later is told with a later cycle. Cycles run one after the other, whoever asks for them.
   * @throws what made it fail; then neither the store nor the snapshot in memory has changed
   */
  runCycle(
    sink: EventSink,
    signal: AbortSignal,
    { hashBudgetMillis = this.#config.hashBudgetMillis } = {},
  ): Promise<CommittedCycle> {
    const cycle = this.#lastCycle.then(() => this.#runCycle(sink, signal, hashBudgetMillis));
    this.#lastCycle = cycle.catch(() => {});
    return cycle;
  }

  /** A cycle of which observers and the log are told, whatever becomes of it. undefined when `signal` ended it. */
  async attemptCycle(sink: EventSink, signal: AbortSignal): Promise<CycleReport | undefined> {
    const startedAt = this.#clock.monotonicMillis();
    let cycle: CommittedCycle;
    try {
      cycle = await this.runCycle(sink, signal);
    } catch (error) {
      // Stopped in the middle: the transaction was never opened, so there is nothing to tell.
      if (signal.aborted && error === signal.reason) return undefined;
      return this.#tellFailure(errorMessage(error), this.#clock.monotonicMillis() - startedAt);
    }
    if (this.#failing !== undefined) {
      this.#logger.info(`cycles are committed again, after ${this.#failing.count} that failed`);
      this.#failing = undefined;
    }
    this.#health = { healthy: true, message: `last cycle saw ${cycle.processes} processes` };
    this.#observer.cycleEnded?.(cycle);
    this.#tellDenied(cycle);
    return cycle;
  }

  /** undefined before the first cycle that was ever committed to this store. */
  committedProcesses(): CommittedProcesses | undefined {
    const tracker = (this.#tracker ??= new SnapshotTracker(this.#storage, this.#redactor));
    const state = this.#storage.state();
    if (state === undefined) return undefined;
    const rows = tracker.rows();
    // Those in memory belong to the enumerator, which may be sampling them anew at this moment.
    const figures = this.#storage.figures();
    const cpuUsage = this.#cpuUsage;
    const cpids = new Map(rows.map((row) => [row.pid, row.details?.cpid]));
    const context = {
      ...state,
      enhanced: this.#config.collectEnhancedMetadata,
      userName: (id: number) => this.#users.name(id),
      groupName: (id: number) => this.#groups.name(id),
      hashOf: presentHash,
      cpidOf: (pid: number) => cpids.get(pid),
    };
    return { state, count: rows.length, processes: describeAll(rows) };

    function* describeAll(all: readonly ProcessRow[]): Generator<ProcessEvent> {
      for (const row of all) {
        yield describeProcess(row, { ...figures.get(row.pid), cpuUtilization: cpuUsage.of(row.pid) }, context);
      }
    }
  }

  async #runCycle(sink: EventSink, signal: AbortSignal, hashBudgetMillis: number): Promise<CommittedCycle> {
    signal.throwIfAborted();
    const startedAt = this.#clock.monotonicMillis();
    this.#tracker ??= new SnapshotTracker(this.#storage, this.#redactor);
    const tracker = this.#tracker;
    const { countFileDescriptors, awaitHashes, inventoryFactor, refreshFactor } = this.#work;
    const refreshCycles = this.#config.refreshCycles * refreshFactor;
    const inventoryIntervalMillis = this.#config.inventoryIntervalMillis * inventoryFactor;
    const cycleId = uuidv7();
    TEST_ONLY: faultPoint('cycle.begun');
    this.#users.refresh();
    this.#groups.refresh();
    const enumeration = await this.#enumerator.enumerate({
      redactor: this.#redactor,
      enhanced: this.#config.collectEnhancedMetadata,
      maxEnriched: this.#config.maxProcessesPerCycle,
      refreshCycles,
      usageAtOnce: false,
      countFileDescriptors: this.#config.countFileDescriptors && countFileDescriptors,
      signal,
    });
    TEST_ONLY: faultPoint('cycle.enumerated');
    const enumeratedAt = this.#clock.monotonicMillis();
    await this.#hash(enumeration.processes, awaitHashes ? hashBudgetMillis : 0, signal);
    const hashedAt = this.#clock.monotonicMillis();
    const userName = (id: number) => this.#users.name(id);
    const compared = tracker.plan(enumeration, {
      cycleId,
      enhanced: this.#config.collectEnhancedMetadata,
      userName,
      groupName: (id) => this.#groups.name(id),
      hashOf: this.#hashes && ((details) => this.#hashes?.of(details)),
      inventoryDue: (last, now) => now - last >= inventoryIntervalMillis || now < last,
    });
    const rules = this.#rules.plan(compared, userName);
    const { plan } = rules;
    TEST_ONLY: faultPoint('cycle.planned');
    const plannedAt = this.#clock.monotonicMillis();
    const told = cycleEvents(plan, {
      emit: this.#config.emit,
      kernelThreads: this.#config.kernelThreads,
      runStartedAtMillis: this.#runStartedAtMillis,
      durationMillis: Math.round(plannedAt - startedAt),
      refreshCycles,
      figuresOf: (pid) => tracker.figuresOf(pid),
      rules,
      newTriggerId: uuidv7,
    });
    const figures = cycleFigures(plan);
    sink.commit({
      events: told.events,
      cycleId,
      observedAtMillis: enumeration.endedAtMillis,
      write: () => {
        tracker.write(plan);
        this.#hashes?.write();
      },
    });
    TEST_ONLY: faultPoint('cycle.committed');
    tracker.adopt(plan);
    this.#hashes?.written();
    this.#rules.adopt(rules);
    this.#cpuUsage = CpuUsage.of(enumeration.processes);
    TEST_ONLY: faultPoint('cycle.adopted');
    const endedAt = this.#clock.monotonicMillis();
    this.#clockLog.committed(plan.clock, endedAt);
    return {
      outcome: 'committed',
      cycleId,
      sampledAtMillis: enumeration.endedAtMillis,
      durationMillis: endedAt - startedAt,
      phaseMillis: {
        enumerate: enumeratedAt - startedAt,
        ...(this.#hashes !== undefined && { hash: hashedAt - enumeratedAt }),
        diff: plannedAt - hashedAt,
        commit: endedAt - plannedAt,
      },
      ...(plan.comparability.kind === 'baseline' && { baseline: plan.comparability.reason }),
      ...figures,
      ...(plan.clock.stepped && { clockOffsetMillis: plan.clock.offsetMillis }),
      observed: told.observedProcesses.length,
      findings: rules.found.length + rules.expectedFindings.length,
      ruleErrors: rules.errors.length,
      expectedProcesses: new Map(
        rules.expected.verdicts.map(({ expected, judgement }) => [expected.name, judgement.state.up]),
      ),
      startsObserved: told.startsObserved,
    };
  }

  /** Asks for hashes, and waits for them within the budget. */
  async #hash(processes: readonly Process[], budgetMillis: number, signal: AbortSignal): Promise<void> {
    const hashes = this.#hashes;
    hashes?.request(processes);
    if (hashes === undefined || !hashes.busy || budgetMillis === 0) return;
    const done = new AbortController();
    const end = () => done.abort();
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    await Promise.race([hashes.settled(), this.#clock.delay(budgetMillis, done.signal)]);
    signal.removeEventListener('abort', end);
    end();
  }

  #makeHasher(cache: HashCache | undefined): HashEngine {
    this.#ownHasher = new HashEngine({
      cache,
      observer: this.#observer,
      logger: this.#logger,
      clock: this.#clock,
    });
    return this.#ownHasher;
  }

  /** Waits for the next tick of the grid that `lastDueAt` lies on, and returns it; a new interval makes a new grid. */
  async #nextTick(lastDueAt: number, signal: AbortSignal): Promise<number> {
    for (;;) {
      const interval = this.#config.collectionIntervalMillis;
      const now = this.#clock.monotonicMillis();
      const dueAt = lastDueAt + interval * Math.max(1, Math.ceil((now - lastDueAt) / interval));
      const wake = new AbortController();
      this.#wake = wake;
      const end = () => wake.abort();
      signal.addEventListener('abort', end, { once: true });
      await this.#clock.delay(signal.aborted ? 0 : dueAt - now, wake.signal);
      signal.removeEventListener('abort', end);
      if (signal.aborted || !wake.signal.aborted) return dueAt;
    }
  }

  #tellFailure(message: string, durationMillis: number): CycleReport {
    const report = { outcome: 'failed', durationMillis, message } as const;
    this.#health = { healthy: false, message: `the last cycle failed: ${message}` };
    // One line per state, not per cycle: a disk may be full for days.
    if (this.#failing?.message !== message) {
      this.#logger.error(`cycle failed, nothing of it was committed: ${message}`);
    }
    this.#failing = { message, count: (this.#failing?.count ?? 0) + 1 };
    this.#observer.cycleEnded?.(report);
    return report;
  }

  /** One line per cause, once: what is denied now is denied in each cycle, and every record names its own. */
  #tellDenied({ deniedFields, processes }: CommittedCycle): void {
    const hidden = deniedFields.get(IDENTITY);
    if (hidden !== undefined && !this.#told.hidden) {
      this.#told.hidden = true;
      this.#logger.warn(
        `the system hides what ${hidden} more processes are (hidepid of the proc mount); they are not told: ${this.#deniedAdvice()}`,
      );
    }
    const fields = [...deniedFields].filter(([field]) => field !== IDENTITY);
    if (fields.length === 0 || this.#told.denied) return;
    this.#told.denied = true;
    const counts = fields.map(([field, count]) => `${field} of ${count}`).join(', ');
    this.#logger.warn(
      `of ${processes} processes the system denies ${counts}; they are told without: ${this.#deniedAdvice()}`,
    );
  }
}

/** Denied: not even the identity is known, so that there is no record to name it in. */
const IDENTITY = 'procmond.process.start_ticks';
