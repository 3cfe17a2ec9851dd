import { BoundedQueue } from './bounded-queue.ts';
import type { TopicPattern } from './topic-pattern.ts';

/**
 * What is published on the topics of a pattern, from `subscribe` on, in order. Iterating takes from a queue of its own;
 * leaving the iteration, by `break` or by an error, closes it. To be closed where it is not iterated to its end.
 */
export interface Subscription<Message> extends AsyncIterable<Delivered<Message>> {
  readonly pattern: string;
  /** Messages that wait to be taken. */
  readonly queued: number;
  /** Messages that had to go because the queue was full, since `subscribe`. */
  readonly dropped: number;
  /** Ends an iteration at once, with what is queued. May be called twice. */
  close(): void;
}

export interface Delivered<Message> {
  readonly topic: string;
  /** Shared with the other subscribers. */
  readonly message: Message;
  /** How many messages are missing between the one delivered before and this one. */
  readonly dropped: number;
}

export interface Published<Message> {
  readonly topic: string;
  readonly message: Message;
}

export interface SubscriberOptions<Message> {
  readonly pattern: TopicPattern;
  readonly maxQueued: number;
  /** Called once, when no more is to be offered. */
  readonly left: (subscriber: Subscriber<Message>) => void;
}

/** A subscription as the bus sees it. Nothing of whoever reads it runs inside `offer`: it can only put something down. */
export class Subscriber<Message> implements Subscription<Message> {
  readonly #options: SubscriberOptions<Message>;
  readonly #queue: BoundedQueue<Published<Message>>;
  #droppedBeforeNext = 0;
  #droppedAndTold = 0;
  #open = true;
  /** There while somebody waits for the next message. */
  #arrival: PromiseWithResolvers<void> | undefined;

  constructor(options: SubscriberOptions<Message>) {
    this.#options = options;
    this.#queue = new BoundedQueue(options.maxQueued);
  }

  get pattern(): string {
    return this.#options.pattern.text;
  }

  get queued(): number {
    return this.#queue.length;
  }

  get dropped(): number {
    return this.#droppedAndTold + this.#droppedBeforeNext;
  }

  matches(topic: string): boolean {
    return this.#options.pattern.matches(topic);
  }

  offer(published: Published<Message>): void {
    if (this.#queue.push(published)) this.#droppedBeforeNext += 1;
    if (this.#arrival !== undefined) this.#wake();
  }

  /** No more will come: an iteration ends after what is queued. */
  end(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#options.left(this);
    this.#wake();
  }

  close(): void {
    this.end();
    this.#queue.clear();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Delivered<Message>, void, undefined> {
    try {
      for (;;) {
        const next = this.#take();
        if (next !== undefined) yield next;
        else if (this.#open) await this.#nextArrival();
        else return;
      }
    } finally {
      this.close();
    }
  }

  #take(): Delivered<Message> | undefined {
    const next = this.#queue.shift();
    if (next === undefined) return undefined;
    const dropped = this.#droppedBeforeNext;
    this.#droppedBeforeNext = 0;
    this.#droppedAndTold += dropped;
    return { topic: next.topic, message: next.message, dropped };
  }

  #nextArrival(): Promise<void> {
    this.#arrival ??= Promise.withResolvers();
    return this.#arrival.promise;
  }

  #wake(): void {
    this.#arrival?.resolve();
    this.#arrival = undefined;
  }
}
