import type { TriggerOutcome } from '../base/observer.ts';
import type { CollectionEvent } from '../event/collection-event.ts';
import type { AnalysisType, TriggerRequest } from '../event/trigger-request.ts';
import type { SourceCaps } from './source-caps.ts';

/** Something that watches. The Collector runs several side by side; one that throws is restarted and hurts no other. */
export interface EventSource {
  /** Unique among the sources of a Collector. */
  readonly name: string;
  /** Read at registration and whenever the sink is told that they changed. */
  readonly capabilities: SourceCaps;
  /**
   * Watches until `signal` aborts; then finishes or rolls back what it is doing and resolves.
   * Resolving or rejecting before that is a failure: the source is started again after a pause.
   */
  start(sink: EventSink, signal: AbortSignal): Promise<void>;
  /** Releases what `start` took. Called once after the last `start` ended; may be called without any. */
  stop(): Promise<void>;
  healthCheck(): Promise<SourceHealth>;
  /** There when the source does analyses that others ask for, by its name. */
  readonly answersTriggers?: TriggerAnswers;
}

export interface TriggerAnswers {
  readonly analysisTypes: readonly AnalysisType[];
  /**
   * Looks into what is asked, commits what tells the result, with the request's correlation id, and resolves. Called for
   * each request that was delivered: `signal` aborts when its time is over or the end comes, and is aborted from the
   * start where that was while it waited. Then the answer is that there is none, at once.
   */
  handle(request: TriggerRequest, context: TriggerContext): Promise<void>;
}

export interface TriggerContext {
  readonly origin: TriggerOrigin;
  readonly signal: AbortSignal;
  /** The source's own. */
  readonly sink: EventSink;
}

/** Who asks: a source of this procmond, or a person, who may ask for more. */
export type TriggerOrigin = 'source' | 'operator';

/** What became at once of a request: accepted, and published, are `delivered` and `no_target`. */
export interface TriggerDecision {
  readonly triggerId: string;
  readonly outcome: Extract<TriggerOutcome, 'delivered' | 'no_target' | 'deduplicated' | 'rate_limited' | 'queue_full'>;
}

export interface SourceHealth {
  readonly healthy: boolean;
  /** One sentence: why not, or what it is doing. */
  readonly message: string;
}

/** Where a source puts what it saw. */
export interface EventSink {
  /**
   * Commits the events, and what `write` puts in the store, in one transaction: all of it or, when this throws, nothing.
   * When it returns, the events are on disk and will be delivered, but for requests for analyses that were refused: the
   * receipt says what became of each.
   * @throws {ProcmondError} CAPTURE_MISMATCH, EVENT_INVALID, TRIGGER_INVALID, STORE_UNUSABLE
   */
  commit(batch: EventBatch): CommitReceipt;
  /** To be called after `capabilities` changed. */
  capabilitiesChanged(): void;
}

export interface EventBatch {
  /** Iterated once, inside the transaction, in the order they are to be delivered. */
  readonly events: Iterable<CollectionEvent>;
  /** UUIDv7 put on all events but those of kind `agent`. */
  readonly cycleId?: string;
  /** When the facts were seen, epoch milliseconds. */
  readonly observedAtMillis: number;
  /** Further writes to the store for the same transaction; runs before the events are iterated. */
  readonly write?: () => void;
}

export interface CommitReceipt {
  /** Sequence numbers used; `lastSeq` is `firstSeq - 1` when there were no events. */
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** One for each event of kind `trigger`, in their order; absent when there were none. */
  readonly triggers?: readonly TriggerDecision[];
}
