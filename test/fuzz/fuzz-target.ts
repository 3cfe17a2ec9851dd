/** Something that takes input from others, and what must hold whatever the input is. */
export interface FuzzTarget {
  readonly name: string;
  /** Good and bad inputs that others are made of. */
  readonly seeds: readonly Uint8Array[];
  /** Words of the input's language, put in anywhere. */
  readonly words: readonly string[];
  readonly maxInputBytes: number;
  /** Prepares what the inputs are tried on; called once. */
  start(): Promise<FuzzCheck>;
}

/** @throws {Error} saying what does not hold for an input; a promise where it takes turns of the event loop */
export type FuzzCheck = (input: Uint8Array) => void | Promise<void>;
