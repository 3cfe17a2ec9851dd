import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chunkPageBytes, decodeChunk, encodeChunk } from '../../../src/store/outbox/chunk.ts';

const cases: readonly [string, readonly string[]][] = [
  ['one row', ['{}']],
  ['many rows', Array.from({ length: 500 }, (_, seq) => JSON.stringify({ seq }))],
  ['line feeds, NUL and separators inside of texts', [JSON.stringify('a\nb\r\u2028\u0000'), JSON.stringify('\n')]],
  ['a lone surrogate', [JSON.stringify('\ud800')]],
  ['characters of four bytes', [JSON.stringify('🐧'.repeat(10_000))]],
];
for (const [name, rows] of cases) {
  test(`gives back the rows that were put in: ${name}`, () => {
    assert.deepEqual(decodeChunk(encodeChunk(rows)), rows);
  });
}

test('is a fraction of the rows it is made of', () => {
  const rows = Array.from({ length: 500 }, (_, pid) =>
    JSON.stringify({ pid, name: 'nginx: worker process', user: 'www-data' }),
  );
  assert.ok(encodeChunk(rows).length < rows.join('').length / 8);
});

test('counts for more pages the larger it is', () => {
  let before = 0;
  for (let bytes = 1; bytes < 20_000; bytes += 7) {
    const pages = chunkPageBytes(bytes);
    assert.ok(pages >= before && pages > bytes);
    before = pages;
  }
});
