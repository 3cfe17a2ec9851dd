import type { FindingEvent } from '../../event/collection-event.ts';
import { builtInRule } from '../../event/finding-rules.ts';
import type { ExpectedProcess } from '../../event/rule-settings.ts';
import type { ExpectedProcessState } from '../../event/snapshot-state.ts';
import type { Enumeration, Process } from '../enumerate/enumerator.ts';
import { isDefunct } from '../findings/rule.ts';
import { type CyclePlan, rowBefore } from '../snapshot-tracker.ts';
import { type ExpectedJudgement, type HeldProcess, judgeExpected } from './expected-state.ts';
import { matchesExpected, needsDetails } from './matches-expected.ts';

/** What the watch list comes to in a cycle, before it is committed. */
export interface ExpectedPlan {
  readonly verdicts: readonly ExpectedVerdict[];
  /** By name, to be stored with the snapshot. */
  readonly states: Readonly<Record<string, ExpectedProcessState>>;
  readonly members: ReadonlyMap<string, Members>;
}

export interface ExpectedVerdict {
  readonly expected: ExpectedProcess;
  readonly judgement: ExpectedJudgement;
  /** How many match and live. */
  readonly running: number;
}

/** Start ticks by pid of what matched when it was last looked at. */
type Members = ReadonlyMap<number, number>;

export interface ExpectedPlanOptions {
  /** All processes are looked at: the list, or what is in memory of it, is new. */
  readonly everything: boolean;
  readonly userName: (id: number) => string | undefined;
}

/**
 * Keeps count of the processes of the watch list. Only what is new or changed is matched again; `plan` changes nothing,
 * `adopt` makes the plan the present once it is committed.
 */
export class ExpectedProcesses {
  #members: ReadonlyMap<string, Members> = new Map();

  plan(plan: CyclePlan, list: readonly ExpectedProcess[], options: ExpectedPlanOptions): ExpectedPlan {
    const members = new Map<string, Members>();
    const states: Record<string, ExpectedProcessState> = {};
    const verdicts = list.map((expected) => {
      const now = this.#membersNow(plan, expected, options);
      members.set(expected.name, now);
      const verdict = judge(plan, expected, now);
      states[expected.name] = verdict.judgement.state;
      return verdict;
    });
    return { verdicts, states, members };
  }

  adopt({ members }: ExpectedPlan): void {
    this.#members = members;
  }

  #membersNow(plan: CyclePlan, expected: ExpectedProcess, { everything, userName }: ExpectedPlanOptions): Members {
    const before = everything ? NONE : (this.#members.get(expected.name) ?? NONE);
    const { stale, stopped } = plan.diff;
    const looked = everything ? plan.enumeration.processes : stale;
    if (looked.length === 0 && stopped.length === 0) return before;
    const now = new Map(before);
    for (const { pid, startTicks } of stopped) if (now.get(pid) === startTicks) now.delete(pid);
    for (const process of looked) {
      if (matchesExpected(expected.match, process, userName)) now.set(process.pid, process.startTicks);
      else now.delete(process.pid);
    }
    return now;
  }
}

const NONE: Members = new Map();

function judge(plan: CyclePlan, expected: ExpectedProcess, members: Members): ExpectedVerdict {
  const { enumeration, comparability: compared, beforeState } = plan;
  const sameBoot = beforeState?.bootId === plan.state.bootId;
  const matching = alive(members, enumeration);
  const judgement = judgeExpected(expected, sameBoot ? beforeState?.expectedProcesses?.[expected.name] : undefined, {
    matching,
    wasThere: (process) => wasThere(plan, process),
    atMillis: enumeration.endedAtMillis - enumeration.boot.timeMillis,
    partial: enumeration.truncated && needsDetails(expected.match),
    otherSight: compared.kind === 'baseline' && compared.reason === 'scope_changed',
  });
  return { expected, judgement, running: matching.length };
}

function alive(members: Members, { byPid }: Enumeration): readonly HeldProcess[] {
  const found: HeldProcess[] = [];
  for (const [pid, startTicks] of members) {
    const process = byPid.get(pid);
    if (process !== undefined && process.startTicks === startTicks && !hasEnded(process)) found.push([pid, startTicks]);
  }
  return found.sort((a, b) => a[1] - b[1] || a[0] - b[0]);
}

/** It has ended and waits for its parent to notice; one whose other threads go on has not. */
function hasEnded(process: Process): boolean {
  return isDefunct(process) && (process.threads ?? 1) <= 1;
}

function wasThere(plan: CyclePlan, [pid]: HeldProcess): boolean {
  const process = plan.enumeration.byPid.get(pid);
  return process !== undefined && rowBefore(plan, process) !== undefined;
}

/** What is told of an entry: at most that it is missing and that it flaps. */
export function expectedFindings({ verdicts }: ExpectedPlan, tells: ExpectedTells): readonly ExpectedFinding[] {
  return verdicts.flatMap((verdict): readonly ExpectedFinding[] => [
    ...(verdict.judgement.missing && tells.tellsMissing ? [{ kind: 'missing', verdict } as const] : []),
    ...(verdict.judgement.flapping && tells.tellsFlapping ? [{ kind: 'flapping', verdict } as const] : []),
  ]);
}

export interface ExpectedTells {
  readonly tellsMissing: boolean;
  readonly tellsFlapping: boolean;
}

export interface ExpectedFinding {
  readonly kind: 'missing' | 'flapping';
  readonly verdict: ExpectedVerdict;
}

export function expectedFindingEvent({ kind, verdict }: ExpectedFinding, plan: CyclePlan): FindingEvent {
  const { expected, judgement, running } = verdict;
  const attributes = {
    'procmond.expected_process.name': expected.name,
    'procmond.expected_process.count': expected.count,
    'procmond.expected_process.running': running,
  };
  const common = { kind: 'finding', timestampMillis: plan.state.sampledAtMillis } as const;
  if (kind === 'missing') {
    const message = `expected process ${expected.name} is missing: ${running} of ${expected.count} run`;
    return { ...common, rule: builtInRule('expected-process-missing'), message, attributes };
  }
  const minutes = expected.flappingWindowMillis / 60_000;
  const restarts = judgement.state.restartsAtMillis.length;
  return {
    ...common,
    rule: builtInRule('expected-process-flapping'),
    message: `expected process ${expected.name} was started again at least ${restarts} times in ${minutes} min`,
    attributes: {
      ...attributes,
      'procmond.expected_process.restarts': restarts,
      'procmond.expected_process.window_seconds': expected.flappingWindowMillis / 1000,
    },
  };
}
