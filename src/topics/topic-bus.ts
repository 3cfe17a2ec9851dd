import { ProcmondError } from '../base/errors.ts';
import { Subscriber, type Subscription } from './subscription.ts';
import { quoteTopic, topicProblem } from './topic.ts';
import { parseTopicPattern } from './topic-pattern.ts';

export interface SubscribeOptions {
  /**
   * How many messages are kept for a subscriber that is behind; 1,000 by default. What is published in one turn of the
   * event loop, as the events of one commit are, waits together.
   */
  readonly maxQueued?: number;
  /** Closes the subscription when it aborts. */
  readonly signal?: AbortSignal;
}

const DEFAULT_MAX_QUEUED = 1_000;
const LARGEST_QUEUE = 1_000_000;
const DEFAULT_MAX_SUBSCRIPTIONS = 256;

/** Topics whose subscribers are remembered; any source may publish on any topic. */
const MAX_REMEMBERED_TOPICS = 1_024;

/**
 * Messages by topic, inside this process.
 *
 * - Publishing puts the message into the queue of each subscriber and returns; no code of a subscriber runs in it, so one
 *   that is slow, stuck or broken costs nobody anything.
 * - Every queue is bounded and drops its oldest message when it is full, which the next one delivered tells.
 * - Which subscribers a topic has is found out once, until one comes or goes.
 */
export class TopicBus<Message> {
  readonly #maxSubscriptions: number;
  readonly #subscribers = new Set<Subscriber<Message>>();
  /** Legal topics only. */
  readonly #subscribersByTopic = new Map<string, readonly Subscriber<Message>[]>();
  #closed = false;

  constructor({ maxSubscriptions = DEFAULT_MAX_SUBSCRIPTIONS }: { readonly maxSubscriptions?: number } = {}) {
    this.#maxSubscriptions = maxSubscriptions;
  }

  /** @throws {ProcmondError} TOPIC_INVALID, also when nobody listens */
  publish(topic: string, message: Message): void {
    const subscribers = this.#subscribersOf(topic);
    if (subscribers.length === 0) return;
    const published = { topic, message };
    for (const subscriber of subscribers) subscriber.offer(published);
  }

  /** Whether it is worth making a message. @throws {ProcmondError} TOPIC_INVALID */
  hasSubscribers(topic: string): boolean {
    return this.#subscribersOf(topic).length > 0;
  }

  /** @throws {ProcmondError} TOPIC_INVALID for an illegal pattern, SUBSCRIPTION_REFUSED when there are too many */
  subscribe(pattern: string, options: SubscribeOptions = {}): Subscription<Message> {
    const { maxQueued = DEFAULT_MAX_QUEUED, signal } = options;
    const parsed = parseTopicPattern(pattern);
    const refusal = this.#refusal(maxQueued);
    if (refusal !== undefined) {
      throw new ProcmondError('SUBSCRIPTION_REFUSED', `cannot subscribe to ${quoteTopic(pattern)}: ${refusal}`);
    }
    const close = () => subscriber.close();
    const subscriber = new Subscriber<Message>({
      pattern: parsed,
      maxQueued,
      left: (one) => {
        signal?.removeEventListener('abort', close);
        this.#subscribers.delete(one);
        this.#subscribersByTopic.clear();
      },
    });
    this.#subscribers.add(subscriber);
    this.#subscribersByTopic.clear();
    signal?.addEventListener('abort', close, { once: true });
    if (this.#closed || signal?.aborted) close();
    return subscriber;
  }

  /** Nothing more is published: subscriptions end after what they have queued, and new ones at once. May be called twice. */
  close(): void {
    this.#closed = true;
    for (const subscriber of this.#subscribers) subscriber.end();
  }

  #refusal(maxQueued: number): string | undefined {
    if (!(Number.isInteger(maxQueued) && maxQueued >= 1 && maxQueued <= LARGEST_QUEUE)) {
      return `maxQueued is ${maxQueued}, it must be a whole number from 1 to ${LARGEST_QUEUE}`;
    }
    if (this.#subscribers.size < this.#maxSubscriptions) return undefined;
    return `${this.#subscribers.size} subscriptions are open, more are not allowed; close those that are not read`;
  }

  #subscribersOf(topic: string): readonly Subscriber<Message>[] {
    return this.#subscribersByTopic.get(topic) ?? this.#findSubscribers(topic);
  }

  #findSubscribers(topic: string): readonly Subscriber<Message>[] {
    const problem = topicProblem(topic);
    if (problem !== undefined) {
      throw new ProcmondError('TOPIC_INVALID', `cannot publish on ${quoteTopic(topic)}: ${problem}`);
    }
    const found = [...this.#subscribers].filter((subscriber) => subscriber.matches(topic));
    if (this.#subscribersByTopic.size >= MAX_REMEMBERED_TOPICS) this.#subscribersByTopic.clear();
    this.#subscribersByTopic.set(topic, found);
    return found;
  }
}
