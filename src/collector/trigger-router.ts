import type { Clock } from '../base/clock.ts';
import { errorMessage } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { CollectorObserver, TriggerOutcome } from '../base/observer.ts';
import type { AgentEvent, CollectionEvent } from '../event/collection-event.ts';
import { type AnalysisType, type TriggerRequest, triggerProblems } from '../event/trigger-request.ts';
import type {
  CommitReceipt,
  EventBatch,
  EventSink,
  EventSource,
  TriggerAnswers,
  TriggerDecision,
  TriggerOrigin,
} from './event-source.ts';
import { InvalidTriggerError } from './invalid-trigger-error.ts';
import { SourceCaps } from './source-caps.ts';
import { TriggerAdmission } from './trigger-admission.ts';
import { TriggerQueue } from './trigger-queue.ts';
import { TriggerRefusals } from './trigger-refusals.ts';

export interface TriggerRouterOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly observer: CollectorObserver;
  /** A source that is registered, with the capabilities it has now. */
  readonly sourceOf: (name: string) => TriggeredSource | undefined;
}

export interface TriggeredSource {
  readonly source: EventSource;
  readonly capabilities: SourceCaps;
  readonly sink: EventSink;
}

export const DEADLINE_MILLIS = 30_000;

/** How long a source may take to notice that the time is over. */
const GRACE_MILLIS = 5_000;

/** What one source is given at the same time. */
const CONCURRENCY = 4;

/**
 * Requests for analyses on their way from who asks to who answers:
 *
 *   sink.commit ─► valid? ─► seen? ─► too many? ─► room? ─► record on collector/triggers/<target>, committed
 *                    throws    └─────────┴───────────┴─► refused: not published           │
 *                                             source that can answer: queue ─► handle ◄───┘ else: left to readers of the topic
 *
 * Whether a request is admitted is decided inside the transaction of its batch; what follows from that, that it was seen,
 * counted and queued, only when the batch is committed.
 */
export class TriggerRouter {
  readonly #options: TriggerRouterOptions;
  readonly #admission = new TriggerAdmission();
  readonly #queue = new TriggerQueue<Delivery>();
  readonly #refusals = new TriggerRefusals();
  readonly #answering = new Map<Delivery, Promise<void>>();
  #stopped = false;

  constructor(options: TriggerRouterOptions) {
    this.#options = options;
  }

  /**
   * Commits the batch without the requests that are refused, and delivers the others.
   * @throws {InvalidTriggerError} and what `commit` throws; then nothing has happened
   */
  commit(batch: EventBatch, origin: TriggerOrigin, commit: (batch: EventBatch) => CommitReceipt): CommitReceipt {
    const pass = new Pass(origin, this.#options.clock.monotonicMillis());
    let receipt: CommitReceipt;
    try {
      receipt = commit({ ...batch, events: this.#admit(batch, pass) });
    } catch (error) {
      pass.takeBack();
      throw error;
    }
    if (pass.decisions.length > 0) this.#settle(pass);
    return pass.decisions.length === 0 ? receipt : { ...receipt, triggers: pass.decisions };
  }

  /** Lets all that waits or is being answered come to its end, unanswered. What comes now is left to readers of the topic. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const delivery of this.#queue.all()) this.#expire(delivery);
    for (const delivery of this.#answering.keys()) delivery.expire();
    await Promise.all(this.#answering.values());
  }

  *#admit(batch: EventBatch, pass: Pass): Generator<CollectionEvent> {
    for (const event of batch.events) {
      switch (event.kind) {
        case 'trigger':
          if (this.#admits(event.request, pass)) yield event;
          break;
        case 'cycle':
          // It counts the records of its transaction: those that were left out are none.
          yield pass.refused === 0
            ? event
            : { ...event, events: event.events - pass.refused, triggers: event.triggers - pass.refused };
          break;
        default:
          yield event;
      }
    }
    if (pass.decisions.length === 0) return;
    const { nowMillis } = pass;
    pass.told = this.#refusals.event(pass.overflown, { nowMillis, timestampMillis: batch.observedAtMillis });
    if (pass.told !== undefined) yield pass.told;
  }

  /** True for a request that is published. */
  #admits(request: TriggerRequest, pass: Pass): boolean {
    const problems = triggerProblems(request);
    if (problems.length > 0) throw new InvalidTriggerError(problems);
    const admission = this.#admission.look(request, pass.nowMillis);
    if (admission !== 'admitted') return pass.refuse(request, admission);
    const triggered = this.#answererOf(request);
    if (triggered === undefined) pass.admit(request);
    else if (this.#queue.hasRoom(request.priority, pass.deliveries.length)) pass.admit(request, triggered);
    else return pass.refuse(request, 'queue_full');
    pass.undo.push(this.#admission.mark(request, pass.nowMillis));
    return true;
  }

  #answererOf({ target, analysisType }: TriggerRequest): AnsweringSource | undefined {
    const found = this.#stopped ? undefined : this.#options.sourceOf(target);
    const answers = found?.source.answersTriggers;
    if (found === undefined || !answers?.analysisTypes.includes(analysisType)) return undefined;
    const needed = neededCapability(analysisType);
    return (found.capabilities & needed) === needed ? { ...found, answers } : undefined;
  }

  #settle(pass: Pass): void {
    const { logger } = this.#options;
    this.#refusals.adopt(pass.overflown, pass.told && { atMillis: pass.nowMillis });
    if (pass.told !== undefined) logger.warn(pass.told.message);
    const published = pass.decisions.length - pass.refused;
    if (published > 0) this.#count('published', published);
    for (const { outcome } of pass.decisions) this.#count(outcome, 1);
    for (const delivery of pass.deliveries) {
      this.#queue.push(delivery);
      void this.#keepDeadline(delivery);
    }
    for (const { source } of pass.deliveries) this.#answerNext(source.name);
  }

  async #keepDeadline(delivery: Delivery): Promise<void> {
    await this.#options.clock.delay(DEADLINE_MILLIS, delivery.ended.signal);
    this.#expire(delivery);
  }

  #expire(delivery: Delivery): void {
    delivery.expire();
    // It has no place to wait for: its answer is that there is none.
    if (this.#queue.remove(delivery)) this.#begin(delivery);
  }

  #answerNext(target: string): void {
    while (this.#answeringBy(target) < CONCURRENCY) {
      const delivery = this.#queue.take(target);
      if (delivery === undefined) return;
      this.#begin(delivery);
    }
  }

  #answeringBy(target: string): number {
    return [...this.#answering.keys()].filter(({ source }) => source.name === target).length;
  }

  #begin(delivery: Delivery): void {
    // Not before the commit that it came with has returned to who asked.
    const answered = Promise.resolve().then(() => this.#answer(delivery));
    this.#answering.set(delivery, answered);
  }

  /** Never rejects. */
  async #answer(delivery: Delivery): Promise<void> {
    this.#count(await this.#outcomeOf(delivery), 1);
    delivery.ended.abort();
    this.#answering.delete(delivery);
    this.#answerNext(delivery.source.name);
  }

  async #outcomeOf(delivery: Delivery): Promise<'answered' | 'expired' | 'failed'> {
    const { source, request } = delivery;
    const complain = (how: string) =>
      this.#options.logger.error(`source ${source.name} did not answer trigger ${request.triggerId}: ${how}`);
    try {
      if (await this.#handledInTime(delivery)) return delivery.signal.aborted ? 'expired' : 'answered';
      complain(`it went on for ${GRACE_MILLIS} ms after its time was over`);
    } catch (error) {
      complain(errorMessage(error));
    }
    return 'failed';
  }

  async #handledInTime({ answers, request, origin, sink, signal }: Delivery): Promise<boolean> {
    const done = new AbortController();
    try {
      const handled = answers.handle(request, { origin, signal, sink }).then(() => true);
      return await Promise.race([handled, this.#overdue(signal, done.signal)]);
    } finally {
      done.abort();
    }
  }

  /** Resolves to false a while after `signal` aborted. */
  async #overdue(signal: AbortSignal, done: AbortSignal): Promise<boolean> {
    const over = AbortSignal.any([signal, done]);
    if (!over.aborted) await new Promise((resolve) => over.addEventListener('abort', resolve, { once: true }));
    await this.#options.clock.delay(GRACE_MILLIS, done);
    return false;
  }

  #count(outcome: TriggerOutcome, count: number): void {
    this.#options.observer.triggered?.(outcome, count);
  }
}

interface AnsweringSource extends TriggeredSource {
  readonly answers: TriggerAnswers;
}

/** What a source must be able to watch, beside saying that it answers. */
function neededCapability(analysisType: AnalysisType): SourceCaps {
  switch (analysisType) {
    case 'binary_hash':
    case 'yara_scan':
      return SourceCaps.FILESYSTEM;
    case 'memory_analysis':
    case 'behavioral_analysis':
      return SourceCaps.PROCESS;
    case 'network_analysis':
      return SourceCaps.NETWORK;
    default:
      return 0;
  }
}

/** The requests of one batch, until it is known whether it is committed. */
class Pass {
  readonly nowMillis: number;
  readonly decisions: TriggerDecision[] = [];
  readonly deliveries: Delivery[] = [];
  /** Targets of what was refused for there being too much. */
  readonly overflown: string[] = [];
  readonly undo: (() => void)[] = [];
  refused = 0;
  told: AgentEvent | undefined;
  readonly #origin: TriggerOrigin;

  constructor(origin: TriggerOrigin, nowMillis: number) {
    this.#origin = origin;
    this.nowMillis = nowMillis;
  }

  admit(request: TriggerRequest, answering?: AnsweringSource): void {
    const outcome = answering === undefined ? 'no_target' : 'delivered';
    this.decisions.push({ triggerId: request.triggerId, outcome });
    if (answering !== undefined) this.deliveries.push(new Delivery(request, this.#origin, answering));
  }

  refuse(request: TriggerRequest, outcome: 'deduplicated' | 'rate_limited' | 'queue_full'): false {
    this.refused += 1;
    this.decisions.push({ triggerId: request.triggerId, outcome });
    if (outcome !== 'deduplicated') this.overflown.push(request.target);
    return false;
  }

  takeBack(): void {
    for (const undo of this.undo.toReversed()) undo();
  }
}

/** A request on its way to the source that answers it. */
class Delivery {
  readonly request: TriggerRequest;
  readonly origin: TriggerOrigin;
  readonly source: EventSource;
  readonly sink: EventSink;
  readonly answers: TriggerAnswers;
  /** Aborts when there is an answer, or none is expected any more. */
  readonly ended = new AbortController();
  readonly #expired = new AbortController();

  constructor(request: TriggerRequest, origin: TriggerOrigin, { source, sink, answers }: AnsweringSource) {
    this.request = request;
    this.origin = origin;
    this.source = source;
    this.sink = sink;
    this.answers = answers;
  }

  get signal(): AbortSignal {
    return this.#expired.signal;
  }

  expire(): void {
    this.#expired.abort();
  }
}
