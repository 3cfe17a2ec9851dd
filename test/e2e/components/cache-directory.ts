import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** Where built programs are kept between runs: outside the checkout, so that a fresh clone finds them too. */
export function cacheDirectory(env: NodeJS.ProcessEnv): string {
  if (env.PROCMOND_E2E_CACHE) return resolve(env.PROCMOND_E2E_CACHE);
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'procmond-e2e');
}
