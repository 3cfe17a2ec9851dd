import { createHash } from 'node:crypto';
import type { ReceivedRecord } from '../../fake/received-record.ts';

/** What became of the sequence numbers 1 to `lastSeq`. */
export interface DeliveryBalance {
  readonly lastSeq: number;
  readonly arrived: number;
  /** In the outbox still, of those that did not arrive. */
  readonly waiting: number;
  /** Neither arrived nor waiting. */
  readonly lost: readonly number[];
  /** Came once more. */
  readonly repeated: number;
  /** Came once more with other content, or another uid. */
  readonly altered: readonly number[];
  /** Came for the first time after a higher number. */
  readonly disordered: readonly number[];
  /** Of two numbers. */
  readonly sharedUids: number;
}

/** The records that an endpoint took, as numbers and digests: hours of them fit into little memory. */
export class DeliveredRecords {
  readonly #digests = new Map<number, string>();
  readonly #uids = new Set<string>();
  readonly #altered: number[] = [];
  readonly #disordered: number[] = [];
  readonly #eventNames = new Map<string, number>();
  #repeated = 0;
  #highestSeq = 0;

  /** How many there were of each event name, each record once. */
  get eventNames(): ReadonlyMap<string, number> {
    return this.#eventNames;
  }

  take(records: readonly ReceivedRecord[]): void {
    for (const record of records) this.#take(record);
  }

  /** @param waiting those that are still in the outbox */
  balance(lastSeq: number, waiting: ReadonlySet<number>): DeliveryBalance {
    const lost: number[] = [];
    for (let seq = 1; seq <= lastSeq; seq++) if (!this.#digests.has(seq) && !waiting.has(seq)) lost.push(seq);
    return {
      lastSeq,
      arrived: this.#digests.size,
      waiting: [...waiting].filter((seq) => !this.#digests.has(seq)).length,
      lost,
      repeated: this.#repeated,
      altered: this.#altered,
      disordered: this.#disordered,
      sharedUids: this.#digests.size - this.#uids.size,
    };
  }

  #take({ seq, uid, eventName, content }: ReceivedRecord): void {
    const digest = createHash('sha256').update(content).digest('base64');
    const before = this.#digests.get(seq);
    if (before !== undefined) {
      this.#repeated += 1;
      if (before !== digest) this.#altered.push(seq);
      return;
    }
    if (seq < this.#highestSeq) this.#disordered.push(seq);
    this.#highestSeq = Math.max(this.#highestSeq, seq);
    this.#digests.set(seq, digest);
    this.#uids.add(uid);
    this.#eventNames.set(eventName, (this.#eventNames.get(eventName) ?? 0) + 1);
  }
}
