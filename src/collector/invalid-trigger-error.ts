import { ProcmondError } from '../base/errors.ts';
import type { TriggerProblem } from '../event/trigger-request.ts';

/** A request for an analysis that nobody could act on; `problems` are all that is wrong with it. */
export class InvalidTriggerError extends ProcmondError {
  readonly problems: readonly TriggerProblem[];

  constructor(problems: readonly TriggerProblem[]) {
    const list = problems.map(({ field, value, why }) => `${field} is ${value}, it ${why}`).join('; ');
    super('TRIGGER_INVALID', `cannot ask for an analysis: ${list}`);
    this.problems = problems;
  }
}
