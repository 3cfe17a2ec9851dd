import { ProcmondError } from '../../base/errors.ts';
import { BUILT_IN_RULE_IDS, BUILT_IN_RULES } from '../../event/finding-rules.ts';
import {
  type ExpectedProcess,
  MAX_EXPECTED_PROCESSES,
  MAX_OWN_RULES,
  NO_RULE_SETTINGS,
  type OwnRule,
  type RuleSettings,
} from '../../event/rule-settings.ts';
import type { ConditionFacts } from './condition-facts.ts';
import type { Rule } from './rule.ts';
import { processRules } from './rule-table.ts';
import { DEFAULT_SUSPICIOUS_CHILDREN } from './suspicious-child.ts';

/** Everything that is looked for, ready to be used: one object, so that another can take its place between two cycles. */
export interface CompiledRules {
  /** Those that look at one process. */
  readonly rules: readonly Rule[];
  readonly expectedProcesses: readonly ExpectedProcess[];
  readonly tellsMissing: boolean;
  readonly tellsFlapping: boolean;
}

/** procmond's own rules, as they are without configuration. */
export function builtInRules(): CompiledRules {
  return assemble(NO_RULE_SETTINGS, []);
}

/**
 * Makes rules of their settings. The language of conditions is loaded only where there is one.
 * @throws {ProcmondError} CONFIG_INVALID naming every rule that cannot be used, and the place in it
 */
export async function compileRules(settings: RuleSettings): Promise<CompiledRules> {
  const problems = settingsProblems(settings);
  const own: Rule[] = [];
  if (settings.own.length > 0) {
    const { compileCondition } = await import('./condition.ts');
    for (const rule of settings.own) {
      const compiled = compileCondition(rule.when);
      if (compiled.ok) own.push(ownRule(rule, compiled.condition));
      else problems.push(`rule ${rule.id}: its condition ${placeOf(compiled.problem)}${compiled.problem.reason}`);
    }
  }
  if (problems.length > 0) throw new ProcmondError('CONFIG_INVALID', problems.join('; '));
  return assemble(settings, own);
}

function assemble(settings: RuleSettings, own: readonly Rule[]): CompiledRules {
  const off = new Set(settings.disabled);
  for (const { id, offByDefault } of BUILT_IN_RULES) if (offByDefault && !settings.enabled.includes(id)) off.add(id);
  const builtIn = processRules(settings.suspiciousChildren ?? DEFAULT_SUSPICIOUS_CHILDREN);
  return {
    rules: [...builtIn, ...own].filter(({ about }) => !off.has(about.id)),
    expectedProcesses: settings.expectedProcesses,
    tellsMissing: !off.has('expected-process-missing'),
    tellsFlapping: !off.has('expected-process-flapping'),
  };
}

function ownRule(rule: OwnRule, holds: (facts: ConditionFacts) => boolean): Rule {
  const { id, title, description, category, severity, techniques, trigger } = rule;
  return {
    about: { id, title, description, category, severity, techniques },
    finds: ({ facts }) => (holds(facts()) ? { what: `is what this rule looks for: ${title}` } : undefined),
    ...(trigger !== undefined && { trigger }),
  };
}

/** What the configuration file's reader has checked before; for users of the library. */
function settingsProblems({ disabled, enabled, own, expectedProcesses }: RuleSettings): string[] {
  const ids = own.map(({ id }) => id);
  const targets = own.flatMap(({ trigger }) => (trigger === undefined ? [] : [trigger.target]));
  const taken = ids.filter((id, index) => BUILT_IN_RULE_IDS.includes(id) || ids.indexOf(id) !== index);
  const known = [...BUILT_IN_RULE_IDS, ...ids];
  const unknown = [...disabled, ...enabled].filter((id) => !known.includes(id));
  const names = expectedProcesses.map(({ name }) => name);
  return [
    ...[...ids, ...targets, ...expectedProcesses.map(({ name }) => name)]
      .filter((name) => !isKebabCase(name))
      .map((name) => `${JSON.stringify(name)} is not of lower-case letters, digits and "-", 64 at most`),
    ...taken.map((id) => `rule ${id}: another rule has this id`),
    ...unknown.map((id) => `there is no rule ${id} to switch off or on`),
    ...names
      .filter((name, index) => names.indexOf(name) !== index)
      .map((name) => `expected process ${name}: another has this name`),
    ...(own.length > MAX_OWN_RULES ? [`there are ${own.length} rules, at most ${MAX_OWN_RULES} are allowed`] : []),
    ...(expectedProcesses.length > MAX_EXPECTED_PROCESSES
      ? [`there are ${expectedProcesses.length} expected processes, at most ${MAX_EXPECTED_PROCESSES} are allowed`]
      : []),
  ];
}

function isKebabCase(name: string): boolean {
  return name.length <= 64 && /^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(name);
}

function placeOf({ position }: { readonly position?: number }): string {
  return position === undefined ? '' : `at character ${position} `;
}
