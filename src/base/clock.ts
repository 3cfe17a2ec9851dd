/** Where time comes from; passed in, so that tests can move it. */
export interface Clock {
  /** Wall clock, milliseconds since the Unix epoch. May jump. */
  wallMillis(): number;
  /** Monotonic clock, milliseconds from an arbitrary start. Never goes back, unaffected by clock steps. */
  monotonicMillis(): number;
  /** Resolves after `millis`, or at once when `signal` is or gets aborted (never rejects). */
  delay(millis: number, signal?: AbortSignal): Promise<void>;
}

/** The longest delay a Node.js timer takes; a longer one would fire at once. */
const MAX_TIMER_MILLIS = 2 ** 31 - 1;

export const systemClock: Clock = {
  wallMillis: () => Date.now(),
  monotonicMillis: () => performance.now(),
  delay: (millis, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, Math.min(Math.max(0, millis), MAX_TIMER_MILLIS));
      signal?.addEventListener('abort', done, { once: true });
    }),
};
