import { isAbsolute, join } from 'node:path';
import { type Environment, setValue } from './read-environment.ts';

/**
 * Where the store lies when nobody says so: /var/lib/procmond for root, below $XDG_STATE_HOME or ~/.local/state for
 * others (source: XDG Base Directory Specification, which has relative values ignored). Undefined without a home.
 */
export function defaultDataDirectory(owner: {
  readonly env: Environment;
  readonly homeDirectory: string;
  /** Undefined where the system has no user ids. */
  readonly effectiveUserId: number | undefined;
}): string | undefined {
  if (owner.effectiveUserId === 0) return '/var/lib/procmond';
  const stateHome = setValue(owner.env, 'XDG_STATE_HOME');
  if (stateHome !== undefined && isAbsolute(stateHome)) return join(stateHome, 'procmond');
  return isAbsolute(owner.homeDirectory) ? join(owner.homeDirectory, '.local', 'state', 'procmond') : undefined;
}
