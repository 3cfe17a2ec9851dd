import { ProcmondError } from '../../src/base/errors.ts';
import type { CycleReport } from '../../src/base/observer.ts';
import type {
  AgentProcesses,
  AnalysisDecision,
  ControlledAgent,
  EventSubscription,
} from '../../src/control/controlled-agent.ts';
import type {
  AnalysisRequest,
  HealthReport,
  IntervalReport,
  OutboxReport,
  RetryReport,
  SourceReport,
  StatusReport,
} from '../../src/control/protocol.ts';
import type { CommittedEvent } from '../../src/event/committed-event.ts';
import type { ProcessEvent } from '../../src/event/process-event.ts';
import { HOST } from '../cli/host.ts';
import { CYCLE } from '../fake/committed-cycle.ts';

/** A procmond that does what the test says, and keeps what it was asked. */
export class ScriptedAgent implements ControlledAgent {
  live: HealthReport['live'] = { status: 'ok', message: 'the last cycle ended 4 s ago' };
  report: Partial<StatusReport> = {};
  hosts: readonly ProcessEvent[] | undefined = HOST;
  intervalMillis = 30_000;
  reloaded: Awaited<ReturnType<ControlledAgent['reload']>> = {
    ok: true,
    report: { applied: [], needRestart: [], notes: [] },
  };
  retried = 0;
  stops = 0;
  readonly asked: AnalysisRequest[] = [];
  readonly subscriptions: ScriptedSubscription[] = [];
  /** Cycles that were begun, each to be ended by the test. */
  readonly cycles: PromiseWithResolvers<CycleReport | undefined>[] = [];

  health(): HealthReport {
    return { live: this.live, ready: { status: 'failing', message: 'no cycle was committed' } };
  }

  status(): StatusReport {
    return {
      version: '0.1.0',
      pid: 4242,
      startedAt: '2026-11-23T09:00:00.000Z',
      upSeconds: 10_800,
      dataDirectory: '/var/lib/procmond',
      storeBytes: 12_900_000,
      intervalSeconds: this.intervalMillis / 1000,
      health: this.health(),
      watched: { enhancedMetadata: true, maxProcesses: 0, hashes: false },
      outbox: this.outbox(),
      events: {},
      cost: { cpuSeconds: 12, cpuPercent: 0.4, residentBytes: 80_000_000, activeResources: 9 },
      sources: this.sources(),
      ...this.report,
    };
  }

  sources(): readonly SourceReport[] {
    return [
      { name: 'process-monitor', capabilities: ['process', 'system-wide'], health: { healthy: true, message: 'well' } },
    ];
  }

  settings() {
    return [{ name: 'endpoint', value: 'http://***@h/v1/logs', origin: 'default' }];
  }

  processes(): AgentProcesses | undefined {
    if (this.hosts === undefined) return undefined;
    return { cycleId: CYCLE.cycleId, sampledAtMillis: CYCLE.sampledAtMillis, processes: this.hosts };
  }

  runCycle(): Promise<CycleReport | undefined> {
    const cycle = Promise.withResolvers<CycleReport | undefined>();
    this.cycles.push(cycle);
    return cycle.promise;
  }

  setInterval(intervalMillis: number): IntervalReport {
    const before = this.intervalMillis / 1000;
    this.intervalMillis = intervalMillis;
    return { seconds: intervalMillis / 1000, before };
  }

  async reload() {
    return this.reloaded;
  }

  outbox(): OutboxReport {
    return {
      endpoint: 'http://localhost:4318/v1/logs',
      records: 0,
      bytes: 0,
      maxBytes: 1024 ** 3,
      topics: [],
      deadLetters: 0,
      retrying: 0,
    };
  }

  retryDeadLetters(): RetryReport {
    return { retried: this.retried };
  }

  stop(): void {
    this.stops += 1;
  }

  subscribe = (pattern: string, options: { readonly maxQueued: number }): EventSubscription => {
    if (pattern.includes('*')) {
      const message = `cannot subscribe to "${pattern}": segment 2 ("*") is not of lower-case letters`;
      throw Object.assign(new ProcmondError('CONFIG_INVALID', message), { code: 'TOPIC_INVALID' });
    }
    const subscription = new ScriptedSubscription(pattern, options.maxQueued);
    this.subscriptions.push(subscription);
    return subscription;
  };

  decision: Exclude<AnalysisDecision['outcome'], 'no_target'> = 'delivered';

  requestAnalysis = (request: AnalysisRequest): AnalysisDecision => {
    this.asked.push(request);
    const outcome = this.decision;
    if (outcome !== 'delivered') return { outcome };
    const triggerId = '019aae00-0000-7000-8000-00000000000a';
    return { outcome, receipt: { triggerId, target: request.target, correlationId: 'c', delivered: true } };
  };

  /** Gives an event to all subscribers. */
  publish(...events: readonly CommittedEvent[]): void {
    for (const subscription of this.subscriptions) for (const event of events) subscription.offer(event);
  }
}

/** A bounded queue that drops its oldest event when it is full, as the bus has it. */
export class ScriptedSubscription implements EventSubscription {
  readonly pattern: string;
  readonly #maxQueued: number;
  readonly #queue: CommittedEvent[] = [];
  #dropped = 0;
  #arrival = Promise.withResolvers<void>();
  closed = false;

  constructor(pattern: string, maxQueued: number) {
    this.pattern = pattern;
    this.#maxQueued = maxQueued;
  }

  offer(event: CommittedEvent): void {
    this.#queue.push(event);
    if (this.#queue.length > this.#maxQueued) {
      this.#queue.shift();
      this.#dropped += 1;
    }
    this.#arrival.resolve();
  }

  close(): void {
    this.closed = true;
    this.#arrival.resolve();
  }

  async *[Symbol.asyncIterator]() {
    while (!this.closed) {
      const event = this.#queue.shift();
      if (event === undefined) {
        this.#arrival = Promise.withResolvers();
        await this.#arrival.promise;
        continue;
      }
      const dropped = this.#dropped;
      this.#dropped = 0;
      yield { message: event, dropped };
    }
  }
}

export function eventOf(seq: number, parts: Partial<CommittedEvent> = {}): CommittedEvent {
  return {
    topic: 'collector/process/lifecycle',
    eventName: 'procmond.process.started',
    seq,
    uid: `019aae00-0000-7000-8000-${String(seq).padStart(12, '0')}`,
    timestampMillis: CYCLE.sampledAtMillis,
    observedAtMillis: CYCLE.sampledAtMillis,
    severityNumber: 9,
    body: `started sh (${seq})`,
    attributes: { 'process.pid': seq },
    ...parts,
  };
}
