import type { LoggerProvider } from '@opentelemetry/api-logs';
import { LoggerProvider as SdkLoggerProvider } from '@opentelemetry/sdk-logs';
import { type Clock, systemClock } from '../base/clock.ts';
import { errorMessage, ProcmondError } from '../base/errors.ts';
import { faultPoint } from '../base/fault-point.ts';
import { type Logger, silentLogger } from '../base/logger.ts';
import type { CollectorObserver, ExportBlock } from '../base/observer.ts';
import { VERSION } from '../base/version.ts';
import type { AgentEventName, EventAttributes } from '../event/collection-event.ts';
import type { CommittedEvent } from '../event/committed-event.ts';
import type { TriggerRequest } from '../event/trigger-request.ts';
import { Delivery, type DeliveryOutbox } from '../otlp/delivery.ts';
import { hostResource, readHostId } from '../otlp/host-resource.ts';
import { DEFAULT_EXPORT_TIMEOUT_MILLIS, OtlpSender } from '../otlp/otlp-sender.ts';
import { OutboxLogRecordProcessor, SCOPE_NAME } from '../otlp/outbox-log-record-processor.ts';
import type { Subscription } from '../topics/subscription.ts';
import { type SubscribeOptions, TopicBus } from '../topics/topic-bus.ts';
import { type CommitStore, EventCommitter } from './event-committer.ts';
import type { EventSink, EventSource, SourceHealth, TriggerDecision } from './event-source.ts';
import { type SourceCaps, sourceCapsNames } from './source-caps.ts';
import { SourceRunner } from './source-runner.ts';
import { TriggerRouter } from './trigger-router.ts';

/** What the Collector needs of a store; `SnapshotStore` is one. */
export interface CollectorStore extends CommitStore {
  readonly outbox: CommitStore['outbox'] & DeliveryOutbox;
  instanceId(hostId: string | undefined): string;
}

export interface CollectorOptions {
  readonly store: CollectorStore;
  /** Where to deliver; without it records wait in the outbox. */
  readonly otlp?: {
    /** Complete logs URL: `http://localhost:4318/v1/logs`. */
    readonly url: string;
    /** 10,000 by default. */
    readonly timeoutMillis?: number;
  };
  /**
   * The application's own provider. It must have been built with an `OutboxLogRecordProcessor`; `run` checks it.
   * Without it the Collector makes a private one, and registers nothing globally.
   */
  readonly loggerProvider?: LoggerProvider;
  /** How long a record may be as OTLP/JSON: what is longer is cut, and says so. 32 KiB by default, 8 KiB at least. */
  readonly maxRecordBytes?: number;
  readonly observer?: CollectorObserver;
  readonly logger?: Logger;
  readonly clock?: Clock;
}

export interface SourceStatus {
  readonly name: string;
  readonly capabilities: readonly string[];
  readonly health: SourceHealth;
}

const HEALTH_CHECK_INTERVAL_MILLIS = 60_000;

/** Parts of a graceful stop; together below the 10 s that a service manager waits at least. */
const SOURCES_STOP_MILLIS = 3_000;
const BATCH_IN_FLIGHT_MILLIS = 2_000;
const LAST_DELIVERY_MILLIS = 2_000;

/**
 * Runs event sources side by side, commits what they see and delivers it. A source that fails is started again and hurts
 * no other; a stop is graceful and bounded.
 */
export class Collector {
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #bus = new TopicBus<CommittedEvent>();
  readonly #committer: EventCommitter;
  readonly #triggers: TriggerRouter;
  readonly #delivery: Delivery | undefined;
  readonly #sender: OtlpSender | undefined;
  readonly #runners = new Map<string, SourceRunner>();
  readonly #capabilities = new Map<string, SourceCaps>();
  #running = false;

  constructor(options: CollectorOptions) {
    this.#logger = options.logger ?? silentLogger;
    this.#clock = options.clock ?? systemClock;
    const observer = options.observer ?? {};
    if (options.otlp !== undefined) {
      this.#sender = new OtlpSender({
        url: options.otlp.url,
        timeoutMillis: options.otlp.timeoutMillis ?? DEFAULT_EXPORT_TIMEOUT_MILLIS,
        clock: this.#clock,
        logger: this.#logger,
      });
      this.#delivery = new Delivery({
        outbox: options.store.outbox,
        transact: (work) => options.store.transact(work),
        sender: this.#sender,
        observer,
        logger: this.#logger,
        clock: this.#clock,
        random: Math.random,
      });
    }
    this.#committer = new EventCommitter({
      store: options.store,
      bus: this.#bus,
      logger: (options.loggerProvider ?? privateProvider(options.store)).getLogger(SCOPE_NAME, VERSION),
      log: this.#logger,
      clock: this.#clock,
      observer,
      maxRecordBytes: options.maxRecordBytes,
      committed: () => this.#delivery?.wake(),
    });
    this.#triggers = new TriggerRouter({
      clock: this.#clock,
      logger: this.#logger,
      observer,
      sourceOf: (name) => this.#triggeredSource(name),
    });
  }

  /** What keeps committed records from leaving; undefined when nothing does. */
  get exportBlock(): ExportBlock | undefined {
    return this.#delivery?.block;
  }

  get sources(): readonly SourceStatus[] {
    return [...this.#runners.values()].map(({ source, health }) => ({
      name: source.name,
      capabilities: sourceCapsNames(this.#capabilities.get(source.name) ?? 0),
      health,
    }));
  }

  /** @throws {ProcmondError} SOURCE_INVALID for a duplicate or impossible name, or when the Collector runs already */
  register(source: EventSource): void {
    const { name } = source;
    if (this.#running) throw invalid(name, 'the Collector runs already; register before run()');
    if (!/^[a-z0-9][a-z0-9-]*$/.test(name)) throw invalid(name, 'a name is of lower-case letters, digits and "-"');
    if (this.#runners.has(name)) throw invalid(name, 'another source has this name');
    this.#readCapabilities(source);
    this.#runners.set(
      name,
      new SourceRunner({
        source,
        sink: this.sinkFor(source),
        logger: this.#logger,
        clock: this.#clock,
        failed: (failed, message, pauseMillis) => this.#sourceFailed(failed, message, pauseMillis),
      }),
    );
  }

  /**
   * Events of the topics that `pattern` matches, of all sources, as soon as they are committed and in the order of their
   * sequence numbers. An iteration ends when the Collector has stopped, or when the subscription is closed.
   * @throws {ProcmondError} TOPIC_INVALID, SUBSCRIPTION_REFUSED
   */
  subscribe(pattern: string, options?: SubscribeOptions): Subscription<CommittedEvent> {
    return this.#bus.subscribe(pattern, options);
  }

  /** The sink a source commits through. `run` hands it out; a single cycle may be run on it by hand. */
  sinkFor(source: EventSource): EventSink {
    return {
      commit: (batch) => this.#triggers.commit(batch, 'source', (admitted) => this.#committer.commit(admitted)),
      capabilitiesChanged: () => this.#readCapabilities(source),
    };
  }

  /**
   * Asks for an analysis on behalf of a person, who may ask for files by their path. Sources ask through their sink.
   * @throws {ProcmondError} TRIGGER_INVALID, CAPTURE_MISMATCH, STORE_UNUSABLE
   */
  requestAnalysis(request: TriggerRequest): TriggerDecision {
    const timestampMillis = this.#clock.wallMillis();
    const batch = {
      events: [{ kind: 'trigger', timestampMillis, request }],
      observedAtMillis: timestampMillis,
    } as const;
    const { triggers } = this.#triggers.commit(batch, 'operator', (admitted) => this.#committer.commit(admitted));
    return triggers?.[0] as TriggerDecision;
  }

  /**
   * Runs all sources until `signal` aborts, then stops them, tries once more to deliver, and resolves: within 10 s.
   * @throws {ProcmondError} CAPTURE_MISMATCH before anything was started
   */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#running) throw new Error('the Collector runs already, or has run: make another one');
    this.#running = true;
    try {
      this.#committer.probe();
      await this.#run(signal);
    } finally {
      this.#bus.close();
    }
  }

  /** Records what becomes of procmond itself. What cannot be recorded stands in the log. */
  tell(news: { readonly name: AgentEventName; readonly message: string; readonly attributes: EventAttributes }): void {
    this.#tell(news.name, news.message, news.attributes);
  }

  /** Asks a source of that name for its health ahead of the next check, for who knows that it has changed. */
  async refreshHealth(name: string): Promise<void> {
    await this.#runners.get(name)?.refreshHealth();
  }

  /** To be called when the outbox was given something by others than the sources. */
  wakeDelivery(): void {
    this.#delivery?.wake();
  }

  /** Delivers what is left, for at most `limitMillis`. @returns true when nothing is left */
  async drain(options: { readonly limitMillis: number; readonly patient: boolean }): Promise<boolean> {
    if (this.#delivery === undefined) return false;
    const cut = new AbortController();
    const done = new AbortController();
    const timer = this.#clock.delay(options.limitMillis, done.signal).then(() => cut.abort());
    const drained = await this.#delivery.drain(cut.signal, { patient: options.patient });
    done.abort();
    await timer;
    return drained;
  }

  async #run(signal: AbortSignal): Promise<void> {
    this.#tell('started', `procmond ${VERSION} started`, { 'procmond.version': VERSION });
    const stopDelivery = new AbortController();
    const cutDelivery = new AbortController();
    const delivering = this.#delivery?.run(stopDelivery.signal, cutDelivery.signal);
    const checking = this.#checkHealth(signal);
    const running = Promise.all([...this.#runners.values()].map((runner) => runner.run(signal)));

    await aborted(signal);
    const ending = Promise.all([running, this.#triggers.stop()]);
    await this.#withinBound(ending, SOURCES_STOP_MILLIS, 'not all sources have ended; going on without them');
    await checking;
    await Promise.all([...this.#runners.values()].map((runner) => runner.stop()));
    TEST_ONLY: faultPoint('stop.sources_stopped');
    this.#tell('stopped', `procmond ${VERSION} stopped`, { 'procmond.version': VERSION });

    TEST_ONLY: faultPoint('stop.told');
    stopDelivery.abort();
    // An endpoint that is known to stand in the way is not worth waiting for.
    if (this.#delivery?.block !== undefined) cutDelivery.abort();
    if (delivering !== undefined) await this.#withinBound(delivering, BATCH_IN_FLIGHT_MILLIS);
    cutDelivery.abort();
    await delivering;
    await this.drain({ limitMillis: LAST_DELIVERY_MILLIS, patient: false });
    TEST_ONLY: faultPoint('stop.drained');
    await this.#sender?.close();
  }

  #triggeredSource(name: string) {
    const source = this.#runners.get(name)?.source;
    if (source === undefined) return undefined;
    return { source, capabilities: this.#capabilities.get(name) ?? 0, sink: this.sinkFor(source) };
  }

  #readCapabilities(source: EventSource): void {
    this.#capabilities.set(source.name, source.capabilities);
  }

  #sourceFailed(source: EventSource, message: string, pauseMillis: number): void {
    const seconds = pauseMillis / 1000;
    this.#logger.error(`source ${source.name} failed and is started again in ${seconds} s: ${message}`);
    this.#tell('degraded', `source ${source.name} failed: ${message}`, {
      'procmond.degraded.reason': 'source_failed',
      'procmond.source.name': source.name,
    });
  }

  /** What cannot be recorded stands in the log: a full disk keeps nobody from delivering what lies on it, or from stopping. */
  #tell(name: AgentEventName, message: string, attributes: EventAttributes): void {
    const timestampMillis = this.#clock.wallMillis();
    try {
      this.#committer.commit({
        events: [{ kind: 'agent', name, timestampMillis, message, attributes }],
        observedAtMillis: timestampMillis,
      });
    } catch (error) {
      this.#logger.error(`could not record "${message}": ${errorMessage(error)}`);
    }
  }

  async #checkHealth(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#clock.delay(HEALTH_CHECK_INTERVAL_MILLIS, signal);
      if (signal.aborted) return;
      await Promise.all([...this.#runners.values()].map((runner) => runner.checkHealth(signal)));
    }
  }

  async #withinBound(work: Promise<unknown>, limitMillis: number, complaint?: string): Promise<void> {
    const done = new AbortController();
    const late = this.#clock.delay(limitMillis, done.signal).then(() => !done.signal.aborted);
    const isLate = await Promise.race([work.then(() => false), late]);
    done.abort();
    if (isLate && complaint !== undefined) this.#logger.warn(complaint);
  }
}

function privateProvider(store: CollectorStore): LoggerProvider {
  const hostId = readHostId('/etc/machine-id');
  return new SdkLoggerProvider({
    resource: hostResource({ version: VERSION, instanceId: store.instanceId(hostId), hostId, env: process.env }),
    processors: [new OutboxLogRecordProcessor()],
  });
}

function invalid(name: string, why: string): ProcmondError {
  return new ProcmondError('SOURCE_INVALID', `cannot register event source ${JSON.stringify(name)}: ${why}`);
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
