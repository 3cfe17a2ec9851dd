import type { Layout } from './layout.ts';

/** Sequence numbers that left undelivered: `count` numbers of the topic within [first, last] are missing. */
export interface Discard {
  readonly topic: string;
  readonly reason: DiscardReason;
  readonly count: number;
  readonly first: number;
  readonly last: number;
}

/** `damaged`: what the file holds of them cannot be read. */
export type DiscardReason = 'outbox_full' | 'dead_letter' | 'damaged';

/** What was given up and has not been told yet, one sum for each topic and reason; as durable as the giving up itself. */
export class DiscardLedger {
  readonly #layout: Layout;
  #committed: ReadonlyMap<string, Discard>;
  #working: Map<string, Discard> | undefined;

  constructor(layout: Layout) {
    this.#layout = layout;
    this.#committed = new Map(layout.discards.getRange().map(({ key, value }) => [key, value as Discard] as const));
  }

  /** Inside a transaction that transaction's view. */
  get untold(): readonly Discard[] {
    return [...(this.#working ?? this.#committed).values()];
  }

  add(discard: Discard): void {
    const working = this.#writable();
    const key = `${discard.reason} ${discard.topic}`;
    const before = working.get(key);
    const sum: Discard =
      before === undefined
        ? discard
        : {
            ...discard,
            count: before.count + discard.count,
            first: Math.min(before.first, discard.first),
            last: Math.max(before.last, discard.last),
          };
    working.set(key, sum);
    this.#layout.discards.putSync(key, sum);
  }

  /** To be called in the transaction that tells them. */
  clear(): void {
    const working = this.#writable();
    for (const key of working.keys()) this.#layout.discards.removeSync(key);
    working.clear();
  }

  begin(): void {
    this.#working = new Map(this.#committed);
  }

  adopt(): void {
    this.#committed = this.#writable();
    this.#working = undefined;
  }

  rollback(): void {
    this.#working = undefined;
  }

  #writable(): Map<string, Discard> {
    if (this.#working === undefined) throw new Error('the ledger of discards is written to outside a transaction');
    return this.#working;
  }
}
