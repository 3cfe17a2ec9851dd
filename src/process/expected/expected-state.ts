import type { ExpectedProcess } from '../../event/rule-settings.ts';
import type { ExpectedProcessState } from '../../event/snapshot-state.ts';

/** Services come up one after the other: so long after boot, what has not been seen yet is not told as missing. */
export const BOOT_GRACE_MILLIS = 120_000;

export type HeldProcess = ExpectedProcessState['held'][number];

/** What a cycle saw of one entry of the watch list. */
export interface ExpectedSighting {
  /** Alive and matching, the oldest first. */
  readonly matching: readonly HeldProcess[];
  /** Whether such a one was there in the snapshot before, whatever it was taken for. */
  readonly wasThere: (process: HeldProcess) => boolean;
  /** Since boot. */
  readonly atMillis: number;
  /** Not all processes could be looked at: too few of them prove nothing. */
  readonly partial: boolean;
  /** Others are in sight than before: what is out of sight has not ended. */
  readonly otherSight: boolean;
}

export interface ExpectedJudgement {
  readonly state: ExpectedProcessState;
  readonly missing: boolean;
  readonly flapping: boolean;
}

/**
 * What becomes of an entry in a cycle. Of those that match, the oldest `count` are held to be the ones expected: workers
 * that a server starts and ends as it likes are neither missed nor counted.
 */
export function judgeExpected(
  expected: ExpectedProcess,
  before: ExpectedProcessState | undefined,
  sighting: ExpectedSighting,
): ExpectedJudgement {
  const { matching, atMillis, partial, otherSight } = sighting;
  const enough = matching.length >= expected.count;
  if (partial && !enough && before !== undefined) return { state: before, missing: false, flapping: false };
  const held = matching.slice(0, expected.count);
  const { gaps, restarts } = successors(otherSight ? undefined : before, held, sighting);
  const restartsAtMillis = recentRestarts(expected, before, atMillis, restarts);
  const flaps = expected.flappingRestarts > 0 && restartsAtMillis.length > expected.flappingRestarts;
  const missingSinceMillis = enough ? undefined : (before?.missingSinceMillis ?? atMillis);
  const toldBefore = before?.missingTold ?? false;
  const waited = missingSinceMillis !== undefined && atMillis - missingSinceMillis >= expected.graceMillis;
  const settled = atMillis >= BOOT_GRACE_MILLIS || before?.up === true || (before?.held.length ?? 0) > 0;
  const missing = waited && settled && !toldBefore && !partial && !otherSight;
  return {
    state: {
      up: enough,
      held,
      gaps,
      restartsAtMillis,
      ...(missingSinceMillis !== undefined && { missingSinceMillis }),
      // What is merely out of sight is not told of later either.
      missingTold: !enough && (toldBefore || missing || otherSight),
      flappingTold: flaps,
    },
    missing,
    flapping: flaps && before?.flappingTold !== true,
  };
}

/** How many of those held have ended without a successor, and how many successors are new. */
function successors(
  before: ExpectedProcessState | undefined,
  held: readonly HeldProcess[],
  { matching, wasThere }: ExpectedSighting,
): { readonly gaps: number; readonly restarts: number } {
  if (before === undefined) return { gaps: 0, restarts: 0 };
  const ended = before.held.filter((process) => !includes(matching, process)).length;
  const open = before.gaps + ended;
  const added = held.filter((process) => !includes(before.held, process));
  const fresh = added.filter((process) => !wasThere(process)).length;
  return { gaps: Math.max(0, open - added.length), restarts: Math.min(open, fresh) };
}

function recentRestarts(
  { flappingRestarts, flappingWindowMillis }: ExpectedProcess,
  before: ExpectedProcessState | undefined,
  atMillis: number,
  restarts: number,
): readonly number[] {
  const all = [...(before?.restartsAtMillis ?? []), ...Array.from({ length: restarts }, () => atMillis)];
  const recent = all.filter((time) => time <= atMillis && atMillis - time < flappingWindowMillis);
  // One more than the limit tells that it is passed.
  return recent.slice(-(flappingRestarts + 1));
}

function includes(processes: readonly HeldProcess[], [pid, startTicks]: HeldProcess): boolean {
  return processes.some(([otherPid, otherTicks]) => otherPid === pid && otherTicks === startTicks);
}
