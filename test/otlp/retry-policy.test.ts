import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { backoffMillis, retryAfterMillis } from '../../src/otlp/retry-policy.ts';

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
const date = (seconds: number) => new Date(NOW + seconds * 1000).toUTCString();

describe('the pause after failures in a row', () => {
  const cases: readonly [number, number, number][] = [
    [1, 500, 1_000],
    [2, 1_000, 2_000],
    [3, 2_000, 4_000],
    [6, 16_000, 32_000],
    [7, 30_000, 60_000],
    [100, 30_000, 60_000],
    [1e9, 30_000, 60_000],
  ];
  for (const [failures, shortest, longest] of cases) {
    test(`is between ${shortest} and ${longest} ms after ${failures}`, () => {
      assert.equal(backoffMillis(failures, 0), shortest);
      assert.equal(backoffMillis(failures, 1 - Number.EPSILON), longest);
      assert.equal(backoffMillis(failures, 0.5), Math.round(longest * 0.75));
    });
  }
});

describe('Retry-After', () => {
  const cases: readonly [string | undefined, number | undefined][] = [
    [undefined, undefined],
    ['', undefined],
    ['  ', undefined],
    ['0', 0],
    ['1', 1_000],
    [' 30 ', 30_000],
    ['300', 300_000],
    ['301', 300_000],
    ['99999999999999999999999', 300_000],
    ['-1', undefined],
    ['1.5', undefined],
    ['0x10', undefined],
    ['1e3', undefined],
    ['soon', undefined],
    ['5 apples', undefined],
    ['NaN', undefined],
    ['Infinity', undefined],
    ['Monday', undefined],
    [date(0), 0],
    [date(20), 20_000],
    [date(-20), 0],
    [date(1e9), 300_000],
    ['Fri, 31 Dec 1999 23:59:59 GMT', 0],
    ['2026-01-02T03:04:25Z', undefined],
  ];
  for (const [header, expected] of cases) {
    test(`of ${JSON.stringify(header)} asks for ${expected} ms`, () => {
      assert.equal(retryAfterMillis(header, NOW), expected);
    });
  }
});
