import assert from 'node:assert/strict';
import { test } from 'node:test';
import { durationText, sizeText, timeText } from '../../src/listing/quantity-text.ts';

const KIB = 1024;
const MIB = 1024 ** 2;
const SIZES: readonly (readonly [bytes: number, text: string])[] = [
  [0, '0'],
  [7, '7'],
  [1023, '1023'],
  [KIB, '1.0K'],
  [99.94 * KIB, '99.9K'],
  [99.96 * KIB, '100K'],
  [1023.4 * KIB, '1023K'],
  [1023.6 * KIB, '1.0M'],
  [13.2 * MIB, '13.2M'],
  [16 * 1024 ** 3, '16.0G'],
  [2 * 1024 ** 4, '2.0T'],
  [1024 ** 5, '1.0P'],
  [5000 * 1024 ** 5, '5000P'],
];
for (const [bytes, text] of SIZES) {
  test(`keeps ${bytes} bytes in five characters: ${text}`, () => {
    assert.equal(sizeText(bytes), text);
    assert.ok(text.length <= 5);
  });
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const DURATIONS: readonly (readonly [millis: number, text: string])[] = [
  [-5 * SECOND, '0s'],
  [999, '0s'],
  [42 * SECOND, '42s'],
  [MINUTE - 1, '59s'],
  [12 * MINUTE + 5 * SECOND, '12m05s'],
  [HOUR, '1h00m'],
  [3 * HOUR + 7 * MINUTE, '3h07m'],
  [DAY - 1, '23h59m'],
  [3 * DAY + 4 * HOUR, '3d04h'],
  [100 * DAY - 1, '99d23h'],
  [412 * DAY + 5 * HOUR, '412d'],
];
for (const [millis, text] of DURATIONS) {
  test(`keeps ${millis} ms readable at a glance: ${text}`, () => {
    assert.equal(durationText(millis), text);
    assert.ok(text.length <= 6);
  });
}

test('keeps moments in UTC, to the second', () => {
  assert.equal(timeText(Date.UTC(2026, 10, 23, 2, 29, 34, 999)), '2026-11-23T02:29:34Z');
});
