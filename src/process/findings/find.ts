import { errorMessage } from '../../base/errors.ts';
import type { ProcessRow } from '../../event/process-row.ts';
import { creationTimeMillis, type DescriptionContext, describeProcess } from '../describe-process.ts';
import type { Process } from '../enumerate/enumerator.ts';
import { type CyclePlan, rowBefore } from '../snapshot-tracker.ts';
import { type ConditionFacts, type Facts, processFacts } from './condition-facts.ts';
import type { EnrichedRow, Evidence, Rule, Subject } from './rule.ts';

/** A rule that matched, and the process it matched. */
export interface Finding {
  readonly rule: Rule;
  readonly process: Process;
  readonly evidence: Evidence;
}

export interface Findings {
  /** By process, ascending by pid, then in the order of the rules. */
  readonly found: readonly Finding[];
  /** By pid: ids of all rules that have told of a process, for those with a finding in this cycle. */
  readonly toldRules: ReadonlyMap<number, readonly string[]>;
  readonly errors: readonly RuleError[];
}

/** A condition that could not be evaluated for a process: counted, told once, and no reason to end a cycle. */
export interface RuleError {
  readonly ruleId: string;
  readonly pid: number;
  readonly message: string;
}

/**
 * Asks the rules about the processes whose row is new or another one than before, or about all (`everything`: the rules
 * are new). What a rule has told of an identity it does not tell again, in this run or in another.
 */
export function find(
  plan: CyclePlan,
  rules: readonly Rule[],
  { everything }: { readonly everything: boolean },
): Findings {
  const found: Finding[] = [];
  const toldRules = new Map<number, readonly string[]>();
  const errors: RuleError[] = [];
  if (rules.length === 0) return { found, toldRules, errors };
  const started = new Set(plan.diff.started);
  for (const process of everything ? plan.enumeration.processes : plan.diff.stale) {
    if (process.details === undefined) continue;
    const before = rowBefore(plan, process);
    const told = before?.findings ?? [];
    const subject = subjectOf(process, before, plan, started.has(process));
    const ids: string[] = [];
    for (const rule of rules) {
      if (told.includes(rule.about.id)) continue;
      const evidence = ask(rule, subject, errors);
      if (evidence === undefined) continue;
      found.push({ rule, process, evidence });
      ids.push(rule.about.id);
    }
    if (ids.length > 0) toldRules.set(process.pid, [...told, ...ids]);
  }
  return { found, toldRules, errors };
}

function ask(rule: Rule, subject: Subject, errors: RuleError[]): Evidence | undefined {
  try {
    return rule.finds(subject);
  } catch (error) {
    errors.push({ ruleId: rule.about.id, pid: subject.process.pid, message: errorMessage(error) });
    return undefined;
  }
}

function subjectOf(process: Process, before: ProcessRow | undefined, plan: CyclePlan, started: boolean): Subject {
  const { enumeration, context } = plan;
  const previous = plan.comparability.kind === 'same_boot' && isEnriched(before) ? before : undefined;
  const parent = parentOf(process, plan);
  const clock = { bootAnchorMillis: enumeration.boot.timeMillis, ticksPerSecond: enumeration.ticksPerSecond };
  let facts: ConditionFacts | undefined;
  return {
    process,
    details: process.details as Subject['details'],
    previous,
    parent,
    hash: context.hashOf?.(process),
    createdAtMillis: creationTimeMillis(process.startTicks, clock),
    sampledAtMillis: Math.max(enumeration.startedAtMillis, enumeration.endedAtMillis),
    facts: () => {
      facts ??= {
        process: factsOf(process, context),
        parent: factsOf(parent, context),
        previous: factsOf(previous, context),
        started,
      };
      return facts;
    },
  };
}

function factsOf(row: ProcessRow | undefined, context: DescriptionContext): Facts {
  return processFacts(row === undefined ? undefined : describeProcess(row, undefined, context));
}

function isEnriched(row: ProcessRow | undefined): row is EnrichedRow {
  return row?.details !== undefined;
}

/** Between the reading of child and parent the parent's pid may have become another's. */
function parentOf({ ppid, startTicks }: Process, { enumeration }: CyclePlan): Process | undefined {
  const parent = enumeration.byPid.get(ppid);
  return parent !== undefined && parent.startTicks <= startTicks ? parent : undefined;
}
