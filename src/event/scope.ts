/**
 * Whose processes can be seen. Snapshots of different scopes are not compared: seeing less is not a death.
 * `sight` is there only where the mount hides processes from some (`hidepid`): then it matters who looks.
 */
export interface Scope {
  /** Unknown (absent) equals any. */
  readonly hostId?: string;
  readonly pidNamespace?: number;
  readonly procRoot: string;
  readonly enumerator: string;
  readonly sight?: string;
}

/**
 * Which parts of two scopes forbid to compare their snapshots; empty when they can be compared.
 * A part that is unknown on either side is no difference, `sight` excepted: it is known to be absent.
 */
export function scopeDifferences(before: Scope, now: Scope): readonly (keyof Scope)[] {
  const differing: (keyof Scope)[] = [];
  for (const part of ['hostId', 'pidNamespace', 'procRoot', 'enumerator'] as const) {
    if (before[part] !== undefined && now[part] !== undefined && before[part] !== now[part]) differing.push(part);
  }
  if (before.sight !== now.sight) differing.push('sight');
  return differing;
}
