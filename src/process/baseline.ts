import { type Scope, scopeDifferences } from '../event/scope.ts';
import type { SnapshotState } from '../event/snapshot-state.ts';
import type { Boot } from './enumerate/enumerator.ts';

/**
 * What the last committed snapshot is good for: `same_boot` (compare it), `reboot` (all of it has ended) or `baseline`
 * (nothing can be told of what came and went).
 */
export type Comparability =
  | { readonly kind: 'same_boot' }
  | { readonly kind: 'reboot' }
  | { readonly kind: 'baseline'; readonly reason: BaselineReason; readonly differences: readonly (keyof Scope)[] };

export type BaselineReason = 'first_run' | 'scope_changed' | 'boot_unknown';

export function comparability(before: SnapshotState | undefined, boot: Boot, scope: Scope): Comparability {
  if (before === undefined) return { kind: 'baseline', reason: 'first_run', differences: [] };
  const differences = scopeDifferences(before.scope, scope);
  if (differences.length > 0) return { kind: 'baseline', reason: 'scope_changed', differences };
  if (before.bootId === boot.id) return { kind: 'same_boot' };
  if (!before.bootKnown || !boot.known) return { kind: 'baseline', reason: 'boot_unknown', differences: [] };
  return { kind: 'reboot' };
}
