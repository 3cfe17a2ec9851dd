import type { EventAttributes, FindingRule } from '../../event/collection-event.ts';
import type { ProcessDetails, ProcessRow } from '../../event/process-row.ts';
import type { RuleTrigger } from '../../event/rule-settings.ts';
import type { Process } from '../enumerate/enumerator.ts';
import type { ConditionFacts } from './condition-facts.ts';

/** A rule that looks at one process. It holds nothing, and knows only what it is handed. */
export interface Rule {
  readonly about: FindingRule;
  readonly finds: (subject: Subject) => Evidence | undefined;
  readonly trigger?: RuleTrigger | undefined;
}

/** What a rule went by. */
export interface Evidence {
  /** The end of a sentence that begins with the process: `runs /tmp/x, which is gone`. */
  readonly what: string;
  readonly attributes?: EventAttributes;
}

/** A process as of this cycle, and what is known around it. Only enriched ones are looked at. */
export interface Subject {
  readonly process: Process;
  readonly details: ProcessDetails;
  /** The same identity in the snapshot before, enriched then too; undefined for a new one, and where snapshots do not compare. */
  readonly previous: EnrichedRow | undefined;
  /** In the same snapshot; undefined where its pid has been given to a younger process. */
  readonly parent: Process | undefined;
  /** SHA-256 of its executable, where it is known by now. */
  readonly hash: string | undefined;
  /** By the present wall clock, epoch milliseconds, to the second. */
  readonly createdAtMillis: number;
  /** The latest time by that clock at which it can have been seen. */
  readonly sampledAtMillis: number;
  /** The same in the words of a condition, made when it is asked for. */
  readonly facts: () => ConditionFacts;
}

export type EnrichedRow = ProcessRow & { readonly details: ProcessDetails };

/** Its leading thread has ended: neither program nor arguments can be read of it, whether or not other threads go on. */
export function isDefunct({ stateCode }: Pick<Process, 'stateCode'>): boolean {
  return stateCode === 'Z' || stateCode === 'X' || stateCode === 'x';
}
