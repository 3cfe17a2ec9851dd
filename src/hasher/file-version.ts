/** What `fstat` says of a file, as far as it tells one content from another. */
export interface FileStats {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

/**
 * Tells this file with this content from every other: device, inode, size, and the times of both to the nanosecond. An
 * edit in place with its mtime put back has another ctime, which no system call sets.
 */
export function fileVersion({ dev, ino, size, mtimeNs, ctimeNs }: FileStats): string {
  return `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`;
}

/**
 * How long to wait until a further change of the file must show in its ctime: file systems stamp with the clock's last
 * tick (at most 10 ms old), those that know whole seconds only with the last second, FAT with the last even one. 0 when
 * the last change lies that far back, and when it lies as far in the future (the clock was set back): no further one will.
 */
export function unsettledMillis({ ctimeNs }: Pick<FileStats, 'ctimeNs'>, nowMillis: number): number {
  const ageMillis = nowMillis - Number(ctimeNs) / 1e6;
  const settledMillis = ctimeNs % 1_000_000_000n === 0n ? WHOLE_SECONDS_MILLIS : TICK_MILLIS;
  return ageMillis <= -settledMillis ? 0 : Math.max(0, settledMillis - ageMillis);
}

const TICK_MILLIS = 20;
const WHOLE_SECONDS_MILLIS = 2_000;
