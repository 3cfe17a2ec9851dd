import type { Scope } from './scope.ts';

/** What the last committed cycle leaves for the next one, besides the rows. Times are epoch milliseconds. */
export interface SnapshotState {
  readonly cycleId: string;
  readonly bootId: string;
  /** False when `bootId` was drawn for one run because the kernel's could not be read. */
  readonly bootKnown: boolean;
  /** Boot time as first seen in this boot; every creation time is counted from it, so none ever moves. */
  readonly bootAnchorMillis: number;
  readonly ticksPerSecond: number;
  readonly scope: Scope;
  /** Around the reading of the table: what is in it was alive at the first and had been read by the second. */
  readonly sampleStartedAtMillis: number;
  readonly sampledAtMillis: number;
  /** When everything was last told as `observed`. */
  readonly inventoryAtMillis: number;
  /** The kernel's count of tasks created since boot. */
  readonly tasksCreated?: number | undefined;
}
