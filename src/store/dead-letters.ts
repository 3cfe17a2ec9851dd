import type { Layout } from './layout.ts';

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

/** Bounded: over 10,000 the oldest goes. Writes belong into a transaction. */
export class DeadLetterTable {
  readonly #layout: Layout;

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  get count(): number {
    const { entryCount } = this.#layout.deadLetters.getStats() as { readonly entryCount: number };
    return entryCount;
  }

  all(): readonly DeadLetter[] {
    return Array.from(this.#layout.deadLetters.getRange(), ({ value }) => value as DeadLetter);
  }

  put(letter: DeadLetter): void {
    this.#layout.deadLetters.putSync(letter.seq, letter);
    const excess = this.count - MAX_DEAD_LETTERS;
    if (excess <= 0) return;
    for (const seq of Array.from(this.#layout.deadLetters.getKeys({ limit: excess }))) {
      this.#layout.deadLetters.removeSync(seq);
    }
  }
}
