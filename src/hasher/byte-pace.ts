const NANOS_PER_SECOND = 1e9;

/** Room for the one number that all readers share: when the next byte may be read, in nanoseconds of `hrtime`. */
export function newPace(): BigInt64Array {
  return new BigInt64Array(new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT));
}

/**
 * Books the reading of `bytes` behind what others have booked, whichever thread they run on, so that all of them together
 * keep to `bytesPerSecond` (0 = no limit). Time that nobody used is not saved up.
 * @returns for how long to wait before reading, nanoseconds
 */
export function bookBytes(
  pace: BigInt64Array,
  bytes: number,
  options: { readonly bytesPerSecond: number; readonly nowNanos: bigint },
): bigint {
  const { bytesPerSecond, nowNanos } = options;
  if (bytesPerSecond === 0) return 0n;
  const costNanos = BigInt(Math.ceil((bytes * NANOS_PER_SECOND) / bytesPerSecond));
  for (;;) {
    const freeAtNanos = Atomics.load(pace, 0);
    const beginsAtNanos = freeAtNanos > nowNanos ? freeAtNanos : nowNanos;
    if (Atomics.compareExchange(pace, 0, freeAtNanos, beginsAtNanos + costNanos) === freeAtNanos) {
      return beginsAtNanos - nowNanos;
    }
  }
}
