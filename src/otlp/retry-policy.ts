const FIRST_BACKOFF_MILLIS = 1_000;
const LONGEST_BACKOFF_MILLIS = 60_000;
const LONGEST_RETRY_AFTER_MILLIS = 300_000;

/**
 * How long to wait after `failures` attempts in a row failed (1 = the first): exponential from 1 s to 60 s, drawn evenly
 * between half of it and all of it, so that many hosts do not come back at once.
 * @param random in [0, 1)
 */
export function backoffMillis(failures: number, random: number): number {
  const ceiling = Math.min(LONGEST_BACKOFF_MILLIS, FIRST_BACKOFF_MILLIS * 2 ** Math.min(failures - 1, 16));
  return Math.round(ceiling * (0.5 + random / 2));
}

/**
 * The wait a Retry-After header asks for (RFC 9110 section 10.2.3: seconds or an HTTP date), at most five minutes and
 * never negative; undefined when there is none or it is neither.
 */
export function retryAfterMillis(header: string | undefined, nowMillis: number): number | undefined {
  const value = header?.trim();
  if (value === undefined || value === '') return undefined;
  const millis = /^\d+$/.test(value) ? Number(value) * 1_000 : (httpDateMillis(value) ?? Number.NaN) - nowMillis;
  if (Number.isNaN(millis)) return undefined;
  return Math.min(LONGEST_RETRY_AFTER_MILLIS, Math.max(0, millis));
}

/** Epoch milliseconds of an HTTP date (RFC 9110 section 5.6.7); undefined for anything else. */
export function httpDateMillis(value: string | undefined): number | undefined {
  // Date.parse takes far more than HTTP dates ("5 apples"): only what begins with a day name is one.
  if (value === undefined || !/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(value)) return undefined;
  const millis = Date.parse(value);
  return Number.isNaN(millis) ? undefined : millis;
}
