/** What commits gave up of one topic, for one reason: `count` numbers within [first, last]. */
export interface GivenUpSum {
  readonly topic: string;
  readonly reason: 'outbox_full' | 'expired' | 'damaged';
  readonly count: number;
  readonly first: number;
  readonly last: number;
}

/** Sums by topic and reason, in the order in which they began. */
export class GivenUpSums {
  readonly #sums = new Map<string, GivenUpSum>();

  add(sum: GivenUpSum): void {
    const before = this.#sums.get(givenUpKey(sum));
    this.#sums.set(givenUpKey(sum), before === undefined ? sum : merged(before, sum));
  }

  all(): readonly GivenUpSum[] {
    return [...this.#sums.values()];
  }

  remove(sum: GivenUpSum): void {
    this.#sums.delete(givenUpKey(sum));
  }
}

/** Of its topic and reason. */
export function givenUpKey({ topic, reason }: GivenUpSum): string {
  return `${reason} ${topic}`;
}

/** Both as one, of the topic and reason of both. */
export function merged<Sum extends Pick<GivenUpSum, 'count' | 'first' | 'last'>>(before: Sum, sum: Sum): Sum {
  return {
    ...before,
    count: before.count + sum.count,
    first: Math.min(before.first, sum.first),
    last: Math.max(before.last, sum.last),
  };
}
