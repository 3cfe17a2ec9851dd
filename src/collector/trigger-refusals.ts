import type { AgentEvent } from '../event/collection-event.ts';

/** Refusals are told so often at most, however many there are. */
const TOLD_EVERY_MILLIS = 60_000;

/** More targets are counted together. */
const MAX_TARGETS = 32;
const OTHER_TARGETS = '(other)';

/** Counts the requests that were refused for there being too many, until they are told. */
export class TriggerRefusals {
  readonly #byTarget = new Map<string, number>();
  #toldAtMillis = Number.NEGATIVE_INFINITY;

  /** What is to be told now, with those that are refused right now; undefined when there is nothing, or it is too soon. */
  event(
    targets: readonly string[],
    times: { readonly nowMillis: number; readonly timestampMillis: number },
  ): AgentEvent | undefined {
    if (times.nowMillis - this.#toldAtMillis < TOLD_EVERY_MILLIS) return undefined;
    const counts = new Map(this.#byTarget);
    for (const target of targets) add(counts, target);
    if (counts.size === 0) return undefined;
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    return {
      kind: 'agent',
      name: 'degraded',
      timestampMillis: times.timestampMillis,
      message: `refused ${total} requests for analyses: more than can be handled were asked of ${[...counts.keys()].join(', ')}`,
      attributes: {
        'procmond.degraded.reason': 'triggers_refused',
        'procmond.trigger.refused': Object.fromEntries(counts),
      },
    };
  }

  /** To be called after the commit. */
  adopt(targets: readonly string[], told: { readonly atMillis: number } | undefined): void {
    if (told !== undefined) {
      this.#byTarget.clear();
      this.#toldAtMillis = told.atMillis;
      return;
    }
    for (const target of targets) add(this.#byTarget, target);
  }
}

function add(counts: Map<string, number>, target: string): void {
  const key = counts.has(target) || counts.size < MAX_TARGETS ? target : OTHER_TARGETS;
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
