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
  /** By name, how the processes of the watch list were last seen. */
  readonly expectedProcesses?: Readonly<Record<string, ExpectedProcessState>> | undefined;
}

/** Times are counted from boot, in milliseconds: no step of the wall clock moves them. */
export interface ExpectedProcessState {
  readonly up: boolean;
  /** Pid and start ticks of those that make it up: of all that match, the oldest. */
  readonly held: readonly (readonly [pid: number, startTicks: number])[];
  /** How many of them have ended and have no successor yet. */
  readonly gaps: number;
  /** When successors were seen, the latest last; only as many as are counted, and within the window. */
  readonly restartsAtMillis: readonly number[];
  /** Since when it is not up; absent while it is. */
  readonly missingSinceMillis?: number | undefined;
  /** Told since it was last up, and since it last was calm. */
  readonly missingTold: boolean;
  readonly flappingTold: boolean;
}
