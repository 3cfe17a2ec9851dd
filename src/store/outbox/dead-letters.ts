import { faultPoint } from '../../base/fault-point.ts';
import type { Layout } from '../layout.ts';
import type { BatchLimits } from './batch-limits.ts';

/** A record the endpoint refuses for good, kept for a person to look at. */
export interface DeadLetter {
  readonly seq: number;
  readonly topic: string;
  readonly senderId: string;
  /** The record as it lay in the outbox: one JSON text. */
  readonly row: string;
  /** What the endpoint said. */
  readonly reason: string;
  readonly refusedAtMillis: number;
}

const MAX_DEAD_LETTERS = 10_000;

/**
 * Records the endpoint refuses for good. Over 10,000 the oldest goes. Writes belong into a transaction.
 *
 * - A letter that is retried stays where it is, with a mark, until it has been accepted; refused again it loses the mark.
 * - Marks may be set while a batch is under way whose numbers are higher: `settle` removes only what `take` gave.
 */
export class DeadLetterTable {
  readonly #layout: Layout;
  /** Numbers of those that are retried, ascending. */
  #committed: readonly number[];
  #working: readonly number[] | undefined;
  readonly #underWay = new Set<number>();

  constructor(layout: Layout) {
    this.#layout = layout;
    this.#committed = Array.from(layout.retried.getKeys());
  }

  /** Those that are not retried. */
  get count(): number {
    return this.#entryCount - this.#retried.length;
  }

  /** Those that wait to be sent once more. */
  get retriedCount(): number {
    return this.#retried.length;
  }

  /** All of them, those that are retried included. */
  all(): readonly DeadLetter[] {
    return Array.from(this.#layout.deadLetters.getRange(), ({ value }) => value as DeadLetter);
  }

  /** The one with the highest number. */
  last(): DeadLetter | undefined {
    const [last] = this.#layout.deadLetters.getRange({ reverse: true, limit: 1 });
    return last?.value as DeadLetter | undefined;
  }

  put(letter: DeadLetter): void {
    this.#layout.deadLetters.putSync(letter.seq, letter);
    TEST_ONLY: faultPoint('dead_letter.put');
    this.#underWay.delete(letter.seq);
    this.#unmark([letter.seq]);
    const excess = this.#entryCount - MAX_DEAD_LETTERS;
    if (excess > 0) this.#remove(Array.from(this.#layout.deadLetters.getKeys({ limit: excess })));
  }

  /** Has all of them sent once more. @returns how many were not waiting for it already */
  retry(): number {
    const marked = new Set(this.#retried);
    const seqs = Array.from(this.#layout.deadLetters.getKeys());
    for (const seq of seqs) {
      if (!marked.has(seq)) this.#layout.retried.putSync(seq, true);
    }
    TEST_ONLY: faultPoint('dead_letter.retried');
    this.#setRetried(seqs);
    return seqs.length - marked.size;
  }

  /** The first of those that are retried, at least one where there is any, within the limits; under way until `release`. */
  take({ maxRecords, maxBytes, acrossTopics }: Required<BatchLimits>): readonly DeadLetter[] {
    this.#underWay.clear();
    const taken: DeadLetter[] = [];
    let bytes = 0;
    for (const seq of this.#retried.slice(0, maxRecords)) {
      const letter = this.#layout.deadLetters.get(seq) as DeadLetter;
      bytes += letter.row.length;
      const first = taken[0];
      if (first !== undefined && (bytes > maxBytes || !(acrossTopics || letter.topic === first.topic))) break;
      taken.push(letter);
      this.#underWay.add(seq);
    }
    return taken;
  }

  release(): void {
    this.#underWay.clear();
  }

  /** Removes what is under way up to `throughSeq`: it was accepted. */
  settle(throughSeq: number): void {
    const accepted = [...this.#underWay].filter((seq) => seq <= throughSeq);
    for (const seq of accepted) this.#underWay.delete(seq);
    this.#remove(accepted);
    TEST_ONLY: if (accepted.length > 0) faultPoint('dead_letter.removed');
  }

  begin(): void {
    this.#working = this.#committed;
  }

  adopt(): void {
    this.#committed = this.#retried;
    this.#working = undefined;
  }

  rollback(): void {
    this.#working = undefined;
  }

  get #entryCount(): number {
    const { entryCount } = this.#layout.deadLetters.getStats() as { readonly entryCount: number };
    return entryCount;
  }

  get #retried(): readonly number[] {
    return this.#working ?? this.#committed;
  }

  #remove(seqs: readonly number[]): void {
    for (const seq of seqs) this.#layout.deadLetters.removeSync(seq);
    this.#unmark(seqs);
  }

  #unmark(seqs: readonly number[]): void {
    if (seqs.length === 0 || this.#retried.length === 0) return;
    const unmarked = new Set(seqs);
    const kept = this.#retried.filter((seq) => !unmarked.has(seq));
    if (kept.length === this.#retried.length) return;
    for (const seq of seqs) this.#layout.retried.removeSync(seq);
    this.#setRetried(kept);
  }

  #setRetried(seqs: readonly number[]): void {
    if (this.#working === undefined) throw new Error('dead letters are retried outside a transaction');
    this.#working = seqs;
  }
}
