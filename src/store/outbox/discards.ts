import { merged } from '../../base/given-up.ts';
import type { Layout } from '../layout.ts';

/** Sequence numbers that left undelivered: `count` numbers of the topic within [first, last] are missing. */
export interface Discard {
  readonly topic: string;
  readonly reason: DiscardReason;
  readonly count: number;
  readonly first: number;
  readonly last: number;
}

/** What a commit gave up. */
export interface GivenUp extends Discard {
  readonly reason: Exclude<DiscardReason, 'dead_letter'>;
}

/** `damaged`: what the file holds of them cannot be read. */
export type DiscardReason = 'outbox_full' | 'expired' | 'dead_letter' | 'damaged';

/**
 * What was given up and has not been told yet, one sum for each topic and reason; as durable as the giving up itself.
 *
 * What a record tells is kept beside until that record has left. Should it be given up, too, its sum is to be told anew:
 * else an outage that lasts would lose the account of its own losses.
 */
export class DiscardLedger {
  readonly #layout: Layout;
  #committed: ReadonlyMap<string, Discard>;
  #working: Map<string, Discard> | undefined;

  constructor(layout: Layout) {
    this.#layout = layout;
    const untold = layout.discards.getRange({ end: TOLD });
    this.#committed = new Map(untold.map(({ key, value }) => [key, value as Discard] as const));
  }

  /** Inside a transaction that transaction's view. */
  get untold(): readonly Discard[] {
    return [...(this.#working ?? this.#committed).values()];
  }

  add(discard: Discard): void {
    this.#merge(discard);
    // A dead letter is kept, and can be sent once more.
    if (discard.reason === 'dead_letter') return;
    for (const { key, value } of this.#told(discard.first, discard.last)) {
      this.#layout.discards.removeSync(key);
      this.#merge(value as Discard);
    }
  }

  /**
   * To be called in the transaction that tells all that is untold.
   * @param firstSeq the number of the first of the records that tell it, one for each sum, in their order
   */
  tell(firstSeq: number): void {
    const working = this.#writable();
    [...working].forEach(([key, sum], index) => {
      this.#layout.discards.removeSync(key);
      this.#layout.discards.putSync(toldKey(firstSeq + index), sum);
    });
    working.clear();
  }

  /** What was told by records up to `throughSeq` has arrived. */
  settle(throughSeq: number): void {
    for (const { key } of this.#told(0, throughSeq)) this.#layout.discards.removeSync(key);
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

  #merge(discard: Discard): void {
    const working = this.#writable();
    const key = `${discard.reason} ${discard.topic}`;
    const before = working.get(key);
    const sum = before === undefined ? discard : merged(before, discard);
    working.set(key, sum);
    this.#layout.discards.putSync(key, sum);
  }

  /** What the records with these numbers tell. */
  #told(firstSeq: number, lastSeq: number) {
    return Array.from(this.#layout.discards.getRange({ start: toldKey(firstSeq), end: toldKey(lastSeq + 1) }));
  }

  #writable(): Map<string, Discard> {
    if (this.#working === undefined) throw new Error('the ledger of discards is written to outside a transaction');
    return this.#working;
  }
}

/** Behind the keys of what is untold, which begin with a reason. */
const TOLD = 'told ';

/** Ascending with the number. */
function toldKey(seq: number): string {
  return TOLD + String(seq).padStart(16, '0');
}
