import type { Instant, Reading } from './parse-reading.ts';

/**
 * How far from the truth a start may be that a listing tells, besides the time the listing took: `ps` tells an age in
 * whole seconds, systeminformation takes it from the time when it has read that, and cuts the result to a second.
 */
export const START_RESOLUTION_MILLIS = 2_000;

/** The clocks around one reading. */
export type ReadingTimes = Pick<Reading, 'startedAt' | 'endedAt'>;

/** What one reading tells of a life. */
export interface Sighting {
  /** By the wall clock, as `ListedProcess` has it. */
  readonly startedMillis: number | undefined;
  readonly times: ReadingTimes;
}

/**
 * Whether a pid that was listed before and is listed now stands for one process. It does when it already ran at the
 * reading before, by its age: that holds where ages are counted from boot and starts move with the wall clock (Linux).
 * And it does when its start is told as before: that holds where starts are kept as times (macOS, Windows) and ages move.
 * So no step of the wall clock, daylight saving or suspension makes new identities of all processes.
 */
export function isSameLife(before: Sighting, now: Sighting): boolean {
  // Without a start there is nothing to tell two lives apart by (the idle process of Windows, which has one only).
  if (before.startedMillis === undefined || now.startedMillis === undefined) return true;
  const longest = Math.max(durationMillis(before.times), durationMillis(now.times));
  if (Math.abs(now.startedMillis - before.startedMillis) <= START_RESOLUTION_MILLIS + longest) return true;
  const readBefore = onWallClockOf(now.times.startedAt, before.times.startedAt);
  return now.startedMillis + START_RESOLUTION_MILLIS <= readBefore;
}

/** By the clock that counts from boot. */
export function durationMillis({ startedAt, endedAt }: ReadingTimes): number {
  return Math.max(0, endedAt.uptimeSeconds - startedAt.uptimeSeconds) * 1000;
}

/** When the host was booted, by the wall clock as it was at that moment. */
export function bootMillis({ wallMillis, uptimeSeconds }: Instant): number {
  return wallMillis - uptimeSeconds * 1000;
}

/** An earlier moment as the present wall clock has it. */
function onWallClockOf(present: Instant, earlier: Instant): number {
  return bootMillis(present) + earlier.uptimeSeconds * 1000;
}
