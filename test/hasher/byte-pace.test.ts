import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { bookBytes, newPace } from '../../src/hasher/byte-pace.ts';

const SECOND = 1_000_000_000n;

/** Bytes asked for at a time, and for how long whoever asks has to wait. */
type Booking = readonly [atSeconds: number, bytes: number, waitSeconds: number];

const STORIES: readonly (readonly [story: string, bytesPerSecond: number, bookings: readonly Booking[]])[] = [
  ['the first piece is read at once', 100, [[5, 100, 0]]],
  [
    'a piece waits until what was booked before it is through',
    100,
    [
      [5, 100, 0],
      [5, 50, 1],
      [5.5, 100, 1],
      [7.5, 1, 0],
    ],
  ],
  [
    'time in which nobody read is not saved up for later',
    100,
    [
      [0, 100, 0],
      [1_000, 300, 0],
      [1_000, 100, 3],
    ],
  ],
  [
    'nothing takes no time',
    100,
    [
      [5, 0, 0],
      [5, 100, 0],
      [5, 0, 1],
    ],
  ],
  [
    'without a limit nobody waits',
    0,
    [
      [5, 1e12, 0],
      [5, 1e12, 0],
    ],
  ],
];

suite('the pace of reading', () => {
  for (const [story, bytesPerSecond, bookings] of STORIES) {
    test(story, () => {
      const pace = newPace(bytesPerSecond);
      for (const [atSeconds, bytes, waitSeconds] of bookings) {
        const nowNanos = BigInt(atSeconds * 10) * (SECOND / 10n);
        assert.equal(bookBytes(pace, bytes, nowNanos), BigInt(waitSeconds * 10) * (SECOND / 10n));
      }
    });
  }
});
