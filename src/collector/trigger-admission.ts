import type { TriggerRequest } from '../event/trigger-request.ts';

/** For so long a request that asks the same is a repetition. */
export const DEDUPLICATION_MILLIS = 300_000;

/** So many requests are admitted for one target in any time of that length. */
export const RATE_LIMIT = 100;
export const RATE_WINDOW_MILLIS = 60_000;

export type Admission = 'admitted' | 'deduplicated' | 'rate_limited';

/**
 * Which requests are let through. Looking changes nothing: only what is marked counts, so that one that was refused, for
 * whatever reason, may be asked again. Times are of the monotonic clock and never go back.
 */
export class TriggerAdmission {
  /** When the same was asked last, oldest first. */
  readonly #seenAtMillis = new Map<string, number>();
  /** By target, when the admitted of the last minute came, oldest first. */
  readonly #admittedAtMillis = new Map<string, number[]>();

  look(request: TriggerRequest, nowMillis: number): Admission {
    this.#forget(nowMillis);
    if (this.#seenAtMillis.has(subject(request))) return 'deduplicated';
    const admitted = this.#admittedAtMillis.get(request.target)?.length ?? 0;
    return admitted >= RATE_LIMIT ? 'rate_limited' : 'admitted';
  }

  /** To be called for one that is admitted. @returns takes it back, if nothing has been marked since */
  mark(request: TriggerRequest, nowMillis: number): () => void {
    const key = subject(request);
    const { target } = request;
    const times = this.#admittedAtMillis.get(target) ?? [];
    times.push(nowMillis);
    this.#admittedAtMillis.set(target, times);
    this.#seenAtMillis.set(key, nowMillis);
    return () => {
      times.pop();
      this.#seenAtMillis.delete(key);
    };
  }

  #forget(nowMillis: number): void {
    for (const [key, seenAt] of this.#seenAtMillis) {
      if (nowMillis - seenAt < DEDUPLICATION_MILLIS) break;
      this.#seenAtMillis.delete(key);
    }
    for (const [target, times] of this.#admittedAtMillis) {
      while (times[0] !== undefined && nowMillis - times[0] >= RATE_WINDOW_MILLIS) times.shift();
      if (times.length === 0) this.#admittedAtMillis.delete(target);
    }
  }
}

/** What two requests have in common that ask the same: target, analysis, and process or path. */
function subject({ target, analysisType, process, path }: TriggerRequest): string {
  return JSON.stringify([target, analysisType, process?.pid, process?.startTicks, path]);
}
