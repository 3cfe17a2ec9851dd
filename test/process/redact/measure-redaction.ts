import { createRedactor, KEY_BYTES } from '../../../src/process/redact/redactor.ts';
import { readCorpus } from './corpus.ts';
import { type Score, score } from './score.ts';

/** How well secrets are found over the corpus: all of it, the half that rules were made after, and the other half. */
export function measureRedaction(): Readonly<Record<'all' | 'tuned' | 'heldOut', Score>> {
  const rows = readCorpus();
  const redactor = createRedactor('redacted', { key: new Uint8Array(KEY_BYTES) });
  return {
    all: score(redactor, rows),
    tuned: score(
      redactor,
      rows.filter(({ heldOut }) => !heldOut),
    ),
    heldOut: score(
      redactor,
      rows.filter(({ heldOut }) => heldOut),
    ),
  };
}
