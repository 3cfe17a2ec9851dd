import { errorMessage, ProcmondError } from '../base/errors.ts';
import type { AgentEvent } from '../event/collection-event.ts';

/** What happened to the store and has not been told in a record yet. */
export type StoreNotice =
  | { readonly kind: 'state_lost'; readonly file: string; readonly atMillis: number }
  | { readonly kind: 'restored'; readonly atMillis: number };

/**
 * What could not be told when it happened, since it happened to the store: told by the first commit that succeeds again.
 */
export class StoreTrouble {
  #outage: { readonly sinceMillis: number; readonly message: string; commits: number } | undefined;

  /** To be called with what a commit failed of. */
  failed(error: unknown, nowMillis: number): void {
    if (!(error instanceof ProcmondError) || !OF_THE_STORE.includes(error.code)) return;
    this.#outage ??= { sinceMillis: nowMillis, message: errorMessage(error), commits: 0 };
    this.#outage.commits += 1;
  }

  /** What there is to tell of an outage that ends with this commit, in the order that it happened. */
  outageEvents(nowMillis: number): readonly AgentEvent[] {
    if (this.#outage === undefined) return [];
    const { sinceMillis, message, commits } = this.#outage;
    const since = new Date(sinceMillis).toISOString();
    const reason = { 'procmond.degraded.reason': STORE_UNUSABLE, 'procmond.degraded.since': since };
    return [
      agentEvent('degraded', nowMillis, `since ${since} nothing could be committed: ${message}`, reason),
      agentEvent('recovered', nowMillis, `the store can be written to again, after ${commits} commits that failed`, {
        ...reason,
        'procmond.degraded.failed_commits': commits,
      }),
    ];
  }

  /** To be called after a commit that told them. */
  ended(): void {
    this.#outage = undefined;
  }
}

/** The records that a notice becomes. */
export function noticeEvents(notice: StoreNotice, nowMillis: number): readonly AgentEvent[] {
  switch (notice.kind) {
    case 'state_lost':
      return [
        agentEvent(
          'state_lost',
          nowMillis,
          `the store could not be used and was put aside as ${notice.file}: snapshot and outbox are empty, and sequence ` +
            'numbers begin at 1 again, under a new service.instance.id',
          {
            'procmond.state_lost.file': notice.file,
            'procmond.state_lost.reason': /\.foreign-/.test(notice.file) ? 'foreign' : 'damaged',
            'procmond.state_lost.time': new Date(notice.atMillis).toISOString(),
          },
        ),
      ];
    case 'restored': {
      const reason = { 'procmond.degraded.reason': 'store_removed' };
      return [
        agentEvent('degraded', nowMillis, 'the store was removed from its directory while it was open', reason),
        agentEvent('recovered', nowMillis, 'the store was written anew where it was, and nothing was lost', reason),
      ];
    }
  }
}

const STORE_UNUSABLE = 'store_unusable';
const OF_THE_STORE: readonly string[] = ['STORE_UNUSABLE', 'STORE_LOCKED', 'DATA_DIRECTORY_UNSAFE'];

function agentEvent(
  name: AgentEvent['name'],
  timestampMillis: number,
  message: string,
  attributes: AgentEvent['attributes'],
): AgentEvent {
  return { kind: 'agent', name, timestampMillis, message, attributes };
}
