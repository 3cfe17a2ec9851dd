import type { Redactor } from '../../redact/redactor.ts';
import { cutText } from '../cut-text.ts';
import { decodeText } from '../decode-text.ts';

/** Far more than a host has different executables, folders and control groups; bounds for one that makes them up. */
const MAX_ENTRIES = 4_096;
const MAX_CHARACTERS = 1024 ** 2;

/**
 * What became of raw texts, each byte one character (latin1). Thousands of processes share a few paths: each is decoded
 * and redacted once, and kept once.
 */
export class RedactedMemo<Value> {
  readonly #make: (raw: string, redactor: Redactor) => Value;
  readonly #known = new Map<string, Value>();
  /** Of all keys. */
  #characters = 0;
  #redactor: Redactor | undefined;

  constructor(make: (raw: string, redactor: Redactor) => Value) {
    this.#make = make;
  }

  get(raw: string, redactor: Redactor): Value {
    if (redactor !== this.#redactor) {
      this.#forget();
      this.#redactor = redactor;
    }
    const known = this.#known.get(raw);
    if (known !== undefined) return known;
    if (this.#known.size >= MAX_ENTRIES || this.#characters > MAX_CHARACTERS) this.#forget();
    const fresh = this.#make(raw, redactor);
    this.#known.set(raw, fresh);
    this.#characters += raw.length;
    return fresh;
  }

  #forget(): void {
    this.#known.clear();
    this.#characters = 0;
  }
}

export interface KnownText {
  /** Decoded, redacted, and then cut: half a secret may not look like one. */
  readonly text: string;
  /** True when some bytes were not UTF-8. */
  readonly escaped: boolean;
  /** True when its end was cut off. */
  readonly truncated: boolean;
  readonly redactions: number;
}

export function knownText(raw: string, redactor: Redactor): KnownText {
  const { text, escaped } = decodeText(Buffer.from(raw, 'latin1'));
  const { value, redactions } = redactor.text(text);
  const kept = cutText(value, redactor.limits.maxTextBytes);
  return { text: kept, escaped, truncated: kept !== value, redactions };
}
