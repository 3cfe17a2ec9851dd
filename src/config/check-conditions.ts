import type { LoadConfigResult } from './load-config.ts';
import type { WrittenCondition } from './parse-rules.ts';
import { type ConfigProblem, printableValue } from './problem.ts';

/** What is wrong with a condition, and where in it, from 1; undefined when it can be used. */
export type ConditionCheck = (when: string) => { readonly position?: number; readonly reason: string } | undefined;

/**
 * Adds what is wrong with the conditions of own rules to what else is. Their language is loaded only where there is one.
 */
export async function checkConditions(
  loaded: LoadConfigResult,
  loadCheck: () => Promise<ConditionCheck>,
): Promise<LoadConfigResult> {
  const conditions = 'conditions' in loaded ? loaded.conditions : [];
  if (conditions.length === 0) return loaded;
  const check = await loadCheck();
  const problems = conditions.flatMap((condition) => conditionProblem(condition, check));
  if (problems.length === 0) return loaded;
  return { ok: false, problems: [...(loaded.ok ? [] : loaded.problems), ...problems], conditions };
}

function conditionProblem({ ruleId, origin, when }: WrittenCondition, check: ConditionCheck): readonly ConfigProblem[] {
  const problem = check(when);
  if (problem === undefined) return [];
  const place = problem.position === undefined ? '' : `, at character ${problem.position}`;
  return [
    {
      name: ruleId,
      origin: `${origin} (rule ${ruleId})`,
      value: printableValue(when),
      reason: `${problem.reason}${place}`,
    },
  ];
}
