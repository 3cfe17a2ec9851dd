import { setTimeout as delay } from 'node:timers/promises';

const LOOK_AGAIN_MILLIS = 20;

/**
 * Asks again and again until `condition` gives something other than `undefined` or `false`, and returns that. An error
 * that it throws counts as "not yet".
 * @throws {Error} naming `what` when the deadline passes, with the last error as its cause
 */
export async function waitUntil<T>(
  what: string,
  condition: () => Promise<T | undefined | false> | T | undefined | false,
  deadlineMillis = 60_000,
): Promise<T> {
  const deadline = performance.now() + deadlineMillis;
  let lastError: unknown;
  while (performance.now() < deadline) {
    try {
      const value = await condition();
      if (value !== undefined && value !== false) return value;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    await delay(LOOK_AGAIN_MILLIS);
  }
  throw new Error(`waited ${deadlineMillis} ms in vain until ${what}`, { cause: lastError });
}
