import { TRIGGER_PRIORITIES, type TriggerPriority } from '../event/trigger-request.ts';

export interface QueuedTrigger {
  readonly request: { readonly target: string; readonly priority: TriggerPriority };
}

export const QUEUE_LIMIT = 1_000;

/** From here on there is no room for the lowest priority. */
export const LOW_PRIORITY_LIMIT = 800;

const HIGHEST_FIRST = TRIGGER_PRIORITIES.toReversed();

/** What waits for the sources that answer: the highest priority first, and what came first within one. */
export class TriggerQueue<Item extends QueuedTrigger> {
  readonly #lanes = new Map<TriggerPriority, Set<Item>>(HIGHEST_FIRST.map((priority) => [priority, new Set()]));
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Whether one more of that priority has room, beside `more` that are on their way. */
  hasRoom(priority: TriggerPriority, more: number): boolean {
    return this.#length + more < (priority === 'low' ? LOW_PRIORITY_LIMIT : QUEUE_LIMIT);
  }

  push(item: Item): void {
    this.#lanes.get(item.request.priority)?.add(item);
    this.#length += 1;
  }

  /** The next one for that target. */
  take(target: string): Item | undefined {
    for (const lane of this.#lanes.values()) {
      for (const item of lane) {
        if (item.request.target !== target) continue;
        this.remove(item);
        return item;
      }
    }
    return undefined;
  }

  /** @returns false when it does not wait (any more) */
  remove(item: Item): boolean {
    const removed = this.#lanes.get(item.request.priority)?.delete(item) ?? false;
    if (removed) this.#length -= 1;
    return removed;
  }

  all(): readonly Item[] {
    return [...this.#lanes.values()].flatMap((lane) => [...lane]);
  }
}
