import type { Redactor } from '../../redact/redactor.ts';
import { decodeText } from '../decode-text.ts';

/** Far more than a host has different executables, folders and control groups; a bound for one that makes them up. */
const MAX_ENTRIES = 4_096;

/**
 * What became of raw texts, each byte one character (latin1). Thousands of processes share a few paths: each is decoded
 * and redacted once, and kept once.
 */
export class RedactedMemo<Value> {
  readonly #make: (raw: string, redactor: Redactor) => Value;
  readonly #known = new Map<string, Value>();
  #redactor: Redactor | undefined;

  constructor(make: (raw: string, redactor: Redactor) => Value) {
    this.#make = make;
  }

  get(raw: string, redactor: Redactor): Value {
    if (redactor !== this.#redactor) {
      this.#known.clear();
      this.#redactor = redactor;
    }
    const known = this.#known.get(raw);
    if (known !== undefined) return known;
    if (this.#known.size >= MAX_ENTRIES) this.#known.clear();
    const fresh = this.#make(raw, redactor);
    this.#known.set(raw, fresh);
    return fresh;
  }
}

export interface KnownText {
  /** Decoded, redacted. */
  readonly text: string;
  /** True when some bytes were not UTF-8. */
  readonly escaped: boolean;
  readonly redactions: number;
}

export function knownText(raw: string, redactor: Redactor): KnownText {
  const { text, escaped } = decodeText(Buffer.from(raw, 'latin1'));
  const { value, redactions } = redactor.text(text);
  return { text: value, escaped, redactions };
}
