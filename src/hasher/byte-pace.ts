const NANOS_PER_SECOND = 1e9;

/** Where in it stands when the next byte may be read, in nanoseconds of `hrtime`, and how many bytes there are a second. */
const FREE_AT_NANOS = 0;
const BYTES_PER_SECOND = 1;

/** The numbers that all readers share. */
export function newPace(bytesPerSecond: number): BigInt64Array {
  const pace = new BigInt64Array(new SharedArrayBuffer(2 * BigInt64Array.BYTES_PER_ELEMENT));
  setBytesPerSecond(pace, bytesPerSecond);
  return pace;
}

/** 0 = no limit. Holds for what is booked from now on. */
export function setBytesPerSecond(pace: BigInt64Array, bytesPerSecond: number): void {
  Atomics.store(pace, BYTES_PER_SECOND, BigInt(bytesPerSecond));
}

export function bytesPerSecondOf(pace: BigInt64Array): number {
  return Number(Atomics.load(pace, BYTES_PER_SECOND));
}

/**
 * Books the reading of `bytes` behind what others have booked, whichever thread they run on, so that all of them together
 * keep to the rate of the pace. Time that nobody used is not saved up.
 * @returns for how long to wait before reading, nanoseconds
 */
export function bookBytes(pace: BigInt64Array, bytes: number, nowNanos: bigint): bigint {
  const bytesPerSecond = bytesPerSecondOf(pace);
  if (bytesPerSecond === 0) return 0n;
  const costNanos = BigInt(Math.ceil((bytes * NANOS_PER_SECOND) / bytesPerSecond));
  for (;;) {
    const freeAtNanos = Atomics.load(pace, FREE_AT_NANOS);
    const beginsAtNanos = freeAtNanos > nowNanos ? freeAtNanos : nowNanos;
    if (Atomics.compareExchange(pace, FREE_AT_NANOS, freeAtNanos, beginsAtNanos + costNanos) === freeAtNanos) {
      return beginsAtNanos - nowNanos;
    }
  }
}
