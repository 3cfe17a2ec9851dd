import { createRedactor, KEY_BYTES } from '../../../src/process/redact/redactor.ts';
import { type CorpusRow, readCorpus } from './corpus.ts';
import { type Score, score } from './score.ts';

/** How well secrets are found over the corpus: all of it, the half that rules were made after, the other half, and a part of both. */
export function measureRedaction(): Readonly<Record<'all' | 'tuned' | 'heldOut' | 'reported', Score>> {
  const rows = readCorpus();
  const redactor = createRedactor('redacted', { key: new Uint8Array(KEY_BYTES) });
  const over = (isMeant: (row: CorpusRow) => boolean) => score(redactor, rows.filter(isMeant));
  return {
    all: over(() => true),
    tuned: over(({ heldOut }) => !heldOut),
    heldOut: over(({ heldOut }) => heldOut),
    reported: over(({ family }) => family === 'reported'),
  };
}
