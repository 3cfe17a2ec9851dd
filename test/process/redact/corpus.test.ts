import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readCorpus } from './corpus.ts';
import { measureRedaction } from './measure-redaction.ts';
import { type Miss, precisionOf, recallOf } from './score.ts';

/** Of all secrets, those hidden whole; of all redactions, those that hid a secret. */
const MIN_RECALL = 0.98;
const MIN_PRECISION = 0.97;

describe('over the corpus', () => {
  const { all, tuned, heldOut } = measureRedaction();

  test(`at least ${MIN_RECALL} of the secrets are hidden whole`, () => {
    assert.ok(recallOf(all) >= MIN_RECALL, `${recallOf(all)}\n${describeMisses(all.misses, 'left')}`);
  });

  test(`at least ${MIN_PRECISION} of what is hidden is secret`, () => {
    const nothing = describeMisses(all.misses, 'hidden for nothing');
    assert.ok(precisionOf(all) >= MIN_PRECISION, `${precisionOf(all)}\n${nothing}`);
  });

  test('the half that no rule was made after does hardly worse than the other', () => {
    assert.ok(recallOf(heldOut) >= recallOf(tuned) - 0.03, `${recallOf(heldOut)} against ${recallOf(tuned)}`);
    assert.ok(
      precisionOf(heldOut) >= precisionOf(tuned) - 0.03,
      `${precisionOf(heldOut)} against ${precisionOf(tuned)}`,
    );
  });
});

describe('the corpus', () => {
  const rows = readCorpus();

  test('holds a thousand command lines, about half of them with secrets, and half of them held out', () => {
    assert.ok(rows.length >= 1_000);
    const secret = rows.filter(({ secrets }) => secrets.some((spans) => spans.length > 0));
    for (const part of [secret, rows.filter(({ heldOut }) => heldOut)])
      assert.ok(part.length > 0.45 * rows.length && part.length < 0.55 * rows.length, `${part.length}`);
  });

  test('holds no command line twice', () => {
    const lines = rows.map(({ line }) => line);
    assert.deepEqual(
      lines.filter((line, index) => lines.indexOf(line) !== index),
      [],
    );
  });
});

function describeMisses(misses: readonly Miss[], kind: Miss['kind']): string {
  return misses
    .filter((miss) => miss.kind === kind)
    .map(({ text, row, output }) => `${kind}: ${text}\n  ${row.family}: ${row.line}\n  became ${output.join(' ')}`)
    .join('\n');
}
