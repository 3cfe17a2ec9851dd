import type { Logger } from '../../base/logger.ts';
import {
  type ExpectedFinding,
  type ExpectedPlan,
  ExpectedProcesses,
  expectedFindings,
} from '../expected/expected-processes.ts';
import type { CyclePlan } from '../snapshot-tracker.ts';
import type { CompiledRules } from './compile-rules.ts';
import { type Finding, find, type RuleError } from './find.ts';

/** What the rules came to in a cycle, before it is committed. */
export interface RulePlan {
  /** The cycle's plan, with what the rules leave for the next. */
  readonly plan: CyclePlan;
  readonly found: readonly Finding[];
  readonly expectedFindings: readonly ExpectedFinding[];
  readonly errors: readonly RuleError[];
  readonly rules: CompiledRules;
  readonly expected: ExpectedPlan;
}

/**
 * Asks the rules in force about each cycle. They may be replaced between two cycles: new ones are asked about all
 * processes once, then about what is new or changed. `plan` changes nothing, `adopt` goes with the commit.
 */
export class RuleRunner {
  readonly #logger: Logger;
  readonly #expected = new ExpectedProcesses();
  readonly #errorsTold = new Set<string>();
  #rules: CompiledRules;
  /** Those that the last committed cycle was asked about. */
  #asked: CompiledRules | undefined;

  constructor(rules: CompiledRules, logger: Logger) {
    this.#rules = rules;
    this.#logger = logger;
  }

  setRules(rules: CompiledRules): void {
    this.#rules = rules;
    this.#errorsTold.clear();
  }

  plan(plan: CyclePlan, userName: (id: number) => string | undefined): RulePlan {
    const rules = this.#rules;
    const everything = this.#asked !== rules || plan.comparability.kind !== 'same_boot';
    const { found, toldRules, errors } = find(plan, rules.rules, { everything });
    const expected = this.#expected.plan(plan, rules.expectedProcesses, { everything, userName });
    return {
      plan: { ...plan, toldRules, state: { ...plan.state, expectedProcesses: expected.states } },
      found,
      expectedFindings: expectedFindings(expected, rules),
      errors,
      rules,
      expected,
    };
  }

  adopt({ rules, expected, errors }: RulePlan): void {
    this.#asked = rules;
    this.#expected.adopt(expected);
    for (const { ruleId, pid, message } of errors) {
      if (this.#errorsTold.has(ruleId)) continue;
      this.#errorsTold.add(ruleId);
      this.#logger.warn(
        `rule ${ruleId} cannot be evaluated for process ${pid}, and is asked on for others: ${message}`,
      );
    }
  }
}
